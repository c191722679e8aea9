// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/local_addresses.hpp"

#include <algorithm>
#include <tuple>

namespace ntm::client {

namespace {
constexpr std::size_t most_usable = 8;
}

bool LocalAddresses::update(const std::vector<RealAddress>& present) {
    const std::uint64_t age = next_age_++;
    std::vector<LocalAddress> next;
    std::map<std::uint32_t, std::uint64_t> interfaces;
    for (const RealAddress& real : present) {
        const auto is_same = [&](const LocalAddress& other) {
            return other.real == real;
        };
        if (std::any_of(next.begin(), next.end(), is_same)) {
            continue;
        }
        const auto known_interface = interfaces_.find(real.interface_index);
        const std::uint64_t interface_age =
            known_interface == interfaces_.end() ? age : known_interface->second;
        interfaces.emplace(real.interface_index, interface_age);
        const auto known = std::find_if(all_.begin(), all_.end(), is_same);
        next.push_back({real, interface_age, known == all_.end() ? age : known->age});
    }
    const bool is_changed = next.size() != all_.size() ||
                            std::any_of(next.begin(), next.end(), [age](const LocalAddress& at) {
                                return at.age == age;
                            });
    all_ = std::move(next);
    interfaces_ = std::move(interfaces);
    return is_changed;
}

bool LocalAddresses::has(const IpAddress& address) const {
    return std::any_of(all_.begin(), all_.end(), [&](const LocalAddress& at) {
        return at.ip() == address;
    });
}

bool LocalAddresses::has_family(Family family) const {
    return std::any_of(all_.begin(), all_.end(), [family](const LocalAddress& at) {
        return at.ip().family() == family;
    });
}

std::vector<LocalAddress> LocalAddresses::usable() const {
    std::vector<LocalAddress> sorted = all_;
    std::stable_sort(
        sorted.begin(),
        sorted.end(),
        [](const LocalAddress& a, const LocalAddress& b) {
            return std::tuple{b.interface_age, b.age} < std::tuple{a.interface_age, a.age};
        }
    );
    const auto is_routed_family = [this](Family family) {
        return std::any_of(all_.begin(), all_.end(), [family](const LocalAddress& at) {
            return at.real.is_routed && at.ip().family() == family;
        });
    };
    std::vector<LocalAddress> usable;
    for (const LocalAddress& at : sorted) {
        if (!at.real.is_routed && is_routed_family(at.ip().family())) {
            continue;
        }
        const bool is_covered =
            std::any_of(usable.begin(), usable.end(), [&](const LocalAddress& other) {
                return other.real.interface_index == at.real.interface_index &&
                       other.ip().family() == at.ip().family();
            });
        if (!is_covered && usable.size() < most_usable) {
            usable.push_back(at);
        }
    }
    return usable;
}

}  // namespace ntm::client
