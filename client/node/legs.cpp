// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/legs.hpp"

#include "client/node/direct_legs.hpp"
#include "client/node/relayed_leg.hpp"
#include "common/protocol/sealed.hpp"

namespace ntm::client {

std::unique_ptr<Legs> make_legs(
    const RouteDirection& direction, TunnelContext& context, Instant now
) {
    if (direction.is_by_relay()) {
        return std::make_unique<RelayedLeg>(direction, context, now);
    }
    return std::make_unique<DirectLegs>(direction, context, now);
}

void send_request(
    const RouteDirection& direction,
    v1::TunnelRequest request,
    const Way& way,
    TunnelContext& context,
    Instant now
) {
    protocol::pad_tunnel_request(request);
    v1::Leg message;
    *message.mutable_request() = std::move(request);
    Bytes sealed = protocol::seal_leg(
        direction.secret_of_leg(), direction.path_id, direction.role, message, context.random
    );
    context.relays.note_sent(way, now);
    context.out.datagrams.push_back({{way.local, context.own_port}, way.remote, std::move(sealed)});
}

}  // namespace ntm::client
