// SPDX-License-Identifier: BSD-3-Clause
// The Store in one SQLite file: WAL, one writer, each commit on disk before it returns. The file
// holds path secrets, so it is made with mode 0600. Each row carries a digest, and FILE.mark says how
// many changes the store must have: a store that is not what was acknowledged is refused, with a
// sentence. FILE.reserve holds space for when the disk is full. `:memory:` gives a store for one run of a test.
#pragma once

#include "dc/store.hpp"

#include <memory>
#include <optional>
#include <string>

namespace ntm::dc {

struct LoadedState;

class SqliteStore final : public Store {
  public:
    // Creates the file or checks the one that is there: whose it is, its version, its soundness.
    [[nodiscard]] static Result<std::unique_ptr<SqliteStore>, StoreError> open(
        const std::string& file
    );
    ~SqliteStore() override;

    [[nodiscard]] Result<std::uint64_t, StoreError> advance_term() override;
    [[nodiscard]] Result<StoredState, StoreError> load() override;
    void put_node(const NodeRecord& node) override;
    void remove_node(const PeerKey& key) override;
    void put_relay(const RelayRecord& relay) override;
    void remove_relay(const PeerKey& key) override;
    void put_path(const PathRecord& path) override;
    void remove_path(PathId id) override;
    void put_release(const ReleaseRecord& release) override;
    void remove_release(const PeerKey& peer, PathId id) override;
    void put_general_node(const GeneralNodeRecord& node) override;
    void remove_general_node(const PeerKey& asker, const Ipv4Address& vipv4) override;
    void put_next_address_number(std::uint64_t number) override;
    [[nodiscard]] Result<Nothing, StoreError> commit() override;
    [[nodiscard]] StoreHealth health() const noexcept override;
    [[nodiscard]] std::uint64_t failed_commits() const noexcept override;
    void look_for_space() override;

  private:
    struct State;
    [[nodiscard]] std::optional<StoreError> adopt(bool is_without_digests);
    void put_all(const LoadedState& loaded);
    explicit SqliteStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ntm::dc
