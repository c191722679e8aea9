// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/tun_device.hpp"

#include "tests/unit/client/node/made_up.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

namespace ntm::client::testing {
namespace {

Instant at(int seconds) {
    return Instant{std::chrono::seconds{seconds}};
}

TEST(TunDevice, an_empty_queue_is_no_error_and_a_device_that_is_gone_is_one) {
    const std::string name = "ntmt" + std::to_string(::getpid());
    auto device = TunDevice::create(name);
    if (!device) {
        GTEST_SKIP() << "no TUN device can be made here: " << device.error();
    }
    const auto packet = device->read();
    ASSERT_TRUE(packet);
    EXPECT_FALSE(*packet);
    const std::string remove = "ip link delete " + name;
    // NOLINTNEXTLINE(cert-env33-c): the words are the test's own
    ASSERT_EQ(std::system(remove.c_str()), 0);
    EXPECT_FALSE(device->read());
}

// A network namespace is its thread's.
bool in_own_network(const std::function<void()>& body) {
    bool is_possible = false;
    std::thread{[&] {
        is_possible = ::unshare(CLONE_NEWNET) == 0;
        if (is_possible) {
            body();
        }
    }}.join();
    return is_possible;
}

// Of the rules and the routing table of an exit path.
std::string exit_settings() {
    const char* const command =
        "{ ip rule; ip -6 rule; ip route show table 9770; ip -6 route show table 9770; } 2>&1 |"
        " grep -v -e 'lookup local' -e '32766:' -e '32767:' -e 'does not exist' -e terminated";
    // NOLINTNEXTLINE(cert-env33-c): the words are the test's own
    std::FILE* output = ::popen(command, "r");
    std::string text;
    for (int next = std::fgetc(output); next != EOF; next = std::fgetc(output)) {
        text.push_back(static_cast<char>(next));
    }
    ::pclose(output);
    return text;
}

VirtualNetwork exit_by(const std::string& vipv4, const std::string& vipv6) {
    VirtualNetwork network;
    network.vipv4 = InterfaceAddress{ip(vipv4), 32};
    network.vipv6 = InterfaceAddress{ip(vipv6), 128};
    network.is_exit = true;
    return network;
}

TEST(TunDevice, of_two_nodes_the_first_has_the_exit_and_the_other_takes_nothing_from_it) {
    const bool is_possible = in_own_network([] {
        const VirtualNetwork wish = exit_by("198.18.0.1", "fd00:a::1");
        const VirtualNetwork other_wish = exit_by("198.18.0.2", "fd00:a::2");
        auto first = std::optional{TunDevice::create("first")};
        ASSERT_TRUE(*first) << first->error();
        EXPECT_EQ(exit_settings(), "");
        EXPECT_EQ((*first)->configure(wish, at(0)), std::vector<std::string>{});
        const std::string settings = exit_settings();
        EXPECT_EQ(std::count(settings.begin(), settings.end(), '\n'), 10) << settings;

        auto other = TunDevice::create("other");
        ASSERT_TRUE(other) << other.error();
        EXPECT_EQ(other->configure(other_wish, at(0)).size(), 2U) << "it has none of both families";
        EXPECT_EQ(exit_settings(), settings);

        VirtualNetwork without = wish;
        without.is_exit = false;
        EXPECT_EQ((*first)->configure(without, at(1)), std::vector<std::string>{});
        EXPECT_EQ(exit_settings(), "");
        EXPECT_EQ((*first)->configure(wish, at(2)), std::vector<std::string>{});
        EXPECT_EQ(exit_settings(), settings);

        first.reset();  // killed: its rules stay
        EXPECT_EQ(other->configure(other_wish, at(10)), std::vector<std::string>{});
        EXPECT_NE(exit_settings().find("from 198.18.0.2"), std::string::npos);
    });
    if (!is_possible) {
        GTEST_SKIP() << "no network namespace can be made here";
    }
}

TEST(TunDevice, a_new_one_removes_the_rules_of_one_that_is_gone) {
    const bool is_possible = in_own_network([] {
        {
            auto gone = TunDevice::create("gone");
            ASSERT_TRUE(gone) << gone.error();
            const auto troubles = gone->configure(exit_by("198.18.0.1", "fd00:a::1"), at(0));
            EXPECT_EQ(troubles, std::vector<std::string>{});
        }
        EXPECT_NE(exit_settings(), "");
        auto next = TunDevice::create("next");
        ASSERT_TRUE(next) << next.error();
        EXPECT_EQ(exit_settings(), "");
    });
    if (!is_possible) {
        GTEST_SKIP() << "no network namespace can be made here";
    }
}

}  // namespace
}  // namespace ntm::client::testing
