// SPDX-License-Identifier: BSD-3-Clause
// When a router is to be solicited on which link (RFC 4861 section 6.3.7): as soon as one has come up,
// and twice again unless a router has answered, as the other end of a cable may come up later. A
// cable that was out and in again between two readings of the kernel's state shows in the count of
// its carrier.
//
// That RFC has a host wait for up to 1 s before it asks, and for 4 s between. Both are for many hosts
// that come up at once, and a link whose other end asks its router at each start; a host that moves
// comes alone.
#pragma once

#include "client/node/netlink.hpp"
#include "common/base/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace ntm::client {

class LinkUps {
  public:
    // From the moment that the link is up.
    static constexpr std::array<Duration, 3> solicit_after{
        std::chrono::milliseconds{0},
        std::chrono::milliseconds{50},
        std::chrono::milliseconds{250}};

    // `tun_index`: the interface that is no link.
    explicit LinkUps(std::uint32_t tun_index) noexcept : tun_index_{tun_index} {}

    // The links of the first reading have their routers.
    void read(const KernelState& state, Instant now) {
        std::map<std::uint32_t, Link> links;
        for (const KernelInterface& at : state.interfaces) {
            if (!at.is_up || at.is_loopback || at.index == tun_index_) {
                continue;
            }
            const auto known = links_.find(at.index);
            if (known != links_.end() && known->second.carrier_ups == at.carrier_ups) {
                links.insert(*known);
            } else {
                const std::size_t tries = has_read_ ? 0 : solicit_after.size();
                links.insert({at.index, {at.carrier_ups, now, tries}});
            }
        }
        links_ = std::move(links);
        has_read_ = true;
        for (const DefaultRoute& route : state.default_routes) {
            const auto link = links_.find(route.interface_index);
            // One that was there before it was asked for may be the last network's.
            if (route.family == Family::ipv6 && link != links_.end() && link->second.tries > 0) {
                link->second.tries = solicit_after.size();
            }
        }
    }
    // The interfaces where to solicit now; each counts as done.
    [[nodiscard]] std::vector<std::uint32_t> take_due(Instant now) {
        std::vector<std::uint32_t> due;
        for (auto& [index, link] : links_) {
            if (now >= link.next()) {
                ++link.tries;
                due.push_back(index);
            }
        }
        return due;
    }
    [[nodiscard]] Instant next_timeout() const {
        Instant next = Instant::never();
        for (const auto& [index, link] : links_) {
            next = std::min(next, link.next());
        }
        return next;
    }

  private:
    struct Link {
        std::uint32_t carrier_ups = 0;
        Instant up_since;
        std::size_t tries = 0;

        [[nodiscard]] Instant next() const {
            return tries < solicit_after.size() ? up_since + solicit_after.at(tries)
                                                : Instant::never();
        }
    };
    std::map<std::uint32_t, Link> links_;
    std::uint32_t tun_index_;
    bool has_read_ = false;
};

}  // namespace ntm::client
