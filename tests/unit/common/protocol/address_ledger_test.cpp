// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/address_ledger.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

using std::chrono::seconds;

constexpr Instant start{seconds{100}};
const Endpoint own = *Endpoint::parse("198.51.100.1:9770");
const Endpoint home = *Endpoint::parse("192.0.2.1:9770");
const Endpoint away = *Endpoint::parse("203.0.113.1:4000");

TEST(AddressLedger, UnprovenGetsNoMoreThanCameFromThere) {
    AddressLedger ledger;
    EXPECT_FALSE(ledger.may_send(home, 1));
    ledger.note_heard(home, own, 100, start);
    EXPECT_TRUE(ledger.may_send(home, 100));
    EXPECT_FALSE(ledger.may_send(home, 101));
    // IP's and UDP's 28 bytes count with each.
    ledger.note_sent(home, 60);
    EXPECT_TRUE(ledger.may_send(home, 40 - 28));
    EXPECT_FALSE(ledger.may_send(home, 41 - 28));
    ledger.note_heard(home, own, 1, start);
    EXPECT_TRUE(ledger.may_send(home, 41));
    EXPECT_FALSE(ledger.may_send(home, 42));
    EXPECT_FALSE(ledger.may_send(away, 1));
}

TEST(AddressLedger, ProvenGetsAll) {
    AddressLedger ledger;
    ledger.prove(home);
    EXPECT_FALSE(ledger.is_proven(home)) << "never heard from";
    ledger.note_heard(home, own, 1, start);
    ledger.prove(home);
    EXPECT_TRUE(ledger.is_proven(home));
    EXPECT_TRUE(ledger.may_send(home, 1'000'000));
}

TEST(AddressLedger, ProofEndsAfterSilenceUnlessThePeerIsThere) {
    AddressLedger ledger;
    ledger.note_heard(home, own, 1, start);
    ledger.prove(home);
    ledger.follow(home);
    ledger.note_heard(home, own, 1, start + seconds{1000});
    EXPECT_TRUE(ledger.is_proven(home));
    ledger.note_heard(away, own, 1, start + seconds{1001});
    ledger.follow(away);
    ledger.note_heard(home, own, 1, start + seconds{1120});
    EXPECT_TRUE(ledger.is_proven(home));
    ledger.note_heard(home, own, 1, start + seconds{1241});
    EXPECT_FALSE(ledger.is_proven(home));
    EXPECT_TRUE(ledger.may_send(home, 1));
    EXPECT_FALSE(ledger.may_send(home, 2));
}

TEST(AddressLedger, KeepsAHandfulAndNeverLosesThePresentOne) {
    AddressLedger ledger;
    ledger.note_heard(home, own, 1, start);
    ledger.prove(home);
    ledger.follow(home);
    for (std::uint16_t port = 1; port <= 100; ++port) {
        const Endpoint other{away.address, Port{port}};
        ledger.note_heard(other, own, 1, start + seconds{port});
    }
    EXPECT_TRUE(ledger.is_proven(home));
    EXPECT_FALSE(ledger.may_send({away.address, Port{1}}, 1));
    EXPECT_TRUE(ledger.may_send({away.address, Port{100}}, 1));
}

TEST(AddressLedger, MovingOpensTheWayAgain) {
    AddressLedger ledger;
    ledger.note_heard(home, own, 1, start);
    ledger.follow(home);
    EXPECT_EQ(ledger.local_for(home), own);
    ledger.forget_current();
    EXPECT_FALSE(ledger.current());
    EXPECT_EQ(ledger.last(), home);
    EXPECT_EQ(ledger.local_for(home), Endpoint{});
    ledger.forget_current();
    EXPECT_EQ(ledger.last(), home);
}

TEST(AddressLedger, TellsTheProvenOneHeardLast) {
    AddressLedger ledger;
    EXPECT_FALSE(ledger.last_proven());
    ledger.note_heard(home, own, 1, start);
    EXPECT_FALSE(ledger.last_proven());
    ledger.prove(home);
    ledger.note_heard(away, own, 1, start + seconds{1});
    EXPECT_EQ(ledger.last_proven(), home);
    ledger.prove(away);
    EXPECT_EQ(ledger.last_proven(), away);
}

}  // namespace
}  // namespace ntm::protocol
