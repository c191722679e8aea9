// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/share.hpp"

#include <algorithm>

namespace ntm::relay {

namespace {

std::uint32_t part_of(std::uint32_t all, WorkerNumber workers) noexcept {
    return (all + workers - 1) / workers;
}

void part_ports(napt::PortBlocks::Plan& ports, const Share& share) noexcept {
    ports.blocks_each /= share.workers;
    const std::size_t before = share.worker * ports.blocks_each * ports.block_size;
    ports.first_port = static_cast<std::uint16_t>(ports.first_port + before);
}

}  // namespace

napt::Bindings::Plan plan_of(const Share& share, napt::Bindings::Plan whole) noexcept {
    whole.subscribers = part_of(whole.subscribers, share.workers);
    whole.mappings = part_of(whole.mappings, share.workers);
    whole.sessions = part_of(whole.sessions, share.workers);
    part_ports(whole.ipv4, share);
    part_ports(whole.ipv6, share);
    return whole;
}

Reassembly::Plan plan_of(const Share& share, Reassembly::Plan whole) noexcept {
    constexpr std::uint32_t of_a_packet = Reassembly::most_of_a_packet;
    const std::uint32_t part = part_of(whole.fragments, share.workers);
    whole.fragments = std::max(part, std::min(whole.fragments, 2 * of_a_packet));
    whole.of_a_source = std::min(whole.of_a_source, std::max(whole.fragments / 2, of_a_packet + 1));
    return whole;
}

}  // namespace ntm::relay
