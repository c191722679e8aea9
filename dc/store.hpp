// SPDX-License-Identifier: BSD-3-Clause
// Where a DC keeps what must survive it. One small interface in plain terms, so that another
// database can take SQLite's place. Writes gather in a transaction that the first of them opens;
// `commit` makes all of them durable at once, and the coordinator lets no answer out before it
// (docs/protocol.md section 4: "acknowledged" means stored).
#pragma once

#include "common/base/result.hpp"
#include "dc/records.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ntm::dc {

struct StoreError {
    std::string text;  // a sentence for an operator
    // The disk is full or fails: nothing is lost, and the same commit may succeed later.
    bool may_pass = false;
};

enum class StoreHealth : std::uint8_t {
    sound,
    short_of_space,  // what is known can be kept up; nothing may be added
    failing,         // the last commit did not succeed
};
[[nodiscard]] const char* text_of(StoreHealth health) noexcept;

struct StoredState {
    std::vector<NodeRecord> nodes;
    std::vector<RelayRecord> relays;
    std::vector<PathRecord> paths;
    std::vector<ReleaseRecord> releases;
    std::vector<GeneralNodeRecord> general_nodes;
    std::uint64_t next_address_number = 1;
};

class Store {
  public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    // Raises the DC's term by one, durably, and returns it: once for each start.
    [[nodiscard]] virtual Result<std::uint64_t, StoreError> advance_term() = 0;
    [[nodiscard]] virtual Result<StoredState, StoreError> load() = 0;

    // A put replaces what has the same key. Failures come out at commit.
    virtual void put_node(const NodeRecord& node) = 0;
    virtual void remove_node(const PeerKey& key) = 0;
    virtual void put_relay(const RelayRecord& relay) = 0;
    virtual void remove_relay(const PeerKey& key) = 0;
    virtual void put_path(const PathRecord& path) = 0;
    virtual void remove_path(PathId id) = 0;
    virtual void put_release(const ReleaseRecord& release) = 0;
    virtual void remove_release(const PeerKey& peer, PathId id) = 0;
    // By asker and IPv4 address, which the others follow from.
    virtual void put_general_node(const GeneralNodeRecord& node) = 0;
    virtual void remove_general_node(const PeerKey& asker, const Ipv4Address& vipv4) = 0;
    virtual void put_next_address_number(std::uint64_t number) = 0;

    // After a failure the memory of the process and the store differ: nothing may be acknowledged
    // until a later commit succeeds, and if the failure can not pass, the process must end.
    [[nodiscard]] virtual Result<Nothing, StoreError> commit() = 0;
    [[nodiscard]] virtual StoreHealth health() const noexcept = 0;
    [[nodiscard]] virtual std::uint64_t failed_commits() const noexcept = 0;
    // Looks whether space has come back; to be called once a second while health is not sound.
    virtual void look_for_space() = 0;
};

}  // namespace ntm::dc
