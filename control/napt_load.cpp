// SPDX-License-Identifier: BSD-3-Clause
#include "control/napt_load.hpp"

#include <algorithm>

namespace ntm::control {

namespace {

void fill(v1::NaptLoad::Fill& shown, std::uint64_t used, std::uint64_t capacity) {
    shown.set_used(static_cast<std::uint32_t>(used));
    shown.set_capacity(static_cast<std::uint32_t>(capacity));
}

void fill_ports(v1::NaptLoad::Fill& shown, const BlockSum& blocks, std::uint16_t block_size) {
    fill(shown, (blocks.held + blocks.resting()) * block_size, blocks.all * block_size);
}

}  // namespace

BlockSum sum_blocks(const NaptConfig& config, Family family, const AllNaptGauges& gauges) {
    BlockSum sum;
    sum.addresses =
        static_cast<std::uint64_t>(std::ranges::count(config.addresses, family, &IpAddress::family)
        );
    sum.all = sum.addresses * config.blocks();
    for (const relay::NaptGauges* const one : gauges) {
        const relay::NaptGauges::Blocks& blocks = one->blocks[family == Family::ipv4 ? 0 : 1];
        sum.held += blocks.held.value();
        sum.free += blocks.free.value();
    }
    return sum;
}

std::uint64_t sum_of(const AllNaptGauges& gauges, relay::Gauge relay::NaptGauges::*one) {
    std::uint64_t sum = 0;
    for (const relay::NaptGauges* const worker : gauges) {
        sum += (worker->*one).value();
    }
    return sum;
}

v1::NaptLoad napt_load(const NaptConfig& config, const AllNaptGauges& gauges) {
    using Gauges = relay::NaptGauges;
    v1::NaptLoad load;
    const auto blocks = [&](Family family) {
        return sum_blocks(config, family, gauges);
    };
    fill_ports(*load.mutable_ports_ipv4(), blocks(Family::ipv4), config.block_size);
    fill_ports(*load.mutable_ports_ipv6(), blocks(Family::ipv6), config.block_size);
    fill(*load.mutable_mappings(), sum_of(gauges, &Gauges::mappings), config.mappings);
    fill(*load.mutable_sessions(), sum_of(gauges, &Gauges::sessions), config.sessions);
    return load;
}

}  // namespace ntm::control
