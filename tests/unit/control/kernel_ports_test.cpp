// SPDX-License-Identifier: BSD-3-Clause
// S-15.
#include "control/kernel_ports.hpp"

#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace ntm::control {
namespace {

constexpr const char* usual_range = "32768\t60999";

TEST(KernelPorts, AreTakenWhereNothingIsReserved) {
    EXPECT_TRUE(takes_any_of({usual_range, ""}, 32768, 49151));
    EXPECT_TRUE(takes_any_of({usual_range, ""}, 1024, 32768));
    EXPECT_TRUE(takes_any_of({usual_range, ""}, 60999, 65535));
    EXPECT_FALSE(takes_any_of({usual_range, ""}, 1024, 32767));
    EXPECT_FALSE(takes_any_of({usual_range, ""}, 61000, 65535));
}

TEST(KernelPorts, AreLeftAloneWhereAllAreReserved) {
    EXPECT_FALSE(takes_any_of({usual_range, "32768-49151"}, 32768, 49151));
    EXPECT_FALSE(takes_any_of({usual_range, "8080,32768-40000,40001-49151"}, 32768, 49151));
    EXPECT_FALSE(takes_any_of({usual_range, "40000"}, 40000, 40000));
    EXPECT_TRUE(takes_any_of({usual_range, "32768-49150"}, 32768, 49151));
    EXPECT_TRUE(takes_any_of({usual_range, "32768-39999,40001-49151"}, 32768, 49151));
}

TEST(KernelPorts, AreNotSpokenOfWhereNothingCanBeRead) {
    EXPECT_FALSE(takes_any_of({"", ""}, 32768, 49151));
}

TEST(KernelPorts, OnWhichProgramsWaitAreThoseThatOthersReach) {
    std::istringstream tcp{
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   0: 0100007F:0277 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
        "   1: 00000000:9C40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
        "   2: 146433C6:9C41 500033CB:01BB 01 00000000:00000000 00:00000000 00000000     0\n"};
    EXPECT_EQ(ports_in_use(tcp), (std::set<std::uint16_t>{40000})) << "nor is one that goes out";
    std::istringstream udp6{
        "  sl  local_address                         remote_address                        st\n"
        "  9: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 07\n"
        " 10: 00000000000000000000000000000000:14E9 00000000000000000000000000000000:0000 07\n"
        "nonsense\n"};
    EXPECT_EQ(ports_in_use(udp6), (std::set<std::uint16_t>{5353}));
}

TEST(KernelPorts, AreReadFromTheKernel) {
    EXPECT_NE(read_kernel_ports().chosen_from, "");
}

}  // namespace
}  // namespace ntm::control
