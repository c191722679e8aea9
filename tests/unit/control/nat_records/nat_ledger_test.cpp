// SPDX-License-Identifier: BSD-3-Clause
// What becomes records, and whose.
#include "control/nat_records/nat_ledger.hpp"

#include "control/nat_records/record_text.hpp"
#include "tests/unit/control/nat_records/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::control {
namespace {

using namespace test;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Instant start{seconds{1000}};
constexpr PathId first_path{1};
constexpr PathId second_path{2};

class NatLedgerTest : public ::testing::Test {
  protected:
    // In words: event, whose tenancy, since when (in seconds after ten), what.
    [[nodiscard]] std::vector<std::string> told() {
        std::vector<std::string> texts;
        for (const NatRecord& record : ledger_.take_records()) {
            std::string text{event_of(record)};
            text += " " + std::to_string(record.tenant->tenancy) + " ";
            text += record.since
                        ? std::to_string(std::chrono::duration_cast<seconds>(
                                             record.since->since_epoch - ten_o_clock.since_epoch
                          )
                                             .count())
                        : "?";
            if (const auto* const block = std::get_if<PublicBlock>(&record.what)) {
                text += " " + block->address.text() + " " + std::to_string(block->first_port);
            }
            if (const auto* const real = std::get_if<RealAddress>(&record.what)) {
                text += " " + real->endpoint.text();
            }
            texts.push_back(std::move(text));
        }
        return texts;
    }
    void set(
        PathId id, const std::string& real, int second, const std::string& fqdn = "mn1.example.test"
    ) {
        const auto bound = real.empty() ? std::nullopt : std::optional{at(real)};
        ledger_.set_path({id, 0, tenant(0, fqdn), bound}, later(second));
    }
    void tell(
        napt::Event::Kind kind, napt::Tenancy tenancy, int second, std::uint16_t port = 32768
    ) {
        napt::Event event;
        event.kind = kind;
        event.tenancy = tenancy;
        event.public_port = {1, port};
        ledger_.take(event, later(second));
    }
    void take(napt::Tenancy tenancy, int second, std::uint16_t port = 32768) {
        tell(napt::Event::Kind::block_taken, tenancy, second, port);
    }
    void give_back(napt::Tenancy tenancy, int second, std::uint16_t port = 32768) {
        tell(napt::Event::Kind::block_given_back, tenancy, second, port);
    }

    NatLedger ledger_{{ip("198.51.100.20"), ip("2001:db8:1::20"), ip("198.51.100.21")}, 256};
};

TEST_F(NatLedgerTest, ABlockIsOfWhoHasTheTenancy) {
    ledger_.open(0, 7);
    set(first_path, "", 0);
    take(7, 5);
    give_back(7, 65);
    const auto records = ledger_.take_records();
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(*records[0].tenant, tenant(7));
    EXPECT_EQ(records[0].at, later(5));
    EXPECT_EQ(records[1].at, later(65));
    EXPECT_EQ(records[1].since, later(5));
    EXPECT_EQ(
        std::get<PublicBlock>(records[1].what), (PublicBlock{ip("198.51.100.21"), 32768, 33023})
    );
}

TEST_F(NatLedgerTest, ASessionHasItsEndsAndNoBlock) {
    ledger_.open(0, 7);
    set(first_path, "", 0);
    napt::Event event;
    event.kind = napt::Event::Kind::session_ended;
    event.tenancy = 7;
    event.family = Family::ipv6;
    event.protocol = napt::Protocol::udp;
    event.public_port = {0, 40961};
    event.inside_port = 5001;
    event.remote = tables::PaddedAddress::of(ip("2001:db8:2::80"));
    event.remote_port = 53;
    ledger_.take(event, later(1));
    const auto records = ledger_.take_records();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].change, Change::ends);
    EXPECT_EQ(std::get<NatSession>(records[0].what), session6());
}

