// SPDX-License-Identifier: BSD-3-Clause
// This node's leg to a relay, RS-S or RS-N. One attempt at a time: on set-up at once, with a token if
// there is one in stock; on a move with the token that COOKIE brings from the new address, while the
// old way goes on carrying DATA as long as it exists (docs/protocol.md section 5).
#pragma once

#include "client/node/legs.hpp"

namespace ntm::client {

class RelayedLeg final : public Legs {
  public:
    RelayedLeg(const RouteDirection& direction, TunnelContext& context, Instant now);

    [[nodiscard]] bool is_ready() const override { return is_bound_ && is_peer_bound_; }
    [[nodiscard]] bool is_bound() const override { return is_bound_; }
    [[nodiscard]] std::optional<Way> way() const override { return active_; }
    [[nodiscard]] std::optional<Way> wanted_way() const override;
    [[nodiscard]] std::optional<Endpoint> outside() const override { return outside_; }

    void direction_changed(const RouteDirection& before, Instant now) override;
    void retry(Instant now) override;
    void locals_changed(Instant now) override;
    void handle_relay_event(const RelayEvent& event, Instant now) override;
    // RelayWatch asks the relays, and tells what has changed.
    void doubt(Family /*family*/, Instant /*now*/) override {}
    void handle_silence(Instant /*now*/) override {}
    [[nodiscard]] bool handle_leg(
        const protocol::NtmHeader& header, const Datagram& datagram, Instant now
    ) override;

    [[nodiscard]] Instant next_timeout() const override;
    [[nodiscard]] bool handle_timeout(Instant now) override;

  private:
    // With `needs_token` no Request without one can succeed.
    void begin(const Way& way, bool needs_token, Instant now);
    void begin(const Way& way, Instant now) { begin(way, is_bound_, now); }
    [[nodiscard]] bool is_of_relay(const Way& way) const;
    // Turns to the best way, if that is another than the one in use or being tried.
    void turn_to_best_way(Instant now);
    void way_works(const Way& way, Instant now);
    void way_died(const Way& way, Instant now);
    void relay_restarted(Instant now);
    void conclude(const v1::TunnelResponse& response);
    void send_due_request(Instant now);

    const RouteDirection& direction_;
    TunnelContext& context_;
    std::optional<Way> active_;
    bool is_bound_ = false;
    bool is_peer_bound_ = false;  // the relay says so too where it is the peer
    std::optional<LegBinding> attempt_;
    UnprovenRequests unproven_;
    Instant last_begin_;
    std::optional<Instant> reconsider_at_;  // no answer until then: try another way
    std::optional<Instant> data_follows_at_;
    std::optional<Endpoint> outside_;
};

}  // namespace ntm::client
