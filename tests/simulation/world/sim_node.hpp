// SPDX-License-Identifier: BSD-3-Clause
// A node as a host: TunnelManager, and above it an application that asks for names, sends numbered
// packets and answers those that it gets. The host's addresses follow its network attachments.
#pragma once

#include "client/node/tunnel_manager.hpp"
#include "tests/simulation/world/ledger.hpp"
#include "tests/simulation/world/secret_watch.hpp"
#include "tests/simulation/world/station.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace ntm::simulation {

class SimNode final : public Station {
  public:
    using MakeSettings = std::function<client::NodeSettings()>;
    struct Witnesses {
        Ledger& ledger;
        SecretWatch& secrets;
    };
    struct Query {
        Instant asked;
        bool was_taken = false;  // by a node that ran
        std::optional<Instant> answered;
        client::DnsAnswer answer;
    };

    SimNode(
        const std::string& name,
        Surroundings surroundings,
        MakeSettings make_settings,
        Witnesses witnesses,
        RandomSource& random
    );
    void start();
    void kill();
    [[nodiscard]] bool is_running() const override { return manager_ != nullptr; }
    [[nodiscard]] const client::TunnelManager& manager() const { return *manager_; }

    // Tells the brain what addresses the host has now.
    void update_addresses();
    // The application asks for a name; the number is for query().
    std::uint64_t ask(const std::string& fqdn);
    [[nodiscard]] const Query& query(std::uint64_t number) const { return queries_.at(number); }
    [[nodiscard]] const std::map<std::uint64_t, Query>& queries() const noexcept {
        return queries_;
    }
    // The application sends a packet to `to`; the number is the ledger's. Nothing without an own
    // virtual address of that family. `size`: of its UDP payload.
    std::optional<std::uint64_t> send(
        const SimNode& addressee, const IpAddress& to, std::size_t size = 0
    );
    void set_echoing(bool is_echoing) noexcept { is_echoing_ = is_echoing; }

    // Any change of it over the node's life, restarts included, is a breach, unless the node was
    // removed and provisioned again meanwhile.
    void allow_other_vips() noexcept { may_change_vips_ = true; }
    [[nodiscard]] std::optional<IpAddress> vip(Family family) const;
    [[nodiscard]] bool is_registered() const {
        return is_running() && manager_->status().is_registered;
    }
    // DATA packets that left and came, with the own address that they used.
    struct Sighting {
        Instant at;
        IpAddress local;
    };
    [[nodiscard]] const std::vector<Sighting>& data_sent() const noexcept { return data_sent_; }
    [[nodiscard]] const std::vector<Sighting>& data_received() const noexcept {
        return data_received_;
    }

  private:
    void receive(const Datagram& datagram, Instant now) override;
    void handle_timeout(Instant now) override { manager_->handle_timeout(now); }
    [[nodiscard]] Instant next_timeout() const override { return manager_->next_timeout(); }
    void collect_output() override;
    void handle_thaw() override { update_addresses(); }

    void send_datagram(Datagram datagram);
    void take_inner(const Bytes& packet);
    void echo(std::uint64_t number);
    void check_virtual_addresses();

    MakeSettings make_settings_;
    Witnesses witnesses_;
    RandomSource& random_;
    std::unique_ptr<client::TunnelManager> manager_;
    std::map<std::uint64_t, Query> queries_;
    std::uint64_t next_query_ = 1;
    bool is_echoing_ = true;
    bool may_change_vips_ = false;
    std::optional<IpAddress> vipv4_;
    std::optional<IpAddress> vipv6_;
    std::vector<Sighting> data_sent_;
    std::vector<Sighting> data_received_;
};

}  // namespace ntm::simulation
