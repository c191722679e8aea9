// SPDX-License-Identifier: BSD-3-Clause
// What an RS-N's workers know of a path that ends here besides its RelayEntry. Nobody changes it, but
// for the counters, which are those of the worker that the subscriber is assigned to.
#pragma once

#include "common/base/address.hpp"
#include "rs-dataplane/tables/padded_address.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <array>
#include <memory>

namespace ntm::tables {

// A general node as a path's subscriber knows it, by its VIP, and where it really is. By an exit path
// general nodes are known by their real addresses.
struct GeneralNode {
    PaddedAddress virtual_address{};
    PaddedAddress real_address{};
};

// One cache line tells all that IPv4 needs.
struct alignas(64) TunnelEnd {
    struct Way {
        GeneralNode node;
        NextHopIndex next_hop = no_next_hop;  // towards the real address, or all of them
        bool exists = false;                  // the general node has an address of this family
    };

    std::shared_ptr<EndKeys> keys;  // copied and let go by the table's writer alone
    SubscriberNumber subscriber = 0;
    bool is_exit = false;
    crypto::Suite suite = crypto::Suite::aes_128_gcm;
    std::array<Way, 2> ways;  // IPv4, IPv6

    [[nodiscard]] const Way& way(Family family) const noexcept {
        return ways[family == Family::ipv4 ? 0 : 1];
    }
};

// Of a path that has an end.
[[nodiscard]] TunnelEnd make_tunnel_end(const RelayPath& path);

}  // namespace ntm::tables
