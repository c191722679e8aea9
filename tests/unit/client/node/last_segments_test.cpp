// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/last_segments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr PathId path{1};
constexpr Instant start{seconds{100}};

// A segment from `port`, of which `mark` is the content.
Bytes ipv4(std::uint8_t port, std::uint8_t mark, std::uint8_t protocol = 6) {
    Bytes packet(41);
    packet[0] = 0x45;
    packet[9] = protocol;
    packet[21] = port;
    packet[40] = mark;
    return packet;
}

Bytes ipv6(std::uint8_t port, std::uint8_t mark) {
    Bytes packet(61);
    packet[0] = 0x60;
    packet[6] = 6;
    packet[41] = port;
    packet[60] = mark;
    return packet;
}

TEST(LastSegments, the_last_of_each_connection_is_kept_in_their_order) {
    LastSegments segments;
    segments.note(path, ipv4(1, 1), start);
    segments.note(path, ipv6(1, 2), start + seconds{1});
    segments.note(path, ipv4(2, 3), start + seconds{2});
    segments.note(path, ipv4(1, 4), start + seconds{3});
    EXPECT_THAT(
        segments.of(path, start + seconds{3}), ElementsAre(ipv6(1, 2), ipv4(2, 3), ipv4(1, 4))
    );
}

TEST(LastSegments, connections_differ_by_each_address_and_port) {
    for (const std::size_t byte : {12U, 15U, 16U, 19U, 20U, 21U, 22U, 23U}) {
        LastSegments segments;
        Bytes other = ipv4(1, 1);
        other[byte] ^= 0x80U;
        segments.note(path, ipv4(1, 1), start);
        segments.note(path, other, start);
        EXPECT_EQ(segments.of(path, start).size(), 2U) << byte;
    }
    for (const std::size_t byte : {8U, 23U, 24U, 39U, 40U, 43U}) {
        LastSegments segments;
        Bytes other = ipv6(1, 1);
        other[byte] ^= 0x80U;
        segments.note(path, ipv6(1, 1), start);
        segments.note(path, other, start);
        EXPECT_EQ(segments.of(path, start).size(), 2U) << byte;
    }
}

TEST(LastSegments, ports_are_behind_the_options_of_ipv4) {
    Bytes packet(45);
    packet[0] = 0x46;
    packet[9] = 6;
    Bytes other = packet;
    other[25] = 1;
    LastSegments segments;
    segments.note(path, packet, start);
    segments.note(path, other, start);
    EXPECT_EQ(segments.of(path, start).size(), 2U);
    other[25] = 0;
    other[20] = 1;
    segments.note(path, other, start);
    EXPECT_EQ(segments.of(path, start).size(), 2U);
}

TEST(LastSegments, paths_have_their_own) {
    LastSegments segments;
    segments.note(path, ipv4(1, 1), start);
    segments.note(PathId{2}, ipv4(1, 2), start);
    EXPECT_THAT(segments.of(path, start), ElementsAre(ipv4(1, 1)));
    EXPECT_THAT(segments.of(PathId{3}, start), IsEmpty());
}

TEST(LastSegments, none_is_older_than_its_time) {
    LastSegments segments;
    segments.note(path, ipv4(1, 1), start);
    EXPECT_EQ(segments.of(path, start + LastSegments::kept_for - Duration{1}).size(), 1U);
    EXPECT_THAT(segments.of(path, start + LastSegments::kept_for), IsEmpty());
}

TEST(LastSegments, of_too_many_connections_the_one_that_was_silent_longest_goes) {
    LastSegments segments;
    for (std::uint8_t port = 0; port < LastSegments::most_flows; ++port) {
        segments.note(path, ipv4(port, 1), start + Duration{port});
    }
    segments.note(path, ipv4(0, 2), start + seconds{1});
    segments.note(path, ipv4(200, 3), start + seconds{2});
    const auto kept = segments.of(path, start + seconds{2});
    ASSERT_EQ(kept.size(), LastSegments::most_flows);
    EXPECT_EQ(kept.front(), ipv4(2, 1));
    EXPECT_EQ(kept.back(), ipv4(200, 3));
}

TEST(LastSegments, what_is_no_whole_segment_is_passed_over) {
    LastSegments segments;
    segments.note(path, {}, start);
    segments.note(path, ipv4(1, 1, 17), start);
    Bytes first_fragment = ipv4(1, 1);
    first_fragment[6] = 0x20;
    segments.note(path, first_fragment, start);
    Bytes later_fragment = ipv4(1, 1);
    later_fragment[7] = 1;
    segments.note(path, later_fragment, start);
    Bytes cut = ipv4(1, 1);
    cut.resize(23);
    segments.note(path, cut, start);
    Bytes behind_options = ipv6(1, 1);
    behind_options[6] = 0;
    segments.note(path, behind_options, start);
    EXPECT_THAT(segments.of(path, start), IsEmpty());
    Bytes unfragmentable = ipv4(1, 1);
    unfragmentable[6] = 0x40;
    segments.note(path, unfragmentable, start);
    EXPECT_EQ(segments.of(path, start).size(), 1U);
}

}  // namespace
}  // namespace ntm::client::testing
