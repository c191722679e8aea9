// SPDX-License-Identifier: BSD-3-Clause
// What an RS-N forwards to (docs/protocol.md section 7): ordinary hosts of the Internet. Never to the
// special ranges of addresses, nor to the hosts that are named, however the address is spelt.
#pragma once

#include "common/base/address.hpp"

#include <array>
#include <vector>

namespace ntm::control {

class TargetFilter {
  public:
    // `hosts` are no targets: the relay's own addresses and its DCs'. `allowed` prefixes are, though
    // they lie in a special range; one that is wider than such a range opens nothing of it, so that
    // 0.0.0.0/0 does not name 127.0.0.0/8.
    explicit TargetFilter(std::vector<IpAddress> hosts, std::vector<Prefix> allowed = {});

    // No host of this family is a target.
    void leave_out(Family family) { is_left_out_[index_of(family)] = true; }

    [[nodiscard]] bool permits(const IpAddress& target) const;

  private:
    [[nodiscard]] static std::size_t index_of(Family family) noexcept {
        return family == Family::ipv4 ? 0 : 1;
    }
    [[nodiscard]] bool is_harmless(const IpAddress& target) const;
    [[nodiscard]] bool is_allowed_of(const Prefix& range, const IpAddress& target) const;

    std::vector<IpAddress> hosts_;
    std::vector<Prefix> allowed_;
    std::array<bool, 2> is_left_out_{};
};

}  // namespace ntm::control
