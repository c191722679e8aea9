// SPDX-License-Identifier: BSD-3-Clause
#include "control/config.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::control {

namespace {

const std::string valid = R"(name: rs1
key_file: /k
dcs: [{name: dc1, key: hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=, addresses: ["203.0.113.10:9770"]}]
ports:
  - {netdev: eth0, tap: ntm0, addresses: [198.51.100.20/24], gateways: [198.51.100.1]}
)";

Result<RelayConfig, config::ConfigError> read(const std::string& text) {
    const std::string file = testing::TempDir() + "ntm_relay_config_test.yaml";
    std::ofstream{file} << text;
    auto config = read_relay_config(file);
    std::filesystem::remove(file);
    return config;
}

std::string problem(const std::string& text) {
    const auto config = read(text);
    return config ? "" : config.error().text();
}

std::string replaced(const std::string& from, const std::string& to) {
    std::string text = valid;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    return text.replace(at, from.size(), to);
}

TEST(RelayConfig, ExampleLoads) {
    const auto config = read_relay_config(NTM_CONFIGS "/relay.yaml");
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(config->name, "rs1");
    ASSERT_EQ(config->ports.size(), 1U);
    EXPECT_EQ(config->ports[0].kind, PortKind::af_xdp);
    EXPECT_EQ(config->own_addresses().size(), 2U);
    EXPECT_EQ(config->dcs.at(0).addresses.size(), 2U);
    EXPECT_EQ(config->hugepages, Hugepages::if_there);
}

TEST(RelayConfig, HasDefaults) {
    const auto config = read(valid);
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(config->listen_port, Port{9770});
    EXPECT_EQ(config->workers, 1U);
    EXPECT_TRUE(config->idle_sleep);
    EXPECT_EQ(config->path_capacity, 65536U);
    EXPECT_EQ(config->file_prefix, "ntm-rs1");
    EXPECT_EQ(config->log_level, "info");
    EXPECT_FALSE(config->ports[0].mtu);
}

TEST(RelayConfig, KnowsEachKindOfPort) {
    const auto pci = read(replaced("netdev: eth0", "pci: \"0000:03:00.0\""));
    ASSERT_TRUE(pci) << pci.error().text();
    EXPECT_EQ(pci->ports[0].kind, PortKind::pci);
    const auto vdev = read(replaced("netdev: eth0", "vdev: net_ring0"));
    ASSERT_TRUE(vdev);
    EXPECT_EQ(vdev->ports[0].device, "net_ring0");
    const auto packet = read(replaced("netdev: eth0", "netdev: eth0, driver: af_packet"));
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->ports[0].kind, PortKind::af_packet);
}

TEST(RelayConfig, SaysWhatIsWrongAndWhere) {
    using testing::HasSubstr;
    EXPECT_THAT(
        problem(replaced("netdev: eth0", "netdve: eth0")),
        HasSubstr(":5:6: unknown key \"netdve\"; allowed: netdev, ")
    );
    EXPECT_THAT(
        problem(replaced("netdev: eth0", "netdev: eth0, vdev: net_ring0")),
        HasSubstr("a port has exactly one of netdev, pci and vdev")
    );
    EXPECT_THAT(
        problem(replaced("netdev: eth0", "netdev: eth0, driver: af_xpd")),
        HasSubstr("did you mean \"af_xdp\"?")
    );
    EXPECT_THAT(problem(replaced("tap: ntm0", "tap: eth0")), HasSubstr("own name"));
    EXPECT_THAT(problem(replaced("tap: ntm0", "tap: a2345678901234567")), HasSubstr(":5:25: "));
    EXPECT_THAT(
        problem(replaced("[198.51.100.1]", "[198.51.101.1]")),
        HasSubstr("198.51.101.1 is on no network of the port's addresses")
    );
    EXPECT_THAT(
        problem(replaced("[198.51.100.1]", "[198.51.100.1, 198.51.100.2]")),
        HasSubstr("two gateways of one family")
    );
    EXPECT_THAT(problem(replaced("key: hSDw", "key: _SDw")), HasSubstr("base64 of 32 bytes"));
    EXPECT_THAT(problem(replaced("name: rs1\n", "")), HasSubstr(":1:1: \"name\" is missing"));
    EXPECT_THAT(problem(valid + "name: rs2\n"), HasSubstr(":6:1: \"name\" is there twice"));
    EXPECT_THAT(
        problem(replaced("[198.51.100.20/24]", "[198.51.100.20/24, 198.51.100.20/25]")),
        HasSubstr("198.51.100.20 is there twice")
    );
    EXPECT_THAT(problem(valid + "workers: {count: 0}\n"), HasSubstr("from 1 to 64"));
}

TEST(RelayConfig, PortsHaveAQueueForEachWorker) {
    using testing::HasSubstr;
    const std::string two_queues = replaced("tap: ntm0", "tap: ntm0, queues: 2");
    const auto fitting = read(two_queues + "workers: {count: 2}\n");
    ASSERT_TRUE(fitting) << fitting.error().text();
    EXPECT_EQ(fitting->ports[0].queues, 2U);
    EXPECT_EQ(read(valid + "workers: {count: 3}\n")->ports[0].queues, 3U);
    EXPECT_THAT(problem(two_queues), HasSubstr(":5:"));
    EXPECT_THAT(problem(two_queues), HasSubstr("as many queues as there are workers"));
    EXPECT_THAT(
        problem(two_queues + "workers: {count: 4}\n"),
        HasSubstr("as many queues as there are workers")
    );
}

}  // namespace

}  // namespace ntm::control
