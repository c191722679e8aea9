// SPDX-License-Identifier: BSD-3-Clause
// docs/protocol.md section 5: when a leg that is bound elsewhere asks to be bound here.
#include "client/node/leg_binding.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Bound : ::testing::Test {
    [[nodiscard]] std::optional<v1::TunnelRequest> request_at(Duration after) {
        return binding.handle_timeout(random, began + after);
    }
    SeededRandom random{1};
    Instant began{seconds{1000}};
    LegBinding binding{{{}, true, true, LegBinding::most_untrusted_tries, {}}, began};
};

TEST_F(Bound, a_request_waits_for_its_token) {
    EXPECT_FALSE(request_at(milliseconds{299}));
    binding.give_token({1, 2, 3}, began + milliseconds{299});
    const auto request = request_at(milliseconds{299});
    ASSERT_TRUE(request);
    EXPECT_FALSE(request->token().empty());
}

TEST_F(Bound, a_token_that_does_not_come_is_asked_for) {
    EXPECT_EQ(binding.next_timeout(), began + LegBinding::token_patience);
    const auto request = request_at(LegBinding::token_patience);
    ASSERT_TRUE(request);
    EXPECT_TRUE(request->token().empty());
    EXPECT_LT(binding.next_timeout(), began + seconds{1});
}

}  // namespace
}  // namespace ntm::client::testing
