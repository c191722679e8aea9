// SPDX-License-Identifier: BSD-3-Clause
// The name last known for each virtual address. It outlives the path: a packet to the address asks
// for a path by this name (docs/protocol.md section 4.2).
#pragma once

#include "common/base/address.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

namespace ntm::client {

class PeerNames {
  public:
    void remember(const IpAddress& vip, const std::string& fqdn) {
        if (names_.insert_or_assign(vip, fqdn).second) {
            order_.push_back(vip);
        }
        if (order_.size() > capacity) {
            names_.erase(order_.front());
            order_.pop_front();
        }
    }
    [[nodiscard]] std::optional<std::string> name_of(const IpAddress& vip) const {
        const auto known = names_.find(vip);
        return known == names_.end() ? std::nullopt : std::optional{known->second};
    }

  private:
    static constexpr std::size_t capacity = 4096;
    std::unordered_map<IpAddress, std::string> names_;
    std::deque<IpAddress> order_;  // in which they were learnt
};

}  // namespace ntm::client
