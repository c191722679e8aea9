// SPDX-License-Identifier: BSD-3-Clause
// All tunnels of this node: by Path ID for what comes from the network, by virtual address for what
// comes from the TUN device, by name for queries. Where a peer has several paths, the ready one
// with the lowest Path ID is taken (docs/protocol.md section 4.2).
#pragma once

#include "client/node/tunnel.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ntm::client {

class TunnelTable {
  public:
    // docs/protocol.md section 4.2: paths that a node may hold.
    static constexpr std::size_t capacity = 1024;

    [[nodiscard]] bool is_full() const noexcept { return tunnels_.size() >= capacity; }
    [[nodiscard]] Tunnel* find(PathId path_id);
    [[nodiscard]] Tunnel* find_by_vip(const IpAddress& vip);
    [[nodiscard]] Tunnel* find_by_name(const std::string& fqdn);
    // The one to all general nodes.
    [[nodiscard]] Tunnel* find_exit() noexcept { return exit_; }
    Tunnel& add(std::unique_ptr<Tunnel> tunnel);
    // Nothing if there is none.
    [[nodiscard]] std::unique_ptr<Tunnel> remove(PathId path_id);
    // The peer's addresses of this tunnel may have changed.
    void reindex();

    [[nodiscard]] const std::map<PathId, std::unique_ptr<Tunnel>>& all() const noexcept {
        return tunnels_;
    }

  private:
    std::map<PathId, std::unique_ptr<Tunnel>> tunnels_;
    std::unordered_map<IpAddress, std::vector<Tunnel*>> by_vip_;  // in order of Path ID
    Tunnel* exit_ = nullptr;
};

}  // namespace ntm::client
