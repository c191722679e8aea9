// SPDX-License-Identifier: BSD-3-Clause
// From a DC's Directions, Tunnel Requests and what workers tell to record files, and back by who_had.
#include "control/nat_recorder.hpp"

#include "control/nat_records/record_text.hpp"
#include "control/nat_records/who_had.hpp"
#include "tests/unit/control/director_world.hpp"
#include "tests/unit/control/nat_records/folder.hpp"
#include "tests/unit/file_size_limit.hpp"

#include <asio/buffer.hpp>
#include <asio/ip/address.hpp>

#include <gmock/gmock.h>

namespace ntm::control {

namespace {

using namespace std::chrono_literals;
using asio::ip::udp;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = napt::Event::Kind;

const IpAddress public_address = *IpAddress::parse("198.51.100.21");
const WallTime ten_o_clock = *WallTime::parse("2026-11-30T10:00:00Z");

class Told final : public relay::NaptEvents {
  public:
    std::size_t take(std::span<napt::Event> into) override {
        const std::size_t count = std::min(into.size(), events.size());
        std::copy_n(events.begin(), count, into.begin());
        events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(count));
        return count;
    }
    [[nodiscard]] std::uint64_t lost() const override { return lost_count; }
    std::vector<napt::Event> events;
    std::uint64_t lost_count = 0;
};

class NatRecorderTest : public DirectorWorld {
  protected:
    NatRecorderTest()
        : DirectorWorld{capacity, DirectorSettings::Napt{{public_address}, {}, 2}},
          begun_{now},
          syslog_{loop_, udp::endpoint{asio::ip::make_address("127.0.0.1"), 0}} {
        config_.addresses = {public_address};
        RecordsConfig records;
        records.files = RecordsConfig::Files{};
        records.files->directory = folder_.path().string();
        records.syslog =
            *Endpoint::parse("127.0.0.1:" + std::to_string(syslog_.local_endpoint().port()));
        recorder_ = std::make_unique<NatRecorder>(
            config_,
            told_,
            RecordSinks::open(records, {"rs1", name_of_run(director->boot_id(), 1)}, loop_).value(),
            moment()
        );
    }
    // So much has passed on both clocks.
    [[nodiscard]] NatRecorder::Moment moment() const {
        return {
            now,
            {ten_o_clock.since_epoch +
             std::chrono::floor<std::chrono::microseconds>(now - begun_)}};
    }
    void follow() {
        for (const DirectorCommand& command : commands()) {
            recorder_->follow(command, director->paths(), moment());
        }
        const Subscribers& subscribers = director->paths().all_subscribers();
        recorder_->tend(
            {{{napt::Scarce::subscribers, subscribers.capacity(), subscribers.refused()},
              {napt::Scarce::fragments, 2048, crowded_out_}}},
            moment()
        );
    }
    void tell(Kind kind, napt::Tenancy tenancy) {
        napt::Event event;
        event.kind = kind;
        event.tenancy = tenancy;
        event.at = now;
        event.public_port = {0, 32768};
        told_.events.push_back(event);
    }
    void direct_path(v1::RelayDirection direction) {
        direction.mutable_end()->mutable_general_nodes()->RemoveLast();
        ASSERT_EQ(direct(dc_a, direction).status(), v1::STATUS_OK);
        follow();
    }
    void move_leg() {
        pass(1s);
        const v1::TunnelResponse hint = ask({}, mn_moved, relay4);
        pass(40ms);
        ASSERT_TRUE(ask({.token = hint.token()}, mn_moved, relay4).bound());
        follow();
    }
    // What is in the files when all has been written.
    [[nodiscard]] admin::Json ask_files(Duration after) {
        folder_.wait_until([this] {
            const admin::Json counters = recorder_->counters();
            return counters.at("files").at("sent") == counters.at("recorded");
        });
        const auto at = std::chrono::floor<std::chrono::microseconds>(after);
        return who_had(
                   folder_.path(), {public_address, 33000, {ten_o_clock.since_epoch + at}}
        ).value();
    }
    [[nodiscard]] std::string received() {
        std::string datagram(2048, '\0');
        datagram.resize(syslog_.receive(asio::buffer(datagram)));
        return datagram;
    }

