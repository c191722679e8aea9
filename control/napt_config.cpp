// SPDX-License-Identifier: BSD-3-Clause
#include "control/napt_config.hpp"

#include "common/config/shared_keys.hpp"

#include <algorithm>
#include <string>

namespace ntm::control {

namespace {

using config::Need;
using config::Section;

// RFC 6888 REQ-2: blocks are drawn by a bit for each port.
constexpr std::int64_t block_unit = 64;
// The data plane numbers them with one byte.
constexpr std::size_t most_addresses = 255;

void read_ports(Section& ports, NaptConfig& into, Port ntm_port) {
    into.first_port =
        static_cast<std::uint16_t>(ports.integer("first", {1024, 65472}, into.first_port));
    into.ports = static_cast<std::uint16_t>(ports.integer("count", {64, 64512}, into.ports));
    into.block_size =
        static_cast<std::uint16_t>(ports.integer("block", {64, 16384}, into.block_size));
    if (into.block_size % block_unit != 0) {
        ports.fail("block", "a block is no multiple of 64 ports", "64, 128, 192, ...");
    }
    if (into.block_size != 0 && into.ports % into.block_size != 0) {
        ports.fail(
            "count",
            std::to_string(into.ports) + " ports are no whole number of blocks",
            "a multiple of " + std::to_string(into.block_size)
        );
    }
    if (std::uint32_t{into.first_port} + into.ports > 65536) {
        ports.fail("count", "the last port is beyond 65535", "first and count up to 65536");
    } else if (ntm_port.number >= into.first_port && ntm_port.number <= into.last_port()) {
        ports.fail(
            "first",
            "the NTM port " + std::to_string(ntm_port.number) + " is among them",
            "ports without listen_port"
        );
    }
}

void check_addresses(Section& napt, const std::vector<IpAddress>& addresses) {
    if (addresses.size() > most_addresses) {
        napt.fail(
            "addresses",
            std::to_string(addresses.size()) + " are too many",
            "at most " + std::to_string(most_addresses)
        );
    }
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const IpAddress& address = addresses[i];
        if (address.is_unspecified() || address.is_loopback() || address.is_multicast()) {
            napt.fail_item(
                "addresses", i, address.text() + " is no host's", "addresses that others can reach"
            );
        } else if (std::find(addresses.begin(), addresses.begin() + static_cast<std::ptrdiff_t>(i), address) != addresses.begin() + static_cast<std::ptrdiff_t>(i)) {
            napt.fail_item("addresses", i, address.text() + " is there twice", "each address once");
        }
    }
}

void read_fragments(Section& fragments, NaptConfig& into) {
    const auto number =
        [&fragments](const char* key, std::int64_t least, std::int64_t most, std::uint32_t& value) {
            value = static_cast<std::uint32_t>(fragments.integer(key, {least, most}, value));
        };
    // A packet is in 64 of them at most.
    number("held", 128, 1'000'000, into.fragments);
    number("of_a_source", 128, 1'000'000, into.source_fragments);
    number("seconds", 2, 60, into.fragment_seconds);
}

void read_times(Section& times, NaptTimes& into) {
    const auto seconds = [&times](const char* key, std::uint32_t& value, std::uint32_t least) {
        constexpr std::uint32_t a_week = 7 * 24 * 3600;
        value = static_cast<std::uint32_t>(times.integer(key, {least, a_week}, value));
    };
    seconds("udp", into.udp, 120);
    seconds("icmp", into.icmp, 60);
    seconds("tcp_transitory", into.tcp_transitory, 240);
    seconds("tcp_established", into.tcp_established, 7440);
    seconds("port_rest", into.port_rest, 120);
}

void read_filters(Section& filters, NaptFilters& into, const std::vector<NaptFilter>& allowed) {
    std::vector<std::string> words;
    words.reserve(allowed.size());
    for (const NaptFilter filter : allowed) {
        words.emplace_back(text_of(filter));
    }
    const auto read = [&](const char* key, NaptFilter& value) {
        const auto word = std::ranges::find(words, filters.choice(key, words, text_of(value)));
        if (word != words.end()) {
            value = allowed[static_cast<std::size_t>(word - words.begin())];
        }
    };
    read("udp", into.udp);
    read("tcp", into.tcp);
}

// A path to one general node brings nobody else in, whatever its filter.
void read_all_filters(Section& filters, NaptConfig& into) {
    using enum NaptFilter;
    filters.section("path", Need::optional, [&](Section& path) {
        read_filters(path, into.path_filters, {address_dependent, address_and_port_dependent});
    });
    filters.section("exit", Need::optional, [&](Section& exit) {
        read_filters(
            exit,
            into.exit_filters,
            {endpoint_independent, address_dependent, address_and_port_dependent}
        );
    });
}

}  // namespace

const char* text_of(NaptFilter filter) noexcept {
    switch (filter) {
        case NaptFilter::endpoint_independent:
            return "endpoint-independent";
        case NaptFilter::address_dependent:
            return "address-dependent";
        case NaptFilter::address_and_port_dependent:
            break;
    }
    return "address-and-port-dependent";
}

NaptConfig read_napt(Section& napt, Port ntm_port) {
    NaptConfig made;
    made.addresses = napt.addresses("addresses", Need::required);
    check_addresses(napt, made.addresses);
    napt.section("ports", Need::optional, [&](Section& ports) {
        read_ports(ports, made, ntm_port);
    });
    const auto number = [&napt](const char* key, std::uint32_t& value) {
        value = static_cast<std::uint32_t>(napt.integer(key, {1, 16'000'000}, value));
    };
    number("subscribers", made.subscribers);
    number("mappings", made.mappings);
    number("sessions", made.sessions);
    number("subscriber_ports", made.subscriber_ports);
    number("subscriber_sessions", made.subscriber_sessions);
    number("subscriber_new_ports", made.subscriber_new_ports);
    napt.section("times", Need::optional, [&](Section& times) { read_times(times, made.times); });
    napt.section("filters", Need::optional, [&](Section& filters) {
        read_all_filters(filters, made);
    });
    napt.section("fragments", Need::optional, [&](Section& fragments) {
        read_fragments(fragments, made);
    });
    made.allow = config::read_prefixes(napt, "allow");
    napt.section("records", Need::optional, [&](Section& records) {
        made.records = read_records(records, made.addresses.size() * made.blocks());
    });
    return made;
}

}  // namespace ntm::control
