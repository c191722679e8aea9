// SPDX-License-Identifier: BSD-3-Clause
// A node's side of binding one path (docs/protocol.md section 5): what Tunnel gets from it is the
// way on which DATA goes, and whether the path is ready. RelayedLeg binds a leg to a relay,
// DirectLegs binds to the peer itself and lets the peer bind here.
#pragma once

#include "client/node/leg_binding.hpp"
#include "client/node/route_direction.hpp"
#include "client/node/tunnel_context.hpp"
#include "client/node/way.hpp"
#include "common/base/datagram.hpp"
#include "common/protocol/ntm_header.hpp"

#include <memory>
#include <optional>

namespace ntm::client {

class Legs {
  public:
    Legs() = default;
    Legs(const Legs&) = delete;
    Legs& operator=(const Legs&) = delete;
    virtual ~Legs() = default;

    // Bound as DATA needs it: both legs of a relayed path, the only one to an RS-N, one direction of a
    // direct path.
    [[nodiscard]] virtual bool is_ready() const = 0;
    [[nodiscard]] virtual bool is_bound() const = 0;
    // Where DATA goes; nothing while a move is under way and the old address is gone.
    [[nodiscard]] virtual std::optional<Way> way() const = 0;
    // The way in use or being tried: what the path's traffic keeps awake.
    [[nodiscard]] virtual std::optional<Way> wanted_way() const = 0;
    // As the far end of the way saw it last.
    [[nodiscard]] virtual std::optional<Endpoint> outside() const = 0;

    // Another revision has taken the place of `before`; its legs are the same.
    virtual void direction_changed(const RouteDirection& before, Instant now) = 0;
    // A packet wants to go and can not: try again, if nothing is being tried.
    virtual void retry(Instant now) = 0;
    virtual void locals_changed(Instant now) = 0;
    virtual void handle_relay_event(const RelayEvent& event, Instant now) = 0;
    // The DC sees this node's addresses of that family elsewhere: a NAT may have forgotten its holes.
    virtual void doubt(Family family, Instant now) = 0;
    // The path is in use, and nothing has come by it for a moment.
    virtual void handle_silence(Instant now) = 0;
    // A LEG packet of this path from the network. True if something has come of it besides an
    // answer: of what is not authentic nothing does.
    [[nodiscard]] virtual bool handle_leg(
        const protocol::NtmHeader& header, const Datagram& datagram, Instant now
    ) = 0;

    [[nodiscard]] virtual Instant next_timeout() const = 0;
    // True if an attempt has come to its end without success.
    [[nodiscard]] virtual bool handle_timeout(Instant now) = 0;
};

// `direction` and `context` outlive the legs; its content may change as direction_changed() tells.
[[nodiscard]] std::unique_ptr<Legs> make_legs(
    const RouteDirection& direction, TunnelContext& context, Instant now
);

// After a Request with a token, DATA may follow without waiting for the Response. The far end's
// control thread takes the Request, its data plane the DATA: a moment's head start for the Request.
inline constexpr Duration data_follows_after = std::chrono::milliseconds{5};
// How often a path that can not be bound is tried again while packets wait for it.
inline constexpr Duration between_attempts = std::chrono::seconds{1};

// Seals a Request on this node's own leg and sends it on the way.
void send_request(
    const RouteDirection& direction,
    v1::TunnelRequest request,
    const Way& way,
    TunnelContext& context,
    Instant now
);

}  // namespace ntm::client
