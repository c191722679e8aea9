// SPDX-License-Identifier: BSD-3-Clause
// What a worker answers to inquiries, round by round.
#include "rs-dataplane/relay/inquiries.hpp"

#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

#include <algorithm>
#include <memory>

namespace ntm::relay::testing {
namespace {

using napt::Kind;
using napt::packet_of;

const SubscriberName he{0, vip4.ipv4(), vip6.ipv6()};
const SubscriberName other{1, address("198.18.0.2").ipv4(), {}};

class InquiriesTest : public RsNTest {
  protected:
    InquiriesTest() {
        install();
        rs_n_->carry_out(OpenSubscriber{1, other.vipv4, other.vipv6, {}}, now_);
    }
    void send(Kind kind, std::uint16_t from, std::uint16_t to, Family family = Family::ipv4) {
        PacketEnds ends = ends_of(family).inside;
        ends.source_port = from;
        ends.destination_port = to;
        const Bytes packet =
            kind == Kind::tcp ? napt::tcp_packet(ends, 0x02, {}) : packet_of(kind, ends, {});
        ASSERT_EQ(receive(data(packet)).fate, Fate::transmit);
    }
    // How many rounds it took.
    int carry_out(Inquiry& inquiry) {
        rs_n_->carry_out(Inquire{0, &inquiry}, now_);
        int rounds = 0;
        while (!inquiry.is_done() && rounds < 1000) {
            EXPECT_TRUE(rs_n_->has_inquiry());
            rs_n_->tend(now_);
            ++rounds;
        }
        EXPECT_FALSE(rs_n_->has_inquiry());
        return rounds;
    }
    UsageInquiry::Usage usage_of(const SubscriberName& name, std::size_t most_blocks = 8) {
        UsageInquiry inquiry{{name}, most_blocks};
        EXPECT_EQ(carry_out(inquiry), 1);
        return inquiry.found().at(0);
    }
    std::unique_ptr<SessionInquiry> sessions_of(
        const SubscriberName& name, napt::Position first, std::size_t most
    ) {
        auto inquiry = std::make_unique<SessionInquiry>(SessionInquiry::Wanted{name, first, most});
        carry_out(*inquiry);
        return inquiry;
    }
};

TEST_F(InquiriesTest, usage_is_what_a_subscriber_has_and_may_have) {
    send(Kind::udp, 5000, 443);
    send(Kind::udp, 5000, 444);
    send(Kind::udp, 5001, 443, Family::ipv6);
    const auto usage = usage_of(he);
    EXPECT_TRUE(usage.is_open);
    EXPECT_EQ(usage.ports, 2U);
    EXPECT_EQ(usage.sessions, 3U);
    EXPECT_EQ(usage.most_ports, napt::Limits{}.ports);
    EXPECT_EQ(usage.most_sessions, napt::Limits{}.sessions);
    ASSERT_EQ(usage.blocks.size(), 2U);
    EXPECT_EQ(usage.blocks[0].address, rs4.address);
    EXPECT_EQ(usage.blocks[1].address, rs6.address);
    EXPECT_EQ(usage.blocks[0].last_port - usage.blocks[0].first_port, 63);
    EXPECT_GE(usage.blocks[0].first_port, first_public_port);
    EXPECT_LE(usage.blocks[0].last_port, last_public_port);
    EXPECT_FALSE(usage.has_more_blocks);

    const auto shortened = usage_of(he, 1);
    EXPECT_EQ(shortened.blocks.size(), 1U);
    EXPECT_TRUE(shortened.has_more_blocks);
    const auto idle = usage_of(other);
    EXPECT_TRUE(idle.is_open);
    EXPECT_EQ(idle.sessions, 0U);
    EXPECT_TRUE(idle.blocks.empty());
}

TEST_F(InquiriesTest, a_block_is_known_by_the_ports_in_it) {
    send(Kind::udp, 5000, 443);
    const auto sessions = sessions_of(he, 0, 8);
    ASSERT_EQ(sessions->found().size(), 1U);
    const auto block = usage_of(he).blocks.at(0);
    const std::uint16_t port = sessions->found()[0].session.public_port.port;
    EXPECT_LE(block.first_port, port);
    EXPECT_GE(block.last_port, port);
}

TEST_F(InquiriesTest, who_has_the_number_and_is_another_is_not_he) {
    EXPECT_FALSE(usage_of({0, vip4.ipv4(), {}}).is_open);
    EXPECT_FALSE(usage_of({0, other.vipv4, vip6.ipv6()}).is_open);
    EXPECT_FALSE(usage_of({2, vip4.ipv4(), vip6.ipv6()}).is_open);
    EXPECT_FALSE(usage_of({most_subscribers, vip4.ipv4(), vip6.ipv6()}).is_open);
    rs_n_->carry_out(CloseSubscriber{0}, now_);
    EXPECT_FALSE(usage_of(he).is_open);
    EXPECT_FALSE(sessions_of(he, 0, 8)->is_open());
}

TEST_F(InquiriesTest, many_are_looked_up_a_few_in_each_round) {
    std::vector<SubscriberName> wanted(9, other);
    wanted.push_back(he);
    UsageInquiry inquiry{wanted, 0};
    EXPECT_EQ(carry_out(inquiry), 3);
    EXPECT_TRUE(std::ranges::all_of(inquiry.found(), &UsageInquiry::Usage::is_open));
    UsageInquiry nobody{{}, 0};
    EXPECT_EQ(carry_out(nobody), 1);
}

TEST_F(InquiriesTest, sessions_say_who_talks_to_whom) {
    send(Kind::tcp, 5000, 443, Family::ipv6);
    const auto answer = sessions_of(he, 0, 8);
    EXPECT_TRUE(answer->is_open());
    EXPECT_EQ(answer->total(), 1U);
    EXPECT_EQ(answer->next(), napt::nowhere);
    ASSERT_EQ(answer->found().size(), 1U);
    const auto& [session, public_address] = answer->found()[0];
    EXPECT_EQ(session.protocol, napt::Protocol::tcp);
    EXPECT_EQ(session.inside_port, 5000);
    EXPECT_EQ(session.remote.as(session.family), gn6);
    EXPECT_EQ(session.remote_port, 443);
    EXPECT_EQ(session.path, path);
    EXPECT_EQ(session.tcp.state(), napt::TcpState::opened_inside);
    EXPECT_EQ(session.expires, 1240U);
    EXPECT_EQ(public_address, rs6.address);
}

TEST_F(InquiriesTest, each_session_is_on_one_page) {
    for (std::uint16_t i = 0; i < 7; ++i) {
        send(Kind::udp, 5000, static_cast<std::uint16_t>(443 + i));
    }
    std::vector<std::uint16_t> ports;
    napt::Position next = 0;
    std::vector<std::size_t> sizes;
    while (next != napt::nowhere && sizes.size() < 10) {
        const auto page = sessions_of(he, next, 3);
        for (const auto& found : page->found()) {
            ports.push_back(found.session.remote_port);
        }
        EXPECT_EQ(page->total(), 7U);
        sizes.push_back(page->found().size());
        next = page->next();
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{3, 3, 1}));
    std::ranges::sort(ports);
    EXPECT_EQ(ports, (std::vector<std::uint16_t>{443, 444, 445, 446, 447, 448, 449}));
    EXPECT_EQ(sessions_of(he, 0, 7)->next(), napt::nowhere) << "a full page may be the last";
    EXPECT_TRUE(sessions_of(other, 0, 3)->found().empty()) << "they are another's";
    EXPECT_TRUE(sessions_of(he, 4'000'000'000, 3)->found().empty());
}

TEST_F(InquiriesTest, records_are_looked_at_a_few_in_each_round) {
    for (std::uint16_t i = 0; i < 200; ++i) {
        send(Kind::udp, 5000, static_cast<std::uint16_t>(443 + i));
    }
    SessionInquiry inquiry{{he, 0, 256}};
    EXPECT_EQ(carry_out(inquiry), 2);
    EXPECT_EQ(inquiry.found().size(), 200U);
}

// As from worker to worker.
TEST_F(InquiriesTest, a_worker_adds_nothing_about_whom_it_does_not_know) {
    send(Kind::udp, 5000, 443);
    UsageInquiry usage{{he, other}, 8};
    SessionInquiry sessions{{he, 0, 8}};
    carry_out(usage);
    carry_out(sessions);
    rs_n_->carry_out(CloseSubscriber{0}, now_);
    rs_n_->carry_out(CloseSubscriber{1}, now_);
    usage.begin();
    sessions.begin();
    EXPECT_EQ(carry_out(usage), 1);
    EXPECT_EQ(carry_out(sessions), 1);
    EXPECT_EQ(usage.found()[0].sessions, 1U);
    EXPECT_TRUE(usage.found()[1].is_open);
    EXPECT_TRUE(sessions.is_open());
    EXPECT_EQ(sessions.found().size(), 1U);
    EXPECT_EQ(sessions.next(), napt::nowhere);
}

TEST_F(InquiriesTest, who_leaves_meanwhile_has_no_page_more) {
    for (std::uint16_t i = 0; i < 200; ++i) {
        send(Kind::udp, 5000, static_cast<std::uint16_t>(443 + i));
    }
    SessionInquiry inquiry{{he, 0, 256}};
    rs_n_->carry_out(Inquire{0, &inquiry}, now_);
    rs_n_->tend(now_);
    ASSERT_FALSE(inquiry.is_done());
    rs_n_->carry_out(CloseSubscriber{0}, now_);
    rs_n_->tend(now_);
    EXPECT_TRUE(inquiry.is_done());
    EXPECT_EQ(inquiry.next(), napt::nowhere);
}

}  // namespace
}  // namespace ntm::relay::testing
