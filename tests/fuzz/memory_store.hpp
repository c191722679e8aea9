// SPDX-License-Identifier: BSD-3-Clause
// A DC's store in memory. A disk that fails keeps the last commit, and a commit that succeeds later
// brings all that came since, as the store's contract has it.
#pragma once

#include "dc/context.hpp"
#include "dc/store.hpp"

#include <map>
#include <string>
#include <utility>

namespace ntm::fuzz {

// What a DC knows, in words: to be compared, and told apart by whom it concerns.
struct Knowledge {
    std::map<dc::PeerKey, std::string> nodes;
    std::map<dc::PeerKey, std::string> relays;
    std::map<PathId, std::string> paths;
    friend bool operator==(const Knowledge&, const Knowledge&) = default;
};
[[nodiscard]] Knowledge knowledge_of(const dc::Context& context);

class MemoryStore final : public dc::Store {
  public:
    using Result = ntm::Result<Nothing, dc::StoreError>;

    Result commit() override;
    [[nodiscard]] ntm::Result<std::uint64_t, dc::StoreError> advance_term() override {
        return ++term_;
    }
    // What was committed, and all else is forgotten: the process has ended.
    [[nodiscard]] ntm::Result<dc::StoredState, dc::StoreError> load() override;

    void put_node(const dc::NodeRecord& node) override;
    void remove_node(const dc::PeerKey& key) override;
    void put_relay(const dc::RelayRecord& relay) override;
    void remove_relay(const dc::PeerKey& key) override;
    void put_path(const dc::PathRecord& path) override;
    void remove_path(PathId id) override;
    void put_release(const dc::ReleaseRecord& release) override;
    void remove_release(const dc::PeerKey& peer, PathId id) override;
    void put_general_node(const dc::GeneralNodeRecord& node) override;
    void remove_general_node(const dc::PeerKey& asker, const Ipv4Address& vipv4) override;
    void put_next_address_number(std::uint64_t number) override;

    [[nodiscard]] dc::StoreHealth health() const noexcept override { return health_; }
    [[nodiscard]] std::uint64_t failed_commits() const noexcept override { return failed_; }
    void look_for_space() override { health_ = next_health_; }

    // What the disk is like from here; it becomes `next` when somebody looks.
    void set_health(dc::StoreHealth health, dc::StoreHealth next) {
        health_ = health;
        next_health_ = next;
    }
    [[nodiscard]] const std::map<dc::PeerKey, dc::NodeRecord>& nodes() const noexcept {
        return kept_.nodes;
    }
    [[nodiscard]] const std::map<PathId, dc::PathRecord>& paths() const noexcept {
        return kept_.paths;
    }
    using GeneralNodes = std::map<std::pair<dc::PeerKey, Ipv4Address>, dc::GeneralNodeRecord>;
    [[nodiscard]] const GeneralNodes& general_nodes() const noexcept { return kept_.general_nodes; }
    [[nodiscard]] Knowledge knowledge() const;
    [[nodiscard]] bool is_committed() const noexcept { return !is_changed_; }

  private:
    struct Content {
        std::map<dc::PeerKey, dc::NodeRecord> nodes;
        std::map<dc::PeerKey, dc::RelayRecord> relays;
        std::map<PathId, dc::PathRecord> paths;
        std::map<std::pair<dc::PeerKey, PathId>, dc::ReleaseRecord> releases;
        GeneralNodes general_nodes;
        std::uint64_t next_address_number = 1;
    };
    [[nodiscard]] static Content copy(const Content& from);

    Content kept_;
    Content latest_;
    bool is_changed_ = false;
    std::uint64_t term_ = 0;
    std::uint64_t failed_ = 0;
    dc::StoreHealth health_ = dc::StoreHealth::sound;
    dc::StoreHealth next_health_ = dc::StoreHealth::sound;
};

}  // namespace ntm::fuzz
