// SPDX-License-Identifier: BSD-3-Clause
// What an RS-N forwards to (docs/protocol.md section 7): ordinary hosts of the Internet. Never to the
// special ranges of addresses, nor to the hosts that are named, however the address is spelt.
#pragma once

#include "common/base/address.hpp"
#include "rs-dataplane/tables/address_block.hpp"
#include "rs-dataplane/tables/padded_address.hpp"

#include <array>
#include <vector>

namespace ntm::relay {

class TargetFilter {
  public:
    // Permits nothing.
    TargetFilter() = default;
    // `hosts` are no targets: the relay's own addresses, public ones among them, and its DCs'. `allowed`
    // prefixes are, though they lie in a special range; one that is wider than such a range opens
    // nothing of it, so that 0.0.0.0/0 does not name 127.0.0.0/8.
    explicit TargetFilter(
        const std::vector<IpAddress>& hosts, const std::vector<Prefix>& allowed = {}
    );

    // These are general nodes, though no packet for them is let through by what is asked here: there
    // subscribers have ports.
    void set_public_addresses(const std::vector<IpAddress>& addresses);

    // No host of this family is a target, nor a general node.
    void leave_out(Family family) { side(family).is_open = false; }

    [[nodiscard]] bool permits(const IpAddress& target) const noexcept {
        return permits(target.family(), tables::PaddedAddress::of(target));
    }
    // Whether a path may lead there.
    [[nodiscard]] bool permits_node(const IpAddress& node) const noexcept;
    [[nodiscard]] bool permits(Family family, const tables::PaddedAddress& target) const noexcept;

    friend bool operator==(const TargetFilter&, const TargetFilter&) = default;

  private:
    struct Side {
        bool is_open = false;
        std::vector<tables::PaddedAddress> hosts;  // sorted
        std::vector<tables::PaddedAddress> publics;
        std::vector<tables::AddressBlock> allowed;  // each within a special range
        friend bool operator==(const Side&, const Side&) = default;
    };
    [[nodiscard]] Side& side(Family family) noexcept {
        return sides_[family == Family::ipv4 ? 0 : 1];
    }
    [[nodiscard]] const Side& side(Family family) const noexcept {
        return sides_[family == Family::ipv4 ? 0 : 1];
    }
    [[nodiscard]] bool is_harmless(Family family, const tables::PaddedAddress& target)
        const noexcept;

    std::array<Side, 2> sides_;  // IPv4, IPv6
};

}  // namespace ntm::relay
