// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/nat.hpp"

#include <algorithm>

namespace ntm::simulation {

Endpoint Nat::translate_out(
    const Endpoint& inside, const Endpoint& remote, RandomSource& random, Instant now
) {
    expire(now);
    const Key key{inside, kind_ == NatKind::symmetric ? remote : Endpoint{}};
    auto found = mappings_.find(key);
    if (found == mappings_.end()) {
        found = mappings_.emplace(key, Mapping{free_port(random), {}}).first;
    }
    found->second.opened[remote] = now;
    return {outside_, found->second.outside};
}

std::optional<Endpoint> Nat::translate_in(Port outside, const Endpoint& remote, Instant now) const {
    for (const auto& [key, mapping] : mappings_) {
        if (mapping.outside != outside) {
            continue;
        }
        const auto opened = mapping.opened.find(remote);
        if (opened == mapping.opened.end() || now - opened->second > timeout_) {
            return std::nullopt;
        }
        return key.inside;
    }
    return std::nullopt;
}

void Nat::expire(Instant now) {
    for (auto entry = mappings_.begin(); entry != mappings_.end();) {
        auto& opened = entry->second.opened;
        std::erase_if(opened, [&](const auto& hole) { return now - hole.second > timeout_; });
        entry = opened.empty() ? mappings_.erase(entry) : std::next(entry);
    }
}

Port Nat::free_port(RandomSource& random) const {
    while (true) {
        const Port port{static_cast<std::uint16_t>(1024 + random.below(65536 - 1024))};
        const bool is_taken = std::ranges::any_of(mappings_, [&](const auto& entry) {
            return entry.second.outside == port;
        });
        if (!is_taken) {
            return port;
        }
    }
}

}  // namespace ntm::simulation