TEST_F(NatLedgerTest, WhoMetHisLimitIsNamed) {
    ledger_.open(0, 7);
    set(first_path, "", 0);
    napt::Event event;
    event.kind = napt::Event::Kind::shortage;
    event.scarce = napt::Scarce::subscriber_sessions;
    event.tenancy = 7;
    event.family = Family::ipv6;
    event.limit = 8192;
    ledger_.take(event, later(1));
    const auto records = ledger_.take_records();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(*records[0].tenant, tenant(7));
    EXPECT_EQ(
        std::get<Shortage>(records[0].what),
        (Shortage{napt::Scarce::subscriber_sessions, Family::ipv6, 8192, {}, 0})
    );
    event.tenancy = 8;
    ledger_.take(event, later(2));
    EXPECT_THAT(ledger_.take_records(), IsEmpty());
    EXPECT_EQ(ledger_.unknown(), 1U);
}

TEST_F(NatLedgerTest, WhatTheRelayHasNoMoreOfIsNobodys) {
    napt::Event event;
    event.kind = napt::Event::Kind::shortage;
    event.scarce = napt::Scarce::address_ports;
    event.protocol = napt::Protocol::icmp;
    event.public_port.address = 1;
    ledger_.take(event, later(1));
    event.family = Family::ipv6;
    event.public_port.address = 0;
    ledger_.take(event, later(1));
    event.scarce = napt::Scarce::addresses;
    ledger_.take(event, later(1));
    const auto records = ledger_.take_records();
    ASSERT_EQ(records.size(), 3U);
    for (const NatRecord& record : records) {
        EXPECT_EQ(record.tenant, nullptr);
    }
    EXPECT_EQ(
        std::get<Shortage>(records[0].what),
        (Shortage{napt::Scarce::address_ports, Family::ipv4, 0, ip("198.51.100.21"), 1})
    );
    EXPECT_EQ(
        std::get<Shortage>(records[1].what),
        (Shortage{napt::Scarce::address_ports, Family::ipv6, 0, ip("2001:db8:1::20"), 58})
    );
    EXPECT_EQ(
        std::get<Shortage>(records[2].what),
        (Shortage{napt::Scarce::addresses, Family::ipv6, 0, {}, 0})
    );
}

TEST_F(NatLedgerTest, ARealAddressIsToldOnceForAllPathsThatAreBoundToIt) {
    ledger_.open(0, 7);
    set(first_path, "192.0.2.1:4000", 0);
    set(second_path, "", 0);
    set(second_path, "192.0.2.1:4000", 1);
    set(second_path, "192.0.2.1:4000", 2);
    EXPECT_THAT(told(), ElementsAre("address_bound 7 0 192.0.2.1:4000"));
    ledger_.remove_path(first_path, later(3));
    EXPECT_THAT(told(), IsEmpty());
    ledger_.remove_path(second_path, later(4));
    EXPECT_THAT(told(), ElementsAre("address_left 7 0 192.0.2.1:4000"));
}

TEST_F(NatLedgerTest, AMoveLeavesNoGap) {
    ledger_.open(0, 7);
    set(first_path, "192.0.2.1:4000", 0);
    set(second_path, "192.0.2.1:4000", 0);
    static_cast<void>(told());
    set(first_path, "[2001:db8::7]:4001", 10);
    EXPECT_THAT(told(), ElementsAre("address_bound 7 10 [2001:db8::7]:4001"));
    set(second_path, "[2001:db8::7]:4001", 11);
    EXPECT_THAT(told(), ElementsAre("address_left 7 0 192.0.2.1:4000"));
}

TEST_F(NatLedgerTest, WhoGoesLeavesHisAddressesAndIsKnownForWhatWorkersTellStill) {
    ledger_.open(0, 7);
    set(first_path, "192.0.2.1:4000", 0);
    ledger_.close(0, start, later(20));
    ledger_.open(0, 8);
    set(second_path, "", 20, "mn2.example.test");
    take(7, 19);
    take(8, 20, 33024);
    ledger_.tend(start + NatLedger::gone_kept - Duration{1}, later(79));
    give_back(7, 21);
    EXPECT_THAT(
        told(),
        ElementsAre(
            "address_bound 7 0 192.0.2.1:4000",
            "address_left 7 0 192.0.2.1:4000",
            "block_taken 7 19 198.51.100.21 32768",
            "block_taken 8 20 198.51.100.21 33024",
            "block_given_back 7 19 198.51.100.21 32768"
        )
    );
    ledger_.tend(start + NatLedger::gone_kept, later(80));
    take(7, 81);
    EXPECT_THAT(told(), IsEmpty());
    EXPECT_EQ(ledger_.unknown(), 1U);
}

