// SPDX-License-Identifier: BSD-3-Clause
#include "control/config.hpp"

#include "control/config_view.hpp"
#include "control/port_setup.hpp"

#include <algorithm>
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
    EXPECT_EQ(config->limits, RelayLimits{});
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

// M-1: 40, 8, 16 and 48 bytes in front of and behind what is 1280 bytes inside.
TEST(RelayConfig, HasNoPortThroughWhichNoPathFits) {
    const auto with_mtu = [](const std::string& mtu) {
        return replaced("netdev: eth0", "netdev: eth0, mtu: " + mtu);
    };
    EXPECT_EQ(read(with_mtu("1392"))->ports[0].mtu, 1392);
    EXPECT_NE(problem(with_mtu("1391")).find("from 1392 to 9216"), std::string::npos);
    EXPECT_EQ(mtu_lack(1392), "");
    EXPECT_NE(mtu_lack(1391).find("its MTU is 1391: tunnels need 1392"), std::string::npos);
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

TEST(RelayConfig, IsAnRsNWhereItHasANapt) {
    EXPECT_FALSE(read(valid)->napt);
    const auto config = read(
        valid +
        "napt: {addresses: [198.51.100.20, \"2001:db8::20\"], ports: {first: 20000, count: 512}, "
        "subscribers: 7, allow: [10.1.0.0/16]}\n"
    );
    ASSERT_TRUE(config) << config.error().text();
    ASSERT_TRUE(config->napt);
    EXPECT_EQ(config->napt->addresses.size(), 2U);
    EXPECT_EQ(config->napt->last_port(), 20511);
    EXPECT_EQ(config->napt->block_size, 256);
    EXPECT_EQ(config->napt->subscribers, 7U);
    EXPECT_EQ(config->napt->allow.at(0).text(), "10.1.0.0/16");
}

// U-5, T-5, I-2, V-6, C-4, C-8.
TEST(RelayConfig, SaysHowLongPortsStayAndWhomTheyLetIn) {
    const auto napt = [](const std::string& rest) {
        return read(valid + "napt: {addresses: [198.51.100.20]" + rest + "}\n")->napt.value();
    };
    const NaptConfig usual = napt("");
    EXPECT_EQ(usual.times, (NaptTimes{300, 60, 240, 7440, 120}));
    using enum NaptFilter;
    EXPECT_EQ(usual.path_filters, (NaptFilters{address_dependent, address_dependent}));
    EXPECT_EQ(usual.exit_filters, (NaptFilters{endpoint_independent, endpoint_independent}));
    const NaptConfig set = napt(
        ", times: {udp: 121, icmp: 61, tcp_transitory: 241, tcp_established: 7441, "
        "port_rest: 122}, subscriber_new_ports: 7, "
        "filters: {path: {udp: address-and-port-dependent}, exit: {tcp: address-dependent}}"
    );
    EXPECT_EQ(set.times, (NaptTimes{121, 61, 241, 7441, 122}));
    EXPECT_EQ(set.subscriber_new_ports, 7U);
    EXPECT_EQ(set.path_filters, (NaptFilters{address_and_port_dependent, address_dependent}));
    EXPECT_EQ(set.exit_filters, (NaptFilters{endpoint_independent, address_dependent}));
}

TEST(RelayConfig, KeepsNatRecordsWhereItIsAskedFor) {
    const auto with = [](const std::string& records) {
        return read(valid + "napt: {addresses: [198.51.100.20], records: {" + records + "}}\n")
            ->napt->records.value();
    };
    const RecordsConfig all = with(
        "of: sessions, files: {directory: /srv/nat, megabytes: 8, count: 10}, "
        "ipfix: {collector: \"192.0.2.9:4739\", domain: 3, template_seconds: 60}, "
        "syslog: {collector: \"[2001:db8::9]:514\"}"
    );
    EXPECT_TRUE(all.has_sessions);
    EXPECT_EQ(*all.files, (RecordsConfig::Files{"/srv/nat", 8, 10}));
    EXPECT_EQ(
        *all.ipfix,
        (RecordsConfig::Ipfix{*Endpoint::parse("192.0.2.9:4739"), 3, std::chrono::seconds{60}})
    );
    EXPECT_EQ(all.syslog, Endpoint::parse("[2001:db8::9]:514"));
    const RecordsConfig usual = with("files: {}");
    EXPECT_FALSE(usual.has_sessions);
    EXPECT_EQ(*usual.files, (RecordsConfig::Files{"/var/log/ntm/nat", 16, 64}));
    EXPECT_FALSE(usual.ipfix);
    EXPECT_FALSE(usual.syslog);
}

TEST(RelayConfig, SaysWhatIsWrongWithTheNatRecords) {
    using testing::HasSubstr;
    const auto records = [](const std::string& text) {
        return problem(valid + "napt: {addresses: [192.0.2.1], records: {" + text + "}}\n");
    };
    EXPECT_THAT(records(""), HasSubstr("records that go nowhere; allowed: files, ipfix, syslog"));
    EXPECT_THAT(records("files: {directory: nat}"), HasSubstr("\"nat\" is no absolute path"));
    EXPECT_THAT(records("files: {count: 1}"), HasSubstr("from 2 to 100000"));
    EXPECT_THAT(records("ipfix: {}"), HasSubstr("\"collector\" is missing"));
    EXPECT_THAT(
        records("syslog: {collector: \"224.0.0.1:514\"}"), HasSubstr("224.0.0.1 is no host's")
    );
    EXPECT_THAT(records("of: ports, files: {}"), HasSubstr("allowed: blocks, sessions"));
    EXPECT_THAT(
        problem(
            valid + "napt: {addresses: [192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5], "
                    "ports: {block: 64}, records: {files: {megabytes: 1, count: 2}}}\n"
        ),
        HasSubstr("too little for 1280 blocks of ports; allowed: files of 3 megabytes together")
    );
}

TEST(RelayConfig, SaysWhatIsWrongWithTheNapt) {
    using testing::HasSubstr;
    const auto napt = [](const std::string& rest, const std::string& addresses = "[192.0.2.1]") {
        return problem(valid + "napt: {addresses: " + addresses + rest + "}\n");
    };
    EXPECT_THAT(problem(valid + "napt: {}\n"), HasSubstr(":6:7: \"addresses\" is missing"));
    EXPECT_THAT(napt("", "[127.0.0.1]"), HasSubstr("127.0.0.1 is no host's"));
    EXPECT_THAT(napt("", "[192.0.2.1, 192.0.2.1]"), HasSubstr("192.0.2.1 is there twice"));
    std::string many = "[192.0.2.1";
    for (int i = 2; i <= 256; ++i) {
        many += ", 192.0." + std::to_string(3 + i / 200) + "." + std::to_string(i % 200);
    }
    EXPECT_THAT(napt("", many + "]"), HasSubstr("256 are too many"));
    EXPECT_THAT(napt(", ports: {block: 100}"), HasSubstr("no multiple of 64 ports"));
    EXPECT_THAT(napt(", ports: {block: 0}"), HasSubstr("\"block\" can not be"));
    EXPECT_THAT(napt(", ports: {count: x, block: y}"), HasSubstr("\"block\" can not be"));
    EXPECT_THAT(
        problem(valid + "workers: {count: 0}\nnapt: {addresses: [192.0.2.1]}\n"),
        HasSubstr("from 1 to 64")
    );
    EXPECT_THAT(napt(", ports: {count: 1000}"), HasSubstr("no whole number of blocks"));
    EXPECT_THAT(
        napt(", ports: {first: 60160, count: 5632}"), HasSubstr("the last port is beyond 65535")
    );
    EXPECT_THAT(
        napt(", ports: {first: 9728, count: 256}"), HasSubstr("the NTM port 9770 is among them")
    );
    EXPECT_THAT(napt(", allow: [10.1.0.0]"), HasSubstr("\"10.1.0.0\" is no prefix"));
    EXPECT_THAT(napt(", sessions: 0"), HasSubstr("from 1 to 16000000"));
    EXPECT_THAT(napt(", times: {udp: 119}"), HasSubstr("from 120 to 604800"));
    EXPECT_THAT(napt(", times: {tcp_established: 7439}"), HasSubstr("from 7440 to 604800"));
    EXPECT_THAT(
        napt(", filters: {path: {tcp: endpoint-independent}}"),
        HasSubstr("allowed: address-dependent, address-and-port-dependent")
    );
    EXPECT_THAT(
        problem(valid + "workers: {count: 3}\nnapt: {addresses: [192.0.2.1]}\n"),
        HasSubstr("can not be parted evenly among 3 workers")
    );
}

TEST(RelayConfig, RefusesNamesThatNothingCanHave) {
    using testing::EndsWith;
    const std::string pci_form = "; allowed: domain:bus:device.function such as 0000:03:00.0";
    for (const char* wrong :
         {"banana", "03:00.0", "0000:03:00", "0000:03:20.0", "0000:03:00.8", "0000:0g:00.0"}) {
        const std::string pci = "pci: \"" + std::string{wrong} + "\"";
        EXPECT_THAT(
            problem(replaced("netdev: eth0", pci)),
            EndsWith(":5:11: \"" + std::string{wrong} + "\" is not a valid pci" + pci_form)
        );
    }
    for (const char* wrong : {"hello", "net_", "eth_ring0", "net_ring 0", ",net_ring0"}) {
        const std::string vdev = "vdev: \"" + std::string{wrong} + "\"";
        EXPECT_THAT(
            problem(replaced("netdev: eth0", vdev)),
            EndsWith(
                ":5:12: \"" + std::string{wrong} +
                "\" is not a valid vdev; allowed: net_ and a driver of DPDK, perhaps with "
                ",key=value: net_ring0"
            )
        );
    }
    for (const char* wrong : {"a/b c", "..", ".", "a\u00e4", "-a"}) {
        const std::string prefix = "eal: {file_prefix: \"" + std::string{wrong} + "\"}\n";
        EXPECT_THAT(
            problem(valid + prefix),
            EndsWith("is not a valid file_prefix; allowed: letters, digits, - _ ., a letter or "
                     "digit first")
        ) << wrong;
    }
    for (const char* wrong : {"rs 1/x", "-rs1", "rs1-", "rs.1", "rs_1"}) {
        EXPECT_THAT(
            problem(replaced("name: rs1", "name: \"" + std::string{wrong} + "\"")),
            EndsWith(
                ":1:7: \"" + std::string{wrong} +
                "\" is not a valid name; allowed: 1 to 63 letters, digits and hyphens, no hyphen "
                "first or last"
            )
        );
    }
    EXPECT_THAT(
        problem(replaced("netdev: eth0", "netdev: \"eth 0\"")),
        EndsWith(":5:14: no interface can be called \"eth 0\"; allowed: at most 15 characters "
                 "without / : and spaces")
    );
}

TEST(RelayConfig, TakesEveryNameThatDpdkTakes) {
    for (const char* pci : {"0000:03:00.0", "ffff:FF:1f.7", "10000:e1:00.0"}) {
        const auto read_pci = read(replaced("netdev: eth0", "pci: \"" + std::string{pci} + "\""));
        ASSERT_TRUE(read_pci) << read_pci.error().text();
        EXPECT_EQ(read_pci->ports[0].device, pci);
    }
    for (const char* vdev : {"net_ring0", "net_af_packet0,iface=e th/0,qpairs=1", "net_tap-a"}) {
        const auto read_vdev =
            read(replaced("netdev: eth0", "vdev: \"" + std::string{vdev} + "\""));
        ASSERT_TRUE(read_vdev) << read_vdev.error().text();
        EXPECT_EQ(read_vdev->ports[0].device, vdev);
    }
    const auto prefix = read(valid + "eal: {file_prefix: a-B_1.x}\n");
    ASSERT_TRUE(prefix) << prefix.error().text();
    EXPECT_EQ(prefix->file_prefix, "a-B_1.x");
}

TEST(RelayConfig, OneMistakeIsOneComplaint) {
    const auto lines = [](const std::string& text) {
        return std::ranges::count(problem(text), '\n') + 1;
    };
    EXPECT_EQ(lines(replaced("netdev: eth0", "pci: banana")), 1);
    EXPECT_EQ(lines(valid + "workers: {count: 0}\n"), 1);
    EXPECT_EQ(lines(replaced("tap: ntm0", "tap: ntm0, queues: 2") + "workers: {count: x}\n"), 1);
    EXPECT_EQ(lines(replaced("[198.51.100.20/24]", "[198.51.100.20]")), 1);
    EXPECT_EQ(lines(replaced("netdev: eth0, tap: ntm0,", "netdev: eth0,")), 1);
    EXPECT_EQ(lines(replaced("name: rs1\n", "name: \"rs 1/x\"\n")), 1);
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

// F-24: a file that is good by itself, but not with what stays until a restart.
TEST(RelayConfig, AReloadDoesNotMakeTheRelayItsOwnDc) {
    auto running = *read(valid);
    running.own_key = crypto::PublicKey::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    EXPECT_EQ(clash_in(running), std::nullopt);
    auto next = *read(valid);
    next.dcs[0].key = *running.own_key;
    EXPECT_EQ(clash_in(next), std::nullopt);
    take_over(running, next);
    EXPECT_THAT(clash_in(running).value_or(""), testing::HasSubstr("relay's own public key"));
}

}  // namespace

}  // namespace ntm::control
