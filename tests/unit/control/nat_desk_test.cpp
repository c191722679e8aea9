// SPDX-License-Identifier: BSD-3-Clause
// C-10.
#include "control/nat_desk.hpp"

#include "common/admin/render.hpp"
#include "tests/unit/control/fake_nat_workers.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::control {

namespace {

using admin::Answer;
using admin::Json;
using testing::HasSubstr;

const crypto::PublicKey dc_a{{1}};
const crypto::PublicKey dc_b{{2}};
const Ipv4Address vip{{198, 18, 0, 1}};
const Ipv4Address other_vip{{198, 18, 0, 2}};
const Ipv6Address vip6{{0xfd, 1}};

class NatDeskTest : public testing::Test {
  protected:
    NatDeskTest() {
        config_.emplace();
        for (std::uint8_t last = 1; last <= 4; ++last) {
            config_->addresses.emplace_back(Ipv4Address{{192, 0, 2, last}});
        }
        config_->first_port = 1024;
        config_->ports = 128;
        config_->block_size = 64;
        join(dc_a, "mn.a.test", vip, vip6);
        join(dc_a, "mn.a.test", vip, vip6);
        join(dc_b, "cn.b.test", other_vip, {});
    }
    void join(
        const crypto::PublicKey& dc,
        const char* fqdn,
        const Ipv4Address& vipv4,
        const Ipv6Address& vipv6
    ) {
        if (subscribers_.join(dc, {fqdn, {}, vipv4, vipv6}).value().is_first) {
            positions_.push_back(workers_.open(vipv4, vipv6));
        }
    }
    void send(std::size_t number, std::uint16_t from, const napt::Remote& to, napt::Protocol by) {
        const bool is_tcp = by == napt::Protocol::tcp;
        ASSERT_TRUE(workers_.napt.send(
            {positions_[number], from, by},
            to,
            napt::path_to_gn,
            is_tcp ? napt::syn : napt::TcpSegment{}
        ));
    }
    [[nodiscard]] admin::Reply reply() {
        return [this](const Answer& answer) {
            EXPECT_FALSE(answer_) << "two answers";
            answer_ = answer;
        };
    }
    // Nothing: there is none yet.
    [[nodiscard]] std::optional<Answer> take_answer() {
        return std::exchange(answer_, std::nullopt);
    }
    using Show = void (NatDesk::*)(const Json& args, const admin::Reply& reply, Instant now);
    Answer show(Show what, const Json& args) {
        (desk_.*what)(args, reply(), now_);
        desk_.tend(now_);
        while (workers_.has_one()) {
            EXPECT_FALSE(answer_) << "before all workers have said anything";
            workers_.finish();
            desk_.tend(now_);
        }
        return take_answer().value();
    }
    Answer subscribers(const Json& args = Json::object()) {
        return show(&NatDesk::show_subscribers, args);
    }
    Answer sessions(const Json& args) { return show(&NatDesk::show_sessions, args); }
    static std::string code_of(const Answer& answer) { return answer ? "" : answer.error().code; }

