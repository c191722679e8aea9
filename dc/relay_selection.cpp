// SPDX-License-Identifier: BSD-3-Clause
#include "dc/relay_selection.hpp"

#include <string_view>
#include <tuple>

namespace ntm::dc {

namespace {

constexpr std::uint32_t loaded_worker_permille = 900;

std::uint64_t fill_permille(const RelayOption& relay) noexcept {
    if (relay.capacity_paths == 0) {
        return 1000;
    }
    return relay.paths * 1000 / relay.capacity_paths;
}

bool is_loaded(const RelayOption& relay) noexcept {
    return relay.busiest_worker_permille >= loaded_worker_permille || fill_permille(relay) >= 900;
}

// Less is better.
auto rank(const RelayOption& relay) {
    const bool is_measured = relay.initiator_rtt && relay.responder_rtt;
    const Duration round_trips =
        is_measured ? *relay.initiator_rtt + *relay.responder_rtt : Duration{0};
    return std::tuple{
        is_loaded(relay),
        !is_measured,
        round_trips,
        fill_permille(relay),
        std::string_view{relay.name}};
}

}  // namespace

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