TEST_F(NatLedgerTest, WhatTheLostEventsSaidIsFoundOut) {
    ledger_.open(0, 7);
    set(first_path, "", 0);
    ledger_.open(1, 8);
    ledger_.set_path({second_path, 1, tenant(0, "mn2.example.test"), {}}, ten_o_clock);
    take(7, 1);
    // Lost: that it was given back.
    take(8, 200);
    EXPECT_THAT(
        told(),
        ElementsAre(
            "block_taken 7 1 198.51.100.21 32768",
            "block_given_back 7 1 198.51.100.21 32768",
            "block_taken 8 200 198.51.100.21 32768"
        )
    );
    // The same, and nobody takes it again.
    ledger_.close(1, start, later(300));
    ledger_.tend(start + NatLedger::gone_kept, later(360));
    EXPECT_THAT(told(), ElementsAre("block_given_back 8 200 198.51.100.21 32768"));
    // Lost: that it was taken.
    give_back(7, 400, 33024);
    EXPECT_THAT(told(), ElementsAre("block_given_back 7 ? 198.51.100.21 33024"));
}

TEST_F(NatLedgerTest, WhoHasAnotherKeyIsToldAnewWithAllThatHeHas) {
    ledger_.open(0, 7);
    set(first_path, "192.0.2.1:4000", 0);
    take(7, 1);
    static_cast<void>(told());
    Tenant other = tenant(0);
    other.key = key(9);
    ledger_.set_path({first_path, 0, other, at("192.0.2.1:4000")}, later(2));
    const auto records = ledger_.take_records();
    ASSERT_EQ(records.size(), 2U);
    for (const NatRecord& record : records) {
        EXPECT_EQ(record.change, Change::goes_on);
        EXPECT_EQ(record.tenant->key, key(9));
    }
}

TEST_F(NatLedgerTest, APathOfAnotherSubscriberIsHisNoMore) {
    ledger_.open(0, 7);
    set(first_path, "192.0.2.1:4000", 0);
    ledger_.open(1, 8);
    ledger_.set_path(
        {first_path, 1, tenant(0, "mn2.example.test"), at("192.0.2.2:4000")}, later(9)
    );
    EXPECT_THAT(
        told(),
        ElementsAre(
            "address_bound 7 0 192.0.2.1:4000",
            "address_left 7 0 192.0.2.1:4000",
            "address_bound 8 9 192.0.2.2:4000"
        )
    );
}

TEST_F(NatLedgerTest, AWalkTellsAllThatIsSoPieceByPiece) {
    ledger_.open(0, 7);
    set(first_path, "192.0.2.1:4000", 0);
    for (std::uint16_t i = 0; i < 5; ++i) {
        take(7, i, static_cast<std::uint16_t>(32768 + i * 256));
    }
    give_back(7, 9, 32768);
    static_cast<void>(told());
    ledger_.go_on_walking(100, later(10));
    EXPECT_THAT(told(), IsEmpty()) << "none has begun";

    ledger_.begin_walk();
    ledger_.go_on_walking(2, later(10));
    EXPECT_THAT(
        told(),
        ElementsAre("block_kept 7 1 198.51.100.21 33024", "block_kept 7 2 198.51.100.21 33280")
    );
    give_back(7, 11, 33280);
    static_cast<void>(told());
    ledger_.begin_walk();
    ledger_.go_on_walking(2, later(12));
    ledger_.go_on_walking(1, later(13));
    ledger_.go_on_walking(1, later(14));
    EXPECT_THAT(
        told(),
        ElementsAre(
            "block_kept 7 3 198.51.100.21 33536",
            "block_kept 7 4 198.51.100.21 33792",
            "address_kept 7 0 192.0.2.1:4000"
        )
    );
}

}  // namespace
}  // namespace ntm::control