    std::optional<NaptConfig> config_;
    Subscribers subscribers_{16};
    FakeNatWorkers workers_;
    std::vector<napt::Position> positions_;
    std::array<relay::NaptGauges, 2> gauges_;  // by worker
    Instant now_ = workers_.napt.now();
    std::optional<Answer> answer_;
    NatDesk desk_{
        {config_,
         subscribers_,
         {&gauges_[0], &gauges_[1]},
         [](const crypto::PublicKey& key) {
             return std::string{key == dc_a ? "a" : "b"};
         }},
        &workers_};
};

TEST_F(NatDeskTest, PoolShowsHowFullPortsAndTablesAre) {
    gauges_[0].sessions.set(5);
    gauges_[0].mappings.set(4);
    gauges_[0].subscribers.set(2);
    gauges_[0].blocks[0].held.set(2);
    gauges_[0].blocks[0].free.set(2);
    gauges_[1].sessions.set(4);
    gauges_[1].blocks[0].free.set(3);
    const auto answer = desk_.show_pool();
    ASSERT_TRUE(answer);
    EXPECT_EQ(
        admin::render(*answer),
        "addresses         192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4\n"
        "first port        1024\n"
        "last port         1151\n"
        "ports of a block  64\n"
        "blocks:\n"
        "  family  addresses  blocks  held  resting  free\n"
        "  IPv4    4          8       2     1        5\n"
        "  IPv6    0          0       0     0        0\n"
        "tables:\n"
        "  of           used  capacity\n"
        "  subscribers  2     1024\n"
        "  mappings     4     65536\n"
        "  sessions     9     65536\n"
    );
}

TEST_F(NatDeskTest, TheDcsAreToldHowFullPortsAndTablesAre) {
    gauges_[0].sessions.set(5);
    gauges_[0].mappings.set(4);
    gauges_[0].blocks[0].held.set(2);
    gauges_[0].blocks[0].free.set(2);
    gauges_[1].sessions.set(4);
    gauges_[1].blocks[0].free.set(3);
    const auto load = desk_.load();
    ASSERT_TRUE(load);
    EXPECT_EQ(load->ports_ipv4().used(), 3U * 64) << "a block rests";
    EXPECT_EQ(load->ports_ipv4().capacity(), 8U * 64);
    EXPECT_EQ(load->ports_ipv6().used(), 0U);
    EXPECT_EQ(load->ports_ipv6().capacity(), 0U);
    EXPECT_EQ(load->mappings().used(), 4U);
    EXPECT_EQ(load->mappings().capacity(), 65536U);
    EXPECT_EQ(load->sessions().used(), 9U);
    EXPECT_EQ(load->sessions().capacity(), 65536U);
    config_.reset();
    EXPECT_FALSE(desk_.load());
}

TEST_F(NatDeskTest, AllSubscribersAreShownWithWhatTheyUse) {
    send(0, 5000, napt::gn, napt::Protocol::udp);
    send(0, 5000, napt::other_gn, napt::Protocol::udp);
    const auto answer = subscribers();
    ASSERT_TRUE(answer);
    EXPECT_EQ(
        admin::render(*answer),
        "total  2\n"
        "next   -\n"
        "subscribers:\n"
        "  number  fqdn       addresses           dc  paths  ports  most ports  sessions  most "
        "sessions\n"
        "  0       mn.a.test  198.18.0.1, fd01::  a   2      1      200         2         300\n"
        "  1       cn.b.test  198.18.0.2          b   1      0      200         0         300\n"
    );
    const auto first = subscribers({{"limit", 1}});
    ASSERT_TRUE(first);
    EXPECT_EQ(first->at("total"), 2U);
    EXPECT_EQ(first->at("subscribers").size(), 1U);
    EXPECT_EQ(code_of(subscribers({{"limit", 0}})), "bad_argument");
}

TEST_F(NatDeskTest, SubscribersAreShownPageByPage) {
    join(dc_b, "xn.b.test", {{198, 18, 0, 3}}, {});
    const auto first = subscribers({{"limit", 2}});
    ASSERT_TRUE(first);
    EXPECT_EQ(first->at("total"), 3U);
    EXPECT_EQ(first->at("subscribers").size(), 2U);
    ASSERT_EQ(first->at("next"), 2U);
    ASSERT_FALSE(subscribers_.leave(0));
    ASSERT_TRUE(subscribers_.leave(0)) << "who is gone meanwhile takes nobody off a page";
    const auto second = subscribers({{"limit", 2}, {"after", first->at("next")}});
    ASSERT_TRUE(second);
    EXPECT_EQ(second->at("total"), 2U);
    ASSERT_EQ(second->at("subscribers").size(), 1U);
    EXPECT_EQ(second->at("subscribers").at(0).at("fqdn"), "xn.b.test");
    EXPECT_TRUE(second->at("next").is_null());
    EXPECT_EQ(code_of(subscribers({{"after", -1}})), "bad_argument");
}

TEST_F(NatDeskTest, OneSubscriberIsFoundByNameVipAndNumberAndHasHisBlocks) {
    send(1, 5000, napt::gn, napt::Protocol::udp);
    for (const char* name : {"cn.b.test", "198.18.0.2", "1"}) {
        const auto answer = subscribers({{"name", name}});
        ASSERT_TRUE(answer) << name;
        EXPECT_EQ(answer->at("total"), 1U);
        const Json& found = answer->at("subscribers").at(0);
        EXPECT_EQ(found.at("fqdn"), "cn.b.test");
        EXPECT_EQ(found.at("ports"), 1U);
        ASSERT_EQ(found.at("blocks").size(), 1U);
        const Json& block = found.at("blocks").at(0);
        EXPECT_THAT(block.at("public_address").get<std::string>(), HasSubstr("192.0.2."));
        EXPECT_EQ(block.at("last_port").get<int>() - block.at("first_port").get<int>(), 63);
        EXPECT_EQ(found.at("has_more_blocks"), false);
    }
    EXPECT_EQ(code_of(subscribers({{"name", "xn.b.test"}})), "unknown_subscriber");
    EXPECT_EQ(code_of(subscribers({{"name", "::"}})), "unknown_subscriber") << "nobody's VIP";
}

// He has joined, and the order about him is on its way.
TEST_F(NatDeskTest, WhomTheWorkerDoesNotKnowHasNothingYet) {
    ASSERT_TRUE(subscribers_.join(dc_b, {"xn.b.test", {}, {{198, 18, 0, 3}}, {}}));
    const auto answer = subscribers({{"name", "xn.b.test"}});
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->at("subscribers").at(0).at("ports").is_null());
    const auto none = sessions({{"subscriber", "xn.b.test"}});
    ASSERT_TRUE(none);
    EXPECT_EQ(*none, (Json{{"total", 0U}, {"next", nullptr}, {"sessions", Json::array()}}));
}

