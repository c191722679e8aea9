// SPDX-License-Identifier: BSD-3-Clause
// What one relay sees of this node says something about the others (docs/protocol.md section 4.1).
#include "client/node/relay_watch.hpp"

#include "common/protocol/cookie.hpp"
#include "tests/unit/client/node/made_up.hpp"

#include <map>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Endpoint first = at("192.0.2.10:9770");
const Endpoint second = at("192.0.2.20:9770");

class RelayWatchTest : public ::testing::Test {
  protected:
    RelayWatchTest() { watch_.set_locals({{real("192.168.1.2/24")}}, now_); }

    void add(const char* name, const Endpoint& relay) { watch_.add_relay({name, {relay}}, now_); }
    // Asks that are due within `duration` and go to that relay; each relay answers at once, and says where it
    // sees the node.
    std::size_t asks(const Endpoint& relay, Duration duration) {
        std::size_t count = 0;
        const Instant end = now_ + duration;
        while (watch_.next_timeout() <= end) {
            now_ = std::max(now_, watch_.next_timeout());
            watch_.handle_timeout(now_);
            for (const Datagram& ask : watch_.take_datagrams()) {
                count += ask.remote == relay ? 1 : 0;
                const auto nonce = protocol::parse_cookie_ask(ask.payload);
                watch_.handle_answer({*nonce, {}, BootId{1}, outside_.at(ask.remote)}, now_);
            }
        }
        now_ = end;
        return count;
    }

    const Endpoint here_ = at("198.51.100.1:4000");
    const Endpoint elsewhere_ = at("198.51.100.1:4001");
    std::map<Endpoint, Endpoint> outside_{{first, here_}, {second, here_}};

    SeededRandom random_{1};
    Instant now_{seconds{1000}};
    RelayWatch watch_{Port{9770}, random_};
};

TEST_F(RelayWatchTest, a_second_relay_that_sees_the_node_elsewhere_has_the_first_asked_again) {
    add("rs1", first);
    ASSERT_EQ(asks(first, seconds{2}), 1U);
    outside_ = {{first, elsewhere_}, {second, elsewhere_}};
    add("rs2", second);
    EXPECT_EQ(asks(first, seconds{1}), 1U);
}

TEST_F(RelayWatchTest, relays_that_see_the_node_at_one_place_are_not_asked_again) {
    add("rs1", first);
    ASSERT_EQ(asks(first, seconds{2}), 1U);
    add("rs2", second);
    EXPECT_EQ(asks(first, seconds{1}), 0U);
}

// A NAT whose mappings depend on the address that is called: always different, and no sign of anything.
TEST_F(RelayWatchTest, relays_that_always_see_the_node_at_two_places_are_asked_once_more_only) {
    outside_[second] = elsewhere_;
    add("rs1", first);
    ASSERT_EQ(asks(first, seconds{2}), 1U);
    add("rs2", second);
    EXPECT_EQ(asks(first, seconds{1}), 1U);
    EXPECT_EQ(asks(first, seconds{20}), 0U);
    EXPECT_EQ(asks(second, seconds{20}), 0U);
}

}  // namespace
}  // namespace ntm::client::testing
