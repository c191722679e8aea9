// SPDX-License-Identifier: BSD-3-Clause
// Proves that no (key, nonce) pair is used twice (docs/protocol.md section 6). It stands between
// the DC and its store, so it learns every path secret that was ever made, reads the nodes' key logs,
// so it learns those of later epochs, and sees every DATA
// packet that a node sends: it finds the secret that opens it, and notes the counter under that
// secret and role. A counter that comes a second time under one secret is a breach, whatever
// restarted in between; so is a packet that no secret opens.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/aead.hpp"
#include "dc/store.hpp"
#include "tests/simulation/world/path_history.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ntm::simulation {

class SecretWatch {
  public:
    void learn(const dc::PathRecord& path);
    void read_key_log(std::string_view line);
    // Once for each DATA packet at the moment when a node sends it.
    void see_sent(ByteView payload);

    [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
    [[nodiscard]] std::size_t secrets() const noexcept;
    // Of them, those that DATA was sent under.
    [[nodiscard]] std::size_t used() const noexcept;
    [[nodiscard]] const std::vector<std::string>& breaches() const noexcept { return breaches_; }

  private:
    struct Sender {
        std::optional<crypto::Aead> aead;  // made when it is first wanted
        std::set<std::uint64_t> counters;
    };
    struct Known {
        Secret32 secret;
        crypto::Suite suite = crypto::Suite::aes_128_gcm;
        std::map<Role, Sender> senders;
    };
    void add(PathId path, const Secret32& secret, crypto::Suite suite);
    [[nodiscard]] static bool opens(Known& known, ByteView payload);

    std::map<PathId, std::vector<Known>> known_;  // newest last
    std::uint64_t packets_ = 0;
    std::vector<std::string> breaches_;
};

// Passes everything on to the real store.
class WatchedStore final : public dc::Store {
  public:
    WatchedStore(dc::Store& store, SecretWatch& watch, PathHistory& history)
        : store_{store}, watch_{watch}, history_{history} {}

    [[nodiscard]] Result<std::uint64_t, dc::StoreError> advance_term() override {
        return store_.advance_term();
    }
    [[nodiscard]] Result<dc::StoredState, dc::StoreError> load() override { return store_.load(); }
    void put_node(const dc::NodeRecord& node) override { store_.put_node(node); }
    void remove_node(const dc::PeerKey& key) override { store_.remove_node(key); }
    void put_relay(const dc::RelayRecord& relay) override { store_.put_relay(relay); }
    void remove_relay(const dc::PeerKey& key) override { store_.remove_relay(key); }
    void put_path(const dc::PathRecord& path) override {
        watch_.learn(path);
        history_.learn(path);
        store_.put_path(path);
    }
    void remove_path(PathId id) override { store_.remove_path(id); }
    void put_release(const dc::ReleaseRecord& release) override { store_.put_release(release); }
    void remove_release(const dc::PeerKey& peer, PathId id) override {
        store_.remove_release(peer, id);
    }
    void put_general_node(const dc::GeneralNodeRecord& node) override {
        store_.put_general_node(node);
    }
    void remove_general_node(const dc::PeerKey& asker, const Ipv4Address& vipv4) override {
        store_.remove_general_node(asker, vipv4);
    }
    void put_next_address_number(std::uint64_t number) override {
        store_.put_next_address_number(number);
    }
    [[nodiscard]] Result<Nothing, dc::StoreError> commit() override { return store_.commit(); }
    [[nodiscard]] dc::StoreHealth health() const noexcept override { return store_.health(); }
    [[nodiscard]] std::uint64_t failed_commits() const noexcept override {
        return store_.failed_commits();
    }
    void look_for_space() override { store_.look_for_space(); }

  private:
    dc::Store& store_;
    SecretWatch& watch_;
    PathHistory& history_;
};

}  // namespace ntm::simulation
