// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/tun_device.hpp"

#include <cstdlib>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ntm::client::testing {
namespace {

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

}  // namespace
}  // namespace ntm::client::testing
