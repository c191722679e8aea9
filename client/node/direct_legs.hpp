// SPDX-License-Identifier: BSD-3-Clause
// A direct path: Requests to every candidate of the peer, and the peer's own Requests, answered and
// bound here by the rules that a relay has (docs/protocol.md section 5). One bound direction is
// enough. The path secret takes the leg secret's place.
#pragma once

#include "client/node/legs.hpp"

#include <cstdint>
#include <set>
#include <vector>

namespace ntm::client {

class DirectLegs final : public Legs {
  public:
    DirectLegs(const RouteDirection& direction, TunnelContext& context, Instant now);

    [[nodiscard]] bool is_ready() const override { return is_bound_there_ || bound_here_; }
    [[nodiscard]] bool is_bound() const override { return is_ready(); }
    [[nodiscard]] std::optional<Way> way() const override { return active_; }
    [[nodiscard]] std::optional<Way> wanted_way() const override { return active_; }
    [[nodiscard]] std::optional<Endpoint> outside() const override { return outside_; }

    void direction_changed(const RouteDirection& before, Instant now) override;
    void retry(Instant now) override;
    void locals_changed(Instant now) override;
    void handle_relay_event(const RelayEvent& event, Instant now) override;
    void doubt(Family family, Instant now) override;
    void handle_silence(Instant now) override;
    [[nodiscard]] bool handle_leg(
        const protocol::NtmHeader& header, const Datagram& datagram, Instant now
    ) override;

    [[nodiscard]] Instant next_timeout() const override;
    [[nodiscard]] bool handle_timeout(Instant now) override;

  private:
    struct BoundHere {
        Endpoint remote;
        Instant at;
    };
    // `newer_than`: only from addresses of interfaces that came later than that one.
    void begin(Instant now, std::uint64_t newer_than = 0);
    void ask_again(Instant now);
    [[nodiscard]] bool is_named(const Endpoint& remote) const;
    [[nodiscard]] bool is_asking(const Endpoint& remote) const;
    // An attempt from this node's newest address of the family.
    void add_attempt(
        const Endpoint& remote, bool is_trusted, Instant now, std::uint64_t newer_than = 0
    );
    void add_attempt(const Way& way, bool is_trusted, Instant now);
    void end_attempts();
    // Answers to a Request of an attempt that has ended: too late, but the peer is there again.
    [[nodiscard]] bool answers_too_late(const v1::TunnelResponse& response, Instant now);
    [[nodiscard]] bool handle_response(const Datagram& datagram, Instant now);
    [[nodiscard]] bool handle_request(const Datagram& datagram, Instant now);
    [[nodiscard]] bool may_bind(
        const v1::TunnelRequest& request, const Endpoint& source, Instant now
    );
    void answer(const v1::TunnelRequest& request, const Datagram& datagram, Instant now);
    // Whether nobody has answered any Request, and the DC should know: which has been heard since, or
    // the silence may be this node's own.
    [[nodiscard]] bool meets_silence() const;
    [[nodiscard]] Instant patience_ends() const;

    const RouteDirection& direction_;
    TunnelContext& context_;
    Instant made_;
    std::optional<Way> active_;
    std::optional<Endpoint> last_remote_;  // survives the loss of the own address
    // Own addresses that the peer has been asked from or has found, of which it may use any, and not
    // only the one that `active_` goes out from.
    std::set<IpAddress> bound_at_;
    bool is_bound_there_ = false;
    std::optional<BoundHere> bound_here_;
    std::vector<LegBinding> attempts_;
    std::vector<LegBinding> in_vain_;  // those that have ended unanswered since the last beginning
    // Under this revision, whatever a DC names: who has never answered is not asked for ever.
    UnprovenRequests unproven_;
    std::set<Endpoint> answered_;
    Instant last_begin_;
    Instant silent_since_;          // the last attempt was added
    bool is_silence_told_ = false;  // since then
    std::optional<Instant> data_follows_at_;
    std::optional<Way> data_follows_on_;
    std::optional<Endpoint> outside_;
};

}  // namespace ntm::client