TEST_F(NatDeskTest, SessionsSayWhoTalksToWhomByWhichPath) {
    send(0, 5000, napt::gn, napt::Protocol::tcp);
    send(0, 77, {napt::gn_address, 0}, napt::Protocol::icmp);
    const auto answer = sessions({{"subscriber", "mn.a.test"}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("total"), 2U);
    EXPECT_TRUE(answer->at("next").is_null());
    const Json& tcp = answer->at("sessions").at(0);
    EXPECT_EQ(tcp.at("protocol"), "tcp");
    EXPECT_EQ(tcp.at("inside"), "198.18.0.1:5000");
    EXPECT_THAT(tcp.at("public").get<std::string>(), HasSubstr("192.0.2."));
    EXPECT_EQ(tcp.at("remote"), "198.51.100.7:4000");
    EXPECT_EQ(tcp.at("path_id"), "000000000000000b");
    EXPECT_EQ(tcp.at("state"), "opened inside");
    EXPECT_EQ(tcp.at("expires_seconds"), 240);
    const Json& echo = answer->at("sessions").at(1);
    EXPECT_EQ(echo.at("protocol"), "icmp");
    EXPECT_EQ(echo.at("inside"), "198.18.0.1:77");
    EXPECT_EQ(echo.at("remote"), "198.51.100.7");
    EXPECT_TRUE(echo.at("state").is_null());
}

TEST_F(NatDeskTest, ASessionThatIsPastItsTimeHasNoneLeft) {
    send(0, 5000, napt::gn, napt::Protocol::udp);
    now_ = now_ + std::chrono::seconds{301};
    const auto answer = sessions({{"subscriber", "0"}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("sessions").at(0).at("expires_seconds"), 0);
}

TEST_F(NatDeskTest, SessionsArePaged) {
    for (std::uint16_t port = 1; port <= 3; ++port) {
        send(0, 5000, {napt::gn_address, port}, napt::Protocol::udp);
    }
    const auto first = sessions({{"subscriber", "mn.a.test"}, {"limit", 2}});
    ASSERT_TRUE(first);
    ASSERT_EQ(first->at("sessions").size(), 2U);
    EXPECT_EQ(first->at("total"), 3U);
    const Json args{{"subscriber", "mn.a.test"}, {"limit", 2}, {"after", first->at("next")}};
    const auto second = sessions(args);
    ASSERT_TRUE(second);
    ASSERT_EQ(second->at("sessions").size(), 1U);
    EXPECT_EQ(second->at("sessions").at(0).at("remote"), "198.51.100.7:3");
    EXPECT_TRUE(second->at("next").is_null());
    for (const std::int64_t wrong : {std::int64_t{-1}, std::int64_t{0xffff'ffff}}) {
        EXPECT_EQ(
            code_of(sessions({{"subscriber", "mn.a.test"}, {"after", wrong}})), "bad_argument"
        );
    }
}

TEST_F(NatDeskTest, SessionsAreOfOneSubscriber) {
    join(dc_b, "mn.a.test", vip, {});
    EXPECT_EQ(code_of(sessions({{"subscriber", "mn.a.test"}})), "ambiguous");
    EXPECT_TRUE(sessions({{"subscriber", "0"}}));
    EXPECT_EQ(code_of(sessions({{"subscriber", "xn.a.test"}})), "unknown_subscriber");
    EXPECT_THROW(static_cast<void>(sessions(Json::object())), Json::exception);
    EXPECT_FALSE(answer_);
}

TEST_F(NatDeskTest, WithoutANaptThereIsNothingToAsk) {
    config_.reset();
    EXPECT_EQ(code_of(desk_.show_pool()), "no_napt");
    EXPECT_EQ(code_of(subscribers()), "no_napt");
    EXPECT_EQ(code_of(sessions({{"subscriber", "0"}})), "no_napt");
}

TEST_F(NatDeskTest, ASilentWorkerIsSaidToBeOne) {
    desk_.show_subscribers(Json::object(), reply(), now_);
    desk_.tend(now_);
    desk_.tend(now_ + InquiryDesk::patience);
    EXPECT_EQ(code_of(take_answer().value()), "worker_silent");
    desk_.show_sessions({{"subscriber", "0"}}, reply(), now_);
    desk_.tend(now_ + InquiryDesk::patience);
    EXPECT_EQ(code_of(take_answer().value()), "worker_silent");
    workers_.finish();
    desk_.tend(now_ + InquiryDesk::patience);
    EXPECT_FALSE(take_answer());
}

}  // namespace

}  // namespace ntm::control
