// SPDX-License-Identifier: BSD-3-Clause
// A node among hand-made neighbours, and what it promises whatever these tell it: held against a plain
// account of what came and what it was told.
#pragma once

#include "tests/fuzz/target.hpp"
#include "tests/fuzz/traffic.hpp"
#include "tests/unit/client/node/node_world.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace ntm::fuzz {

class WatchedNode : public client::testing::NodeWorld {
  public:
    static constexpr std::size_t path_count = 3;

    WatchedNode();

    // The DC says this; what it names may be sent to.
    void say(const v1::Signal& message);
    void answer_directions_with(const v1::Signal& answer);
    void note_named(const v1::RegistrationResponse& granted);
    // From outside, by no link of the world.
    void arrive(const Endpoint& from, const Bytes& payload);
    // Of what is not authentic nothing comes but one bounded challenge.
    void arrive_forged(const Endpoint& from, const Bytes& payload);
    void move_to(const std::vector<client::RealAddress>& addresses);
    void ask(const std::string& name, client::DnsWish wish);
    // After every event.
    void check();

    // Of the path's last Request to that place, if there was one.
    [[nodiscard]] std::optional<std::string> nonce_asked(PathId path, const Endpoint& at) const;
    // Under any of the secrets that were directed.
    [[nodiscard]] std::optional<v1::Leg> open_leg(ByteView payload) const;

  private:
    void note_named(const v1::RouteDirection& direction);
    struct Asked {
        unsigned requests = 0;
        unsigned allowed = 0;
        std::string nonce;
    };
    [[nodiscard]] std::string state() const;
    void name_relay(const v1::Address& address);
    void check_sent();
    void check_leg(const Datagram& datagram);
    void check_request(PathId path, const Endpoint& to, const v1::TunnelRequest& request);
    void check_delivered();
    void check_paths();
    void check_answers();

    Endpoint local_;
    std::set<std::string> secrets_;
    Traffic traffic_;
    std::map<std::pair<PathId, Endpoint>, Asked> asked_;
    std::set<Endpoint> relays_;
    std::set<Endpoint> answered_;
    std::set<std::pair<PathId, Endpoint>> proven_;
    std::map<PathId, std::uint32_t> revisions_;
    struct Released {
        std::uint32_t revision = 0;
        Instant at;
    };
    std::map<PathId, Released> released_;
    std::map<std::uint64_t, std::pair<v1::PathRelease, Instant>> releases_;  // of the DC
    std::map<std::uint64_t, Instant> queries_;                               // not yet answered
    std::uint64_t last_query_ = 0;
    std::map<PathId, unsigned> directed_;  // how often
    std::pair<std::optional<InterfaceAddress>, std::optional<InterfaceAddress>> vips_;
    std::set<IpAddress> peers_;  // by virtual address, at the last check
    std::size_t arrived_seen_ = 0;
};

}  // namespace ntm::fuzz
