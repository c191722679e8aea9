// SPDX-License-Identifier: BSD-3-Clause
#include "dc/relay_selection.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace ntm::dc {

namespace {

constexpr std::uint32_t loaded_permille = 900;
constexpr std::uint32_t full = 1000;

std::uint64_t permille(std::uint64_t used, std::uint64_t capacity) noexcept {
    return capacity == 0 ? full : used * 1000 / capacity;
}

// Of what the path would take of the relay.
std::uint64_t fill_permille(const RelayOption& relay) noexcept {
    return std::max<std::uint64_t>(
        permille(relay.paths, relay.capacity_paths), relay.napt_permille
    );
}

bool is_loaded(const RelayOption& relay) noexcept {
    return relay.busiest_worker_permille >= loaded_permille ||
           fill_permille(relay) >= loaded_permille;
}

// Less is better.
auto rank(const RelayOption& relay) {
    const bool is_measured = relay.initiator_rtt && relay.responder_rtt;
    const Duration round_trips =
        is_measured ? *relay.initiator_rtt + *relay.responder_rtt : Duration{0};
    return std::tuple{
        relay.napt_permille >= full,
        is_loaded(relay),
        !is_measured,
        round_trips,
        fill_permille(relay),
        std::string_view{relay.name}};
}

}  // namespace

std::uint32_t fill_permille(const v1::NaptLoad& load, const Families& general_nodes) noexcept {
    using Fill = v1::NaptLoad::Fill;
    const auto of = [](const Fill& fill) noexcept {
        return std::min<std::uint64_t>(full, permille(fill.used(), fill.capacity()));
    };
    std::uint64_t fullest = std::max(of(load.mappings()), of(load.sessions()));
    bool has_ports = false;
    const auto count = [&](bool is_wanted, const Fill& ports) noexcept {
        if (is_wanted && ports.capacity() > 0) {
            has_ports = true;
            fullest = std::max(fullest, of(ports));
        }
    };
    count(general_nodes.ipv4, load.ports_ipv4());
    count(general_nodes.ipv6, load.ports_ipv6());
    return has_ports ? static_cast<std::uint32_t>(fullest) : full;
}

bool can_serve(
    const RelayOption& relay, const Families& initiator, const Families& responder
) noexcept {
    return relay.is_alive && !relay.is_draining && !relay.is_excluded &&
           relay.paths < relay.capacity_paths && relay.families.meets(initiator) &&
           relay.families.meets(responder);
}

std::optional<std::size_t> select_relay(
    std::span<const RelayOption> relays, const Families& initiator, const Families& responder
) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < relays.size(); ++i) {
        if (!can_serve(relays[i], initiator, responder)) {
            continue;
        }
        if (!best || rank(relays[i]) < rank(relays[*best])) {
            best = i;
        }
    }
    return best;
}

}  // namespace ntm::dc
