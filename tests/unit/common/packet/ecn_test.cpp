// SPDX-License-Identifier: BSD-3-Clause
// E-2: the sixteen cells of RFC 6040's figure 4.
#include "common/packet/ecn.hpp"

#include <array>

#include <gtest/gtest.h>

namespace ntm {
namespace {

TEST(Ecn, LeavesATunnelAsRfc6040Says) {
    constexpr Ecn no = Ecn::not_ect;
    constexpr Ecn e0 = Ecn::ect0;
    constexpr Ecn e1 = Ecn::ect1;
    constexpr Ecn ce = Ecn::ce;
    struct Row {
        Ecn inner;
        std::array<std::optional<Ecn>, 4> out;  // for the outer fields in their order below
    };
    constexpr std::array outer{no, e0, e1, ce};
    const std::array rows{
        Row{no, {no, no, no, std::nullopt}},
        Row{e0, {e0, e0, e1, ce}},
        Row{e1, {e1, e1, e1, ce}},
        Row{ce, {ce, ce, ce, ce}},
    };
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < outer.size(); ++i) {
            EXPECT_EQ(ecn_out_of_tunnel(row.inner, outer[i]), row.out[i])
                << "inner " << static_cast<int>(row.inner) << ", outer "
                << static_cast<int>(outer[i]);
        }
    }
}

TEST(Ecn, IsTheLowBitsOfTheTrafficClass) {
    EXPECT_EQ(ecn_of(0xb8), Ecn::not_ect);
    EXPECT_EQ(ecn_of(0xb9), Ecn::ect1);
    EXPECT_EQ(ecn_of(0xba), Ecn::ect0);
    EXPECT_EQ(ecn_of(0xff), Ecn::ce);
}

}  // namespace
}  // namespace ntm
