// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/workload.hpp"

#include "common/packet/packet_builder.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include <rte_lcore.h>
#include <rte_mbuf.h>

namespace ntm::bench {

namespace {

constexpr MacAddress relay_mac{{0x02, 0, 0, 0, 0, 0x02}};
constexpr MacAddress router_mac{{0x02, 0, 0, 0, 0, 0x01}};
constexpr std::uint16_t ntm_port = 9770;
constexpr unsigned most_buffers = 16384;

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
}

Family family_of(Families families, Role role) {
    switch (families) {
        case Families::ipv4_ipv4:
            return Family::ipv4;
        case Families::ipv6_ipv6:
            return Family::ipv6;
        case Families::ipv4_ipv6:
            break;
    }
    return role == Role::initiator ? Family::ipv4 : Family::ipv6;
}

rte_mempool* pool() {
    static rte_mempool* const made = rte_pktmbuf_pool_create(
        "bench",
        most_buffers + 512,
        256,
        0,
        RTE_MBUF_DEFAULT_BUF_SIZE,
        static_cast<int>(rte_socket_id())
    );
    if (made == nullptr) {
        give_up("no memory for packet buffers");
    }
    return made;
}

}  // namespace

Endpoint relay_endpoint(Family family) {
    return *Endpoint::parse(
        family == Family::ipv4 ? "198.51.100.20:9770" : "[2001:db8:1::20]:9770"
    );
}

const relay::Settings& settings() {
    static const relay::Settings made = [] {
        relay::Settings settings;
        settings.own = tables::OwnAddresses{
            {relay_endpoint(Family::ipv4).address, relay_endpoint(Family::ipv6).address}};
        settings.ports = {{relay_mac}};
        settings.next_hops = {{{router_mac, relay_mac}, 0, 1500, true}};
        return settings;
    }();
    return made;
}

namespace {

using KeptPaths = std::map<std::pair<std::uint32_t, Families>, std::unique_ptr<Paths>>;

KeptPaths& kept_paths() {
    static KeptPaths kept;
    return kept;
}

}  // namespace

Paths& Paths::of(std::uint32_t count, Families families) {
    auto& paths = kept_paths()[{count, families}];
    if (paths == nullptr) {
        paths.reset(new Paths{count, families});
    }
    return *paths;
}

void Paths::forget_all() {
    kept_paths().clear();
}

Paths::Paths(std::uint32_t count, Families families) : families_{families} {
    grace_period_ = std::move(*tables::GracePeriod::create(1));
    auto table = tables::RelayTable::create(count, settings().own, *grace_period_);
    if (!table) {
        give_up(table.error());
    }
    table_ = std::move(*table);
    counters_ = tables::LargeArray<relay::PathCounters>::map(table_->slot_count());
    for (std::size_t slot = 0; slot < counters_.size(); ++slot) {
        counters_[slot].legs[0].packets.add(1);  // so that no pass meets a page for the first time
    }
    SeededRandom random{count};
    tables::RelayTable::Writer writer = table_->writer();
    for (std::uint32_t number = 0; number < count; ++number) {
        ids_.push_back({random.number()});
        const auto leg = [&](Role role) {
            return tables::RelayLeg{
                true, node(number, role), relay_endpoint(family_of(families, role)), {}, {}, 0};
        };
        if (!writer.insert({ids_.back(), {leg(Role::initiator), leg(Role::responder)}})) {
            give_up("a path does not fit the table");
        }
    }
}

Endpoint Paths::node(std::uint32_t number, Role role) const noexcept {
    const std::uint32_t host = number * 2 + static_cast<std::uint32_t>(role);
    const Port port{static_cast<std::uint16_t>(1024 + number % 60'000)};
    if (family_of(families_, role) == Family::ipv4) {
        return {Ipv4Address::from_host(0x0a000000U + host), port};
    }
    Ipv6Address address{{0x20, 0x01, 0x0d, 0xb8, 0, 0x0a}};
    store(address.bytes.data() + 12, Be32::from_host(host));
    return {address, port};
}

Frames::Frames(Paths& paths, const FrameShape& shape) : paths_{&paths}, shape_{shape} {
    buffers_.resize(shape.buffers);
    ids_.resize(shape.buffers);
    for (rte_mbuf*& buffer : buffers_) {
        buffer = rte_pktmbuf_alloc(pool());
        if (buffer == nullptr) {
            give_up("not enough packet buffers");
        }
    }
    renew();
}

Frames::~Frames() {
    rte_pktmbuf_free_bulk(buffers_.data(), static_cast<unsigned>(buffers_.size()));
}

void Frames::renew() {
    for (std::size_t i = 0; i < buffers_.size(); ++i) {
        const auto path = static_cast<std::uint32_t>(random_.below(paths_->count()));
        const Role role = random_.below(2) == 0 ? Role::initiator : Role::responder;
        ids_[i] = paths_->id(path);
        write_frame(i, path, role);
    }
}

void Frames::write_frame(std::size_t buffer, std::uint32_t path, Role role) {
    const Endpoint node = paths_->node(path, role);
    const Endpoint rs = relay_endpoint(node.address.family());
    constexpr std::size_t ipv4_headers = 14 + 20 + 8 + 16;
    const Bytes frame = eth()
                            .from_mac(router_mac)
                            .to_mac(relay_mac)
                            .ip(node.address, rs.address)
                            .udp(node.port.number, ntm_port)
                            .ntm(paths_->id(path), 0, static_cast<std::uint8_t>(role))
                            .payload_of(shape_.frame_size - ipv4_headers)
                            .build();
    rte_mbuf* to = buffers_[buffer];
    rte_pktmbuf_reset(to);
    std::ranges::copy(frame, rte_pktmbuf_mtod(to, std::uint8_t*));
    to->data_len = static_cast<std::uint16_t>(frame.size());
    to->pkt_len = static_cast<std::uint32_t>(frame.size());
}

}  // namespace ntm::bench
