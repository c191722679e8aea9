// SPDX-License-Identifier: BSD-3-Clause
// Which static key each peer was last met with, by its name: a DC that has named one key does not put
// another in its place unnoticed (docs/protocol.md section 6). TunnelManager asks it at each Route
// Direction; known_peers_file keeps it over runs, where there is a file for it.
#pragma once

#include "common/crypto/x25519.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ntm::client {

struct KnownPeer {
    std::string fqdn;
    crypto::PublicKey key;
    friend bool operator==(const KnownPeer&, const KnownPeer&) = default;
};

class KnownPeers {
  public:
    static constexpr std::size_t capacity = 4096;  // beyond it who was met first is forgotten

    // Those of earlier runs.
    explicit KnownPeers(std::vector<KnownPeer> met = {}) {
        for (const KnownPeer& peer : met) {
            static_cast<void>(meet(peer.fqdn, peer.key));
            peers_.at(peer.fqdn).before.reset();
        }
        has_news_ = false;
    }

    // The key that the peer was met with before, if that was another.
    std::optional<crypto::PublicKey> meet(const std::string& fqdn, const crypto::PublicKey& key) {
        const auto [at, is_new] = peers_.try_emplace(fqdn, Entry{key, {}});
        if (is_new) {
            has_news_ = true;
            order_.push_back(fqdn);
            if (order_.size() > capacity) {
                peers_.erase(order_.front());
                order_.pop_front();
            }
            return std::nullopt;
        }
        if (at->second.key == key) {
            return std::nullopt;
        }
        has_news_ = true;
        at->second.before = std::exchange(at->second.key, key);
        return at->second.before;
    }
    // In this run; nothing if it has not changed.
    [[nodiscard]] std::optional<crypto::PublicKey> key_before(const std::string& fqdn) const {
        const auto known = peers_.find(fqdn);
        return known == peers_.end() ? std::nullopt : known->second.before;
    }

    // All of them, in the order in which they were met first, if that has changed since it was taken.
    [[nodiscard]] std::optional<std::vector<KnownPeer>> take_news() {
        if (!std::exchange(has_news_, false)) {
            return std::nullopt;
        }
        std::vector<KnownPeer> all;
        all.reserve(order_.size());
        for (const std::string& fqdn : order_) {
            all.push_back({fqdn, peers_.at(fqdn).key});
        }
        return all;
    }

  private:
    struct Entry {
        crypto::PublicKey key;
        std::optional<crypto::PublicKey> before;
    };
    std::unordered_map<std::string, Entry> peers_;
    std::deque<std::string> order_;
    bool has_news_ = false;
};

}  // namespace ntm::client
