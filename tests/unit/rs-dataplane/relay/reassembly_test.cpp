// SPDX-License-Identifier: BSD-3-Clause
// Fragments put together again: any order, duplicates, overlaps, lengths, times and limits.
// Rows: M-8, M-9, U-14.
#include "common/base/byte_order.hpp"
#include "tests/unit/rs-dataplane/relay/reassembly_world.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

namespace ntm::relay::testing {
namespace {

constexpr Reassembly::Plan small{128, 80, std::chrono::seconds{10}};

class OfFragments : public ::testing::TestWithParam<Family> {
  protected:
    [[nodiscard]] static bool is_ipv4() { return GetParam() == Family::ipv4; }
    [[nodiscard]] static Bytes packet(std::size_t body, std::uint8_t source = 1) {
        return packet_from(source, GetParam(), body);
    }
    [[nodiscard]] Got add(const Bytes& packet, const Piece& piece, std::uint32_t id = 1) {
        return table_.add(fragment_of(packet, piece, id));
    }

    Table table_{small};
};
INSTANTIATE_TEST_SUITE_P(Families, OfFragments, ::testing::Values(Family::ipv4, Family::ipv6));

TEST_P(OfFragments, a_packet_is_made_in_every_order) {
    const Bytes sent = packet(61);
    const std::vector<Bytes> fragments = fragments_of(sent, 16);
    ASSERT_EQ(fragments.size(), 4U);
    std::array<std::size_t, 4> order{0, 1, 2, 3};
    do {
        for (std::size_t i = 0; i < 3; ++i) {
            const Got got = table_.add(fragments[order[i]]);
            EXPECT_EQ(got.reason, DropReason::none);
            EXPECT_FALSE(got.whole);
            EXPECT_EQ(table_.held(), i + 1);
        }
        const Got last = table_.add(fragments[order[3]]);
        EXPECT_EQ(last.reason, DropReason::none);
        EXPECT_EQ(last.whole, whole_of(sent));
        EXPECT_EQ(last.longest_fragment, fragments[0].size());
        EXPECT_EQ(table_.held(), 0U);
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_EQ(table_.dropped(DropReason::fragment_joined), 24U * 4);
    EXPECT_EQ(table_.dropped(), 24U * 4);
}

TEST_P(OfFragments, a_duplicate_harms_nobody) {
    const Bytes sent = packet(61);
    const std::vector<Bytes> fragments = fragments_of(sent, 16);
    for (const int number : {3, 3, 0, 0, 1, 3, 1}) {
        const Got got = table_.add(fragments.at(static_cast<std::size_t>(number)));
        EXPECT_TRUE(got.reason == DropReason::none || got.reason == DropReason::fragment_joined);
        EXPECT_FALSE(got.whole);
    }
    EXPECT_EQ(table_.held(), 3U);
    EXPECT_EQ(table_.add(fragments[2]).whole, whole_of(sent));
}

TEST_P(OfFragments, one_byte_is_enough_for_the_last) {
    const Bytes sent = packet(17);
    EXPECT_FALSE(add(sent, {16, 1, false}).whole);
    EXPECT_EQ(add(sent, {0, 16, true}).whole, whole_of(sent, 1));
}

TEST_P(OfFragments, the_longest_packet_is_taken_and_a_longer_one_is_not) {
    const std::size_t header = is_ipv4() ? 20 : 40;
    constexpr std::size_t each = 1400;
    const Bytes longest = packet(longest_whole - header);
    Got got;
    for (const Bytes& fragment : fragments_of(longest, each)) {
        ASSERT_FALSE(got.whole);
        got = table_.add(fragment);
    }
    EXPECT_EQ(got.whole, whole_of(longest));

    const Bytes longer = packet(longest_whole - header + 1);
    const std::vector<Bytes> fragments = fragments_of(longer, each);
    EXPECT_EQ(table_.add(fragments.back()).reason, DropReason::fragment_too_long);
}

TEST_P(OfFragments, none_is_longer_than_what_fits_a_piece) {
    EXPECT_EQ(add(packet(4096), {0, 2040, true}).reason, DropReason::none);
    EXPECT_EQ(add(packet(4096), {0, 2048, true}, 2).reason, DropReason::fragment_too_long);
}

TEST_P(OfFragments, what_can_not_stand_where_it_says_is_refused) {
    const Bytes sent = packet(80);
    EXPECT_EQ(add(sent, {16, 15, true}).reason, DropReason::fragment_malformed)
        << "not 8 bytes each";
    EXPECT_EQ(add(sent, {16, 0, true}).reason, DropReason::fragment_malformed) << "empty";
    EXPECT_EQ(add(sent, {16, 0, false}).reason, DropReason::fragment_malformed) << "empty and last";
    Bytes far = fragment_of(sent, {0, 80, false});
    const std::size_t field = is_ipv4() ? 6 : 42;
    store(far.data() + field, Be16::from_host(is_ipv4() ? 0x1fff : 0xfff8));
    EXPECT_EQ(table_.add(far).reason, DropReason::fragment_too_long) << "beyond 65535";
    EXPECT_EQ(table_.held(), 0U);
    EXPECT_EQ(table_.dropped(), 0U);
}

TEST_P(OfFragments, the_wrong_one_does_not_spoil_the_right_ones) {
    const Bytes sent = packet(40);
    EXPECT_FALSE(add(sent, {0, 16, true}).whole);
    EXPECT_EQ(add(sent, {16, 15, true}).reason, DropReason::fragment_malformed);
    EXPECT_EQ(add(sent, {16, 24, false}).whole, whole_of(sent, 1));
}

struct Contradiction {
    const char* what;
    std::vector<Piece> good;
    Piece bad;
};
const std::vector<Contradiction>& contradictions() {
    static const std::vector<Contradiction> all{
        {"the end of one that is there", {{0, 24, true}}, {16, 16, true}},
        {"the beginning of one that is there", {{16, 24, true}}, {8, 16, true}},
        {"a part of one that is there", {{0, 32, true}}, {8, 8, true}},
        {"more than one that is there", {{8, 8, true}}, {0, 32, true}},
        {"the same from its beginning", {{0, 16, true}}, {0, 24, true}},
        {"two that are there", {{0, 16, true}, {16, 16, true}}, {8, 16, true}},
        {"another end", {{40, 8, false}}, {48, 8, false}},
        {"an end before what is there", {{40, 8, true}}, {16, 8, false}},
        {"beyond the end", {{16, 8, false}}, {24, 8, true}},
        {"the end, and yet more", {{16, 8, false}}, {16, 8, true}},
        {"the end, of what is there", {{16, 8, true}}, {16, 8, false}}};
    return all;
}

// RFC 5722: the packet is given up, with what is still to come.
TEST_P(OfFragments, that_contradict_each_other_nothing_is_made) {
    const Bytes sent = packet(80);
    std::uint32_t id = 0;
    std::uint64_t dropped = 0;
    for (const Contradiction& each : contradictions()) {
        ++id;
        for (const Piece& piece : each.good) {
            EXPECT_EQ(add(sent, piece, id).reason, DropReason::none) << each.what;
        }
        EXPECT_EQ(add(sent, each.bad, id).reason, DropReason::fragment_overlap) << each.what;
        dropped += each.good.size() - 1;
        EXPECT_EQ(table_.dropped(DropReason::fragment_overlap), dropped) << each.what;
        EXPECT_EQ(table_.held(), id) << "one stands for it";
        for (const Bytes& fragment : fragments_of(sent, 8, id)) {
            const Got got = table_.add(fragment);
            EXPECT_EQ(got.reason, DropReason::fragment_overlap) << each.what;
            EXPECT_FALSE(got.whole) << each.what;
        }
    }
    table_.now = table_.now + small.lifetime;
    table_.tend();
    table_.tend();
    EXPECT_EQ(table_.held(), 0U);
    EXPECT_EQ(table_.dropped(DropReason::fragment_overlap), dropped + id);
    EXPECT_EQ(table_.dropped(DropReason::fragment_timeout), 0U);
}

TEST_P(OfFragments, other_bytes_at_the_same_place_are_a_contradiction) {
    const Bytes sent = packet(40);
    EXPECT_FALSE(add(sent, {0, 16, true}).whole);
    Bytes other = fragment_of(sent, {0, 16, true}, 1);
    other.back() ^= 1;
    EXPECT_EQ(table_.add(other).reason, DropReason::fragment_overlap);
    EXPECT_EQ(add(sent, {16, 24, false}).reason, DropReason::fragment_overlap);
}

TEST_P(OfFragments, those_of_different_packets_do_not_meet) {
    const Bytes sent = packet(40);
    ASSERT_FALSE(add(sent, {0, 16, true}).whole);
    const Piece rest{16, 24, false};
    EXPECT_FALSE(add(sent, rest, 2).whole) << "another identification";
    EXPECT_FALSE(add(packet(40, 2), rest).whole) << "another source";
    EXPECT_FALSE(table_.add(fragment_of(sent, rest, 1), 5).whole) << "another origin";
    Bytes elsewhere = sent;
    elsewhere[is_ipv4() ? 19 : 39] ^= 1;
    EXPECT_FALSE(add(whole_of(elsewhere, 1), rest).whole) << "another destination";
    if (is_ipv4()) {
        EXPECT_FALSE(add(napt::with_byte(sent, 9, 6), rest).whole) << "another protocol";
    }
    EXPECT_TRUE(add(sent, rest).whole);
}

TEST_P(OfFragments, what_lacks_some_is_given_up_in_time) {
    const Bytes sent = packet(61);
    const std::vector<Bytes> fragments = fragments_of(sent, 16);
    static_cast<void>(table_.add(fragments[0]));
    table_.now = table_.now + small.lifetime - std::chrono::milliseconds{1};
    static_cast<void>(table_.add(fragments[1]));
    table_.tend();
    EXPECT_EQ(table_.held(), 2U);
    table_.now = table_.now + std::chrono::milliseconds{1};
    table_.tend();
    EXPECT_EQ(table_.held(), 0U);
    EXPECT_EQ(table_.dropped(DropReason::fragment_timeout), 2U);
    EXPECT_FALSE(table_.add(fragments[2]).whole);
    EXPECT_FALSE(table_.add(fragments[3]).whole) << "nothing is left of the others";
}

TEST_P(OfFragments, a_packet_is_in_as_many_as_64) {
    const Bytes sent = packet(64 * 8 + 8);
    Got got;
    for (std::size_t number = 0; number < 64; ++number) {
        got = add(sent, {number * 8, 8, true});
    }
    EXPECT_EQ(got.reason, DropReason::none);
    EXPECT_EQ(add(sent, {std::size_t{64} * 8, 8, false}).reason, DropReason::fragment_quota);
    EXPECT_EQ(table_.held(), 1U);
    EXPECT_EQ(table_.dropped(DropReason::fragment_quota), 63U);
    const Bytes shorter = packet(std::size_t{64} * 8);
    for (const Bytes& fragment : fragments_of(shorter, 8, 2)) {
        got = table_.add(fragment);
    }
    EXPECT_EQ(got.whole, whole_of(shorter, 2));
}

TEST_P(OfFragments, one_source_crowds_out_nobody_but_itself) {
    const Bytes good = packet(40, 1);
    ASSERT_FALSE(add(good, {0, 16, true}).whole);
    const Bytes flood = packet(40, 2);
    for (std::uint32_t id = 0; id < 1000; ++id) {
        EXPECT_EQ(add(flood, {0, 16, true}, id).reason, DropReason::none);
    }
    EXPECT_EQ(table_.held(), small.of_a_source + 1);
    EXPECT_EQ(table_.dropped(DropReason::fragment_quota), 1000 - small.of_a_source);
    EXPECT_FALSE(add(flood, {16, 24, false}, 0).whole) << "its oldest are gone";
    EXPECT_TRUE(add(flood, {16, 24, false}, 999).whole) << "its newest are there";
    EXPECT_EQ(add(good, {16, 24, false}).whole, whole_of(good, 1));
}

// A host in IPv6 has a whole /64 to speak from.
TEST(OfFragmentsOfIpv6, all_of_a_network_are_one_source) {
    Table table{small};
    for (std::uint32_t id = 0; id < 100; ++id) {
        Bytes flood = packet_from(2, Family::ipv6, 40);
        flood[20] = static_cast<std::uint8_t>(id);
        EXPECT_EQ(table.add(fragment_of(flood, {0, 16, true}, id)).reason, DropReason::none);
    }
    EXPECT_EQ(table.held(), small.of_a_source);
}

TEST_P(OfFragments, when_all_is_full_the_oldest_goes) {
    for (std::uint8_t source = 0; source < 200; ++source) {
        EXPECT_EQ(add(packet(40, source), {0, 16, true}).reason, DropReason::none);
    }
    EXPECT_EQ(table_.held(), small.fragments);
    EXPECT_EQ(table_.dropped(DropReason::fragment_crowded_out), 200 - small.fragments);
    EXPECT_FALSE(add(packet(40, 0), {16, 24, false}).whole);
    EXPECT_TRUE(add(packet(40, 199), {16, 24, false}).whole);
}

TEST_P(OfFragments, congestion_met_by_one_is_met_by_the_packet) {
    const auto marked = [](Bytes fragment, std::uint8_t ecn) {
        if (is_ipv4()) {
            return napt::with_byte(
                fragment, 1, static_cast<std::uint8_t>((fragment[1] & 0xfc) | ecn)
            );
        }
        fragment[1] = static_cast<std::uint8_t>((fragment[1] & 0xcf) | ecn << 4);
        return fragment;
    };
    const Bytes sent = packet(40);
    const Bytes first = fragment_of(sent, {0, 16, true});
    const Bytes last = fragment_of(sent, {16, 24, false});
    const auto ecn_of_both = [&](std::uint8_t of_first, std::uint8_t of_last) {
        static_cast<void>(table_.add(marked(first, of_first)));
        const Got got = table_.add(marked(last, of_last));
        if (!got.whole) {
            return std::optional<Ecn>{};
        }
        EXPECT_EQ(marked(*got.whole, 0), marked(whole_of(sent), 0));
        const unsigned byte = got.whole->at(1);
        return std::optional{ecn_of(static_cast<std::uint8_t>(is_ipv4() ? byte : byte >> 4))};
    };
    EXPECT_EQ(ecn_of_both(2, 2), Ecn::ect0);
    EXPECT_EQ(ecn_of_both(2, 3), Ecn::ce);
    EXPECT_EQ(ecn_of_both(3, 1), Ecn::ce);
    EXPECT_EQ(ecn_of_both(0, 3), std::nullopt) << "its ends would not learn of it";
    EXPECT_EQ(table_.dropped(DropReason::congestion_untold), 2U);
    EXPECT_EQ(table_.held(), 0U);
}

TEST(OfFragmentsOfIpv6, a_fragment_of_a_fragment_is_refused) {
    Table table{small};
    Bytes nested = packet_from(1, Family::ipv6, 40);
    nested[6] = 44;
    EXPECT_EQ(table.add(fragment_of(nested, {0, 16, true})).reason, DropReason::fragment_malformed);
    Bytes cut = fragment_of(packet_from(1, Family::ipv6, 40), {0, 16, true});
    cut.resize(47);
    store(cut.data() + 4, Be16::from_host(7));
    EXPECT_EQ(table.add(cut).reason, DropReason::fragment_malformed) << "half a header";
}

// RFC 6946: it waits for nobody, and harms none of the same identification.
TEST(OfFragmentsOfIpv6, one_that_is_all_of_a_packet_is_that_packet) {
    Table table{small};
    const Bytes sent = packet_from(1, Family::ipv6, 40);
    ASSERT_FALSE(table.add(fragment_of(sent, {0, 16, true})).whole);
    EXPECT_EQ(table.add(fragment_of(sent, {0, 40, false})).whole, sent);
    EXPECT_EQ(table.add(fragment_of(sent, {16, 24, false})).whole, sent);
}

TEST(OfFragmentsOfIpv4, options_are_refused) {
    Table table{small};
    const Bytes fragment = fragment_of(packet_from(1, Family::ipv4, 40), {0, 16, true});
    EXPECT_EQ(table.add(napt::with_options(fragment)).reason, DropReason::inner_ipv4_options);
}

}  // namespace
}  // namespace ntm::relay::testing