    test::Folder folder_;
    Told told_;
    NaptConfig config_;
    Instant begun_;
    asio::io_context loop_;
    udp::socket syslog_;
    std::unique_ptr<NatRecorder> recorder_;
    std::uint64_t paths_ = 0;
    std::uint64_t crowded_out_ = 0;  // fragments, by workers
};

TEST_F(NatRecorderTest, NamesWhoHadABlockAndWhereHeWasAcrossAMove) {
    direct_path(ending(7, 1));
    ask({}, mn_at, relay4);
    follow();
    tell(Kind::block_taken, 1);
    follow();
    const Duration before_the_move = now - begun_;
    move_leg();
    pass(10s);
    const Duration after_the_move = now - begun_;
    pass(10s);
    tell(Kind::block_given_back, 1);
    follow();

    const admin::Json before = ask_files(before_the_move).at("holders");
    ASSERT_EQ(before.size(), 1U);
    EXPECT_EQ(before.at(0).at("subscriber"), "mn.a.ntm.test");
    EXPECT_EQ(before.at(0).at("key"), crypto::PublicKey::from_bytes(Bytes(32, 'k'))->text());
    EXPECT_EQ(before.at(0).at("dc"), dc_a.key_pair.public_key().text());
    EXPECT_EQ(before.at(0).at("vipv4"), "198.18.0.1");
    ASSERT_EQ(before.at(0).at("real_addresses").size(), 1U);
    EXPECT_EQ(before.at(0).at("real_addresses").at(0).at("address"), mn_at.text());
    const admin::Json after = ask_files(after_the_move).at("holders");
    ASSERT_EQ(after.at(0).at("real_addresses").size(), 1U);
    EXPECT_EQ(after.at(0).at("real_addresses").at(0).at("address"), mn_moved.text());
    EXPECT_THAT(ask_files(now - begun_ + 1us).at("holders"), IsEmpty());
}

TEST_F(NatRecorderTest, WhoIsGoneIsNamedForWhatHisWorkerTellsLater) {
    direct_path(ending(7, 1));
    tell(Kind::block_taken, 1);
    const Duration taken = now - begun_;
    pass(1s);
    ASSERT_EQ(release(dc_a, 7, 2), v1::STATUS_OK);
    follow();
    pass(1s);
    tell(Kind::block_given_back, 1);
    follow();
    const admin::Json holders = ask_files(taken).at("holders");
    ASSERT_EQ(holders.size(), 1U);
    EXPECT_EQ(holders.at(0).at("subscriber"), "mn.a.ntm.test");
}

TEST_F(NatRecorderTest, APathThatTheTableRefusedIsBoundNowhere) {
    direct_path(ending(7, 1));
    ask({}, mn_at, relay4);
    follow();
    tell(Kind::block_taken, 1);
    recorder_->forget(PathId{7}, moment());
    pass(1s);
    follow();
    EXPECT_THAT(ask_files(now - begun_).at("holders").at(0).at("real_addresses"), IsEmpty());
}

TEST_F(NatRecorderTest, SendsEachRecordToSyslog) {
    EXPECT_THAT(received(), HasSubstr("run_began"));
    direct_path(ending(7, 1));
    tell(Kind::block_taken, 1);
    follow();
    EXPECT_THAT(
        received(),
        HasSubstr("<134>1 2026-11-30T10:00:00.000000Z rs1 ntm-relay - block_taken - @cee: {\"at\":")
    );
    EXPECT_EQ(recorder_->counters().at("syslog").at("sent"), 2);
    EXPECT_EQ(recorder_->counters().at("syslog").at("lost"), 0);
}

TEST_F(NatRecorderTest, LossesOfWorkersGoOnRecordOnce) {
    told_.lost_count = 3;
    follow();
    follow();
    told_.lost_count = 5;
    follow();
    EXPECT_EQ(ask_files(0s).at("lost"), 5);
    EXPECT_EQ(recorder_->counters().at("recorded"), 3) << "with the run's beginning";
    EXPECT_EQ(recorder_->counters().at("lost_by_workers"), 5);
}

TEST_F(NatRecorderTest, WhatTheDiskLostGoesOnRecordWhenItTakesMore) {
    const auto wait_for = [this](const char* counter, int count) {
        folder_.wait_until([&] { return recorder_->counters().at("files").at(counter) == count; });
    };
    direct_path(ending(7, 1));
    wait_for("sent", 1);
    {
        const ntm::test::FileSizeLimit full_disk{1};
        tell(Kind::block_taken, 1);
        follow();
        wait_for("lost", 1);
        follow();
        EXPECT_EQ(recorder_->counters().at("recorded"), 2) << "nothing is told to a full disk";
    }
    tell(Kind::block_given_back, 1);
    follow();
    wait_for("sent", 2);
    follow();
    wait_for("sent", 3);
    const WhoHad anything{public_address, 33000, moment().wall};
    EXPECT_EQ(who_had(folder_.path(), anything).value().at("lost"), 1);
}

TEST(DiskLosses, AreToldOnceAndWhenSomethingIsWrittenAgain) {
    DiskLosses losses;
    EXPECT_EQ(losses.take({5, 0}), 0U);
    EXPECT_EQ(losses.take({5, 2}), 0U);
    EXPECT_EQ(losses.take({5, 3}), 0U);
    EXPECT_EQ(losses.take({6, 3}), 3U);
    EXPECT_EQ(losses.take({7, 3}), 0U);
    EXPECT_EQ(losses.take({8, 4}), 0U);
    EXPECT_EQ(losses.take({9, 4}), 1U);
}

// RFC 8158: natQuotaExceededEvent 4.
TEST_F(NatRecorderTest, TellsAtOnceThatThereAreAsManySubscribersAsThereMayBeAndAgainWithinAMinute) {
    EXPECT_THAT(received(), HasSubstr("run_began"));
    const auto direct_one_of = [this](const char* vipv4) {
        v1::RelayDirection direction = ending(++paths_, 1);
        direction.mutable_end()->mutable_general_nodes()->RemoveLast();
        direction.mutable_end()->set_subscriber_vipv4(bytes_of(vipv4));
        const v1::Status status = direct(dc_a, direction).status();
        follow();
        return status;
    };
    const auto recorded = [this] {
        return recorder_->counters().at("recorded");
    };
    ASSERT_EQ(direct_one_of("198.18.0.1"), v1::STATUS_OK);
    ASSERT_EQ(direct_one_of("198.18.0.2"), v1::STATUS_OK);
    EXPECT_EQ(recorded(), 1);
    ASSERT_EQ(direct_one_of("198.18.0.3"), v1::STATUS_FULL);
    ASSERT_EQ(recorded(), 2);
    EXPECT_THAT(received(), HasSubstr(R"("event":"shortage","of":"subscribers","limit":2,)"));
    ASSERT_EQ(direct_one_of("198.18.0.4"), v1::STATUS_FULL);
    EXPECT_EQ(recorded(), 2);
    pass(1min);
    follow();
    EXPECT_EQ(recorded(), 3);
    pass(1min);
    follow();
    EXPECT_EQ(recorded(), 3) << "nobody was refused since";
}

// natQuotaExceededEvent 5.
TEST_F(NatRecorderTest, TellsThatAsManyFragmentsWaitAsMay) {
    EXPECT_THAT(received(), HasSubstr("run_began"));
    crowded_out_ = 7;
    follow();
    ASSERT_EQ(recorder_->counters().at("recorded"), 2);
    EXPECT_THAT(received(), HasSubstr(R"("event":"shortage","of":"fragments","limit":2048,)"));
    follow();
    EXPECT_EQ(recorder_->counters().at("recorded"), 2);
}

}  // namespace

}  // namespace ntm::control
