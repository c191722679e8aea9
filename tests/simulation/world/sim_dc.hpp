// SPDX-License-Identifier: BSD-3-Clause
// The DC as a host: the Coordinator over a SQLite store, which alone survives a kill.
#pragma once

#include "dc/coordinator.hpp"
#include "dc/sqlite_store.hpp"
#include "tests/simulation/world/secret_watch.hpp"
#include "tests/simulation/world/station.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ntm::simulation {

class SimDc final : public Station {
  public:
    // A file is closed by kill() and opened again by start(); ":memory:" stays open.
    struct Setup {
        dc::Settings settings;
        crypto::KeyPair key;
        std::string store_file;
        dc::Store* store = nullptr;  // instead of a file; not owned
        std::vector<std::pair<std::string, crypto::PublicKey>> nodes;
        std::vector<std::pair<std::string, crypto::PublicKey>> relays;
    };

    SimDc(
        const std::string& name,
        Surroundings surroundings,
        Setup setup,
        SecretWatch& secrets,
        PathHistory& history,
        RandomSource& random
    );
    void start();
    void kill();
    [[nodiscard]] bool is_running() const override { return coordinator_ != nullptr; }
    [[nodiscard]] const dc::Coordinator& coordinator() const { return *coordinator_; }
    [[nodiscard]] std::size_t path_count() const;
    // As an operator does; false while it does not run or has refused.
    bool remove_node(const std::string& fqdn);
    bool add_node(const std::string& fqdn);

  private:
    void receive(const Datagram& datagram, Instant now) override {
        coordinator_->handle_datagram(datagram, now);
    }
    void handle_timeout(Instant now) override { coordinator_->handle_timeout(now); }
    [[nodiscard]] Instant next_timeout() const override { return coordinator_->next_timeout(); }
    void collect_output() override;
    void provision();

    Setup setup_;
    SecretWatch& secrets_;
    PathHistory& history_;
    RandomSource& random_;
    bool is_provisioned_ = false;
    std::unique_ptr<dc::SqliteStore> file_;
    std::unique_ptr<WatchedStore> store_;
    std::unique_ptr<dc::Coordinator> coordinator_;
};

}  // namespace ntm::simulation
