// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/tunnel_table.hpp"

#include <algorithm>

namespace ntm::client {

Tunnel* TunnelTable::find(PathId path_id) {
    const auto at = tunnels_.find(path_id);
    return at == tunnels_.end() ? nullptr : at->second.get();
}

Tunnel* TunnelTable::find_by_vip(const IpAddress& vip) {
    const auto at = by_vip_.find(vip);
    if (at == by_vip_.end()) {
        return nullptr;
    }
    const auto& tunnels = at->second;
    const auto ready = std::find_if(tunnels.begin(), tunnels.end(), [](const Tunnel* tunnel) {
        return tunnel->is_ready();
    });
    return ready == tunnels.end() ? tunnels.front() : *ready;
}

Tunnel* TunnelTable::find_by_name(const std::string& fqdn) {
    Tunnel* best = nullptr;
    for (const auto& [path_id, tunnel] : tunnels_) {
        if (tunnel->direction().is_exit || tunnel->direction().peer_fqdn != fqdn) {
            continue;
        }
        if (tunnel->is_ready()) {
            return tunnel.get();
        }
        best = best == nullptr ? tunnel.get() : best;
    }
    return best;
}

Tunnel& TunnelTable::add(std::unique_ptr<Tunnel> tunnel) {
    Tunnel& added = *tunnel;
    tunnels_.insert_or_assign(added.direction().path_id, std::move(tunnel));
    reindex();
    return added;
}

std::unique_ptr<Tunnel> TunnelTable::remove(PathId path_id) {
    const auto at = tunnels_.find(path_id);
    if (at == tunnels_.end()) {
        return nullptr;
    }
    std::unique_ptr<Tunnel> removed = std::move(at->second);
    tunnels_.erase(at);
    reindex();
    return removed;
}

void TunnelTable::reindex() {
    by_vip_.clear();
    exit_ = nullptr;
    for (const auto& [path_id, tunnel] : tunnels_) {
        if (tunnel->direction().is_exit) {
            exit_ = tunnel.get();
        }
        for (const auto& vip : {tunnel->direction().peer_vipv4, tunnel->direction().peer_vipv6}) {
            if (vip) {
                by_vip_[*vip].push_back(tunnel.get());
            }
        }
    }
}

}  // namespace ntm::client
