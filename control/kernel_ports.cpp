// SPDX-License-Identifier: BSD-3-Clause
#include "control/kernel_ports.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

namespace ntm::control {

namespace {

struct PortRange {
    unsigned first = 1;
    unsigned last = 0;

    [[nodiscard]] bool has(unsigned port) const noexcept { return first <= port && port <= last; }
};

std::vector<PortRange> ranges_of(const std::string& list) {
    std::vector<PortRange> ranges;
    std::istringstream items{list};
    for (std::string item; std::getline(items, item, ',');) {
        std::istringstream numbers{item};
        PortRange range;
        char dash = 0;
        if (!(numbers >> range.first)) {
            continue;
        }
        range.last = range.first;
        if (numbers >> dash) {
            numbers >> range.last;
        }
        ranges.push_back(range);
    }
    return ranges;
}

// Of a socket as the kernel lists them, "198.51.100.20:40000" in its own spelling: hexadecimal, by words.
bool is_loopback(const std::string& address) {
    return address == "0100007F" || address == "00000000000000000000000001000000";
}

std::string line_of(const char* file) {
    std::string line;
    std::ifstream in{file};
    std::getline(in, line);
    return line;
}

}  // namespace

KernelPorts read_kernel_ports() {
    return {
        line_of("/proc/sys/net/ipv4/ip_local_port_range"),
        line_of("/proc/sys/net/ipv4/ip_local_reserved_ports")};
}

bool takes_any_of(const KernelPorts& kernel, std::uint16_t first, std::uint16_t last) {
    PortRange chosen;
    std::istringstream{kernel.chosen_from} >> chosen.first >> chosen.last;
    const std::vector<PortRange> reserved = ranges_of(kernel.reserved);
    for (unsigned port = first; port <= last; ++port) {
        const auto has_it = [port](const PortRange& range) {
            return range.has(port);
        };
        if (chosen.has(port) && std::ranges::none_of(reserved, has_it)) {
            return true;
        }
    }
    return false;
}

std::set<std::uint16_t> ports_in_use() {
    std::set<std::uint16_t> all;
    for (const char* file :
         {"/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6"}) {
        std::ifstream table{file};
        all.merge(ports_in_use(table));
    }
    return all;
}

std::set<std::uint16_t> ports_in_use(std::istream& table) {
    // The state of a TCP socket that listens, and of a UDP socket that is not connected.
    constexpr const char* listens = "0A";
    constexpr const char* is_open = "07";
    std::set<std::uint16_t> ports;
    std::string line;
    std::getline(table, line);  // the heads of its columns
    while (std::getline(table, line)) {
        std::istringstream words{line};
        std::string number;
        std::string local;
        std::string remote;
        std::string state;
        words >> number >> local >> remote >> state;
        const std::size_t colon = local.find(':');
        if (colon == std::string::npos || (state != listens && state != is_open) ||
            is_loopback(local.substr(0, colon))) {
            continue;
        }
        unsigned port = 0;
        std::istringstream{local.substr(colon + 1)} >> std::hex >> port;
        ports.insert(static_cast<std::uint16_t>(port));
    }
    return ports;
}

}  // namespace ntm::control
