// SPDX-License-Identifier: BSD-3-Clause
// The witnesses of every run see what they are there for.
#include "common/protocol/sealed.hpp"
#include "tests/simulation/world/ledger.hpp"
#include "tests/simulation/world/secret_watch.hpp"

#include <gtest/gtest.h>

namespace ntm::simulation {
namespace {

constexpr PathId path_id{7};

dc::PathRecord make_path(std::uint8_t secret_byte) {
    dc::PathRecord path;
    path.id = path_id;
    std::array<std::uint8_t, 32> bytes{};
    bytes.fill(secret_byte);
    path.path_secret = Secret32{bytes};
    return path;
}

Bytes first_packet_under(const dc::PathRecord& path) {
    protocol::DataSealer sealer{path.path_secret, path.suite, path.id, Role::initiator};
    return sealer.seal({}).value();
}

TEST(SecretWatchTest, sees_a_counter_used_again_under_one_secret_only) {
    SecretWatch watch;
    const dc::PathRecord first = make_path(1);
    const dc::PathRecord second = make_path(2);
    watch.learn(first);
    watch.learn(second);
    watch.see_sent(first_packet_under(first));
    watch.see_sent(first_packet_under(second));
    EXPECT_TRUE(watch.breaches().empty()) << watch.breaches().front();
    watch.see_sent(first_packet_under(first));  // an end that began anew under the old secret
    EXPECT_EQ(watch.breaches().size(), 1U);
    EXPECT_EQ(watch.packets(), 3U);
}

TEST(SecretWatchTest, sees_data_under_a_secret_that_the_dc_never_made) {
    SecretWatch watch;
    watch.learn(make_path(1));
    watch.see_sent(first_packet_under(make_path(2)));
    EXPECT_EQ(watch.breaches().size(), 1U);
}

class LedgerTest : public testing::Test {
  protected:
    Bytes make() {
        Ledger::Entry entry;
        entry.addressee = 1;
        const Endpoint from = *Endpoint::parse("198.18.0.1:7");
        return ledger_.make(std::move(entry), from, *Endpoint::parse("198.18.0.2:7"));
    }
    Ledger ledger_;
};

TEST_F(LedgerTest, takes_a_packet_once_at_its_addressee) {
    const Bytes packet = make();
    EXPECT_EQ(ledger_.deliver(1, packet, Instant{}), 0U);
    EXPECT_TRUE(ledger_.breaches().empty());
    EXPECT_TRUE(ledger_.deliver(1, packet, Instant{}));
    EXPECT_EQ(ledger_.breaches().size(), 1U) << "delivered twice";
}

TEST_F(LedgerTest, sees_a_packet_at_the_wrong_node) {
    EXPECT_TRUE(ledger_.deliver(2, make(), Instant{}));
    EXPECT_EQ(ledger_.breaches().size(), 1U);
}

TEST_F(LedgerTest, sees_a_packet_that_was_changed_or_made_up) {
    Bytes packet = make();
    packet[8] = 9;  // TTL: the header's checksum does not fit any more
    EXPECT_FALSE(ledger_.deliver(1, packet, Instant{}));
    EXPECT_EQ(ledger_.breaches().size(), 1U);
    Ledger other;
    EXPECT_FALSE(other.deliver(1, make(), Instant{}));
    EXPECT_EQ(other.breaches().size(), 1U);
}

}  // namespace
}  // namespace ntm::simulation
