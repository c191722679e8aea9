// SPDX-License-Identifier: BSD-3-Clause
// One subscriber, some endpoints of his, and few enough ports to use up.
#pragma once

#include "tests/unit/rs-dataplane/napt/world.hpp"

#include <gtest/gtest.h>

namespace ntm::napt {

inline Bindings::Plan small_plan() {
    Bindings::Plan plan;
    plan.subscribers = 64;
    plan.mappings = 4096;
    plan.sessions = 4096;
    plan.ipv4 = {.addresses = 4, .first_port = 1024, .blocks_each = 32, .block_size = 64};
    plan.ipv6 = {.addresses = 1, .first_port = 1024, .blocks_each = 8, .block_size = 64};
    return plan;
}

class BindingsTest : public testing::Test {
  protected:
    [[nodiscard]] Bindings::Usage usage() { return world.bindings().usage(); }
    PublicPort open(const Inside& from, const Remote& to, const Path& path = path_to_gn) {
        const bool is_tcp = from.protocol == Protocol::tcp;
        const auto got = world.send(from, to, path, is_tcp ? syn : no_segment);
        EXPECT_TRUE(got);
        return got ? *got : PublicPort{};
    }

    World world{small_plan()};
    Position mn = world.add();
    Inside udp{mn, 5000, Protocol::udp};
    Inside tcp{mn, 5000, Protocol::tcp};
    Inside echo{mn, 77, Protocol::icmp};
};

}  // namespace ntm::napt
