// SPDX-License-Identifier: BSD-3-Clause
// Packets cut into fragments. Rows: M-3, U-13.
#include "rs-dataplane/relay/fragment_cutter.hpp"

#include "tests/unit/rs-dataplane/relay/reassembly_world.hpp"

#include <gtest/gtest.h>

namespace ntm::relay::testing {
namespace {

std::vector<Bytes> cut(const Bytes& packet, std::uint16_t most) {
    FragmentCutter cutter{packet, most, 77};
    std::vector<Bytes> fragments;
    while (!cutter.is_done()) {
        Bytes fragment(most);
        fragment.resize(cutter.write_next(fragment.data()));
        fragments.push_back(fragment);
    }
    return fragments;
}

class Cut : public ::testing::TestWithParam<Family> {
  protected:
    [[nodiscard]] static bool is_ipv4() { return GetParam() == Family::ipv4; }
    [[nodiscard]] static std::uint16_t headers() { return is_ipv4() ? 20 : 48; }
    [[nodiscard]] static Bytes packet(std::size_t body) {
        return whole_of(packet_from(1, GetParam(), body), 77);
    }
};
INSTANTIATE_TEST_SUITE_P(Families, Cut, ::testing::Values(Family::ipv4, Family::ipv6));

TEST_P(Cut, fragments_are_as_long_as_may_be_and_in_order) {
    for (const int spare : {0, 1, 7}) {
        const Bytes sent = packet(100);
        const auto most = static_cast<std::uint16_t>(headers() + 40 + spare);
        EXPECT_EQ(cut(sent, most), fragments_of(sent, 40, 77)) << spare;
    }
}

TEST_P(Cut, a_packet_that_fits_is_left_as_it_is) {
    const Bytes sent = packet(100);
    EXPECT_EQ(cut(sent, static_cast<std::uint16_t>(sent.size())), std::vector<Bytes>{sent});
    EXPECT_EQ(cut(sent, static_cast<std::uint16_t>(sent.size() - 1)).size(), 2U);
}

TEST_P(Cut, the_longest_packet_comes_whole_again) {
    const Bytes sent = packet(longest_whole - (is_ipv4() ? 20U : 40U));
    for (const int most : {1280, 1500}) {
        EXPECT_EQ(joined(cut(sent, static_cast<std::uint16_t>(most))), sent);
    }
}

TEST_P(Cut, what_carries_nothing_is_no_fragment) {
    const Bytes sent = packet(100);
    EXPECT_FALSE(FragmentCutter::can_cut(sent, 0));
    EXPECT_FALSE(FragmentCutter::can_cut(sent, static_cast<std::uint16_t>(headers() + 7)));
    const auto least = static_cast<std::uint16_t>(headers() + 8);
    EXPECT_TRUE(FragmentCutter::can_cut(sent, least));
    EXPECT_EQ(cut(sent, least).size(), 13U);
}

}  // namespace
}  // namespace ntm::relay::testing
