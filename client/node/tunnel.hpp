// SPDX-License-Identifier: BSD-3-Clause
// One path at this node, an entry of its tunnel table: keys, legs, probes, and the packets that
// wait. Bytes and the time go in; what is to be done goes into the context's outbox. TunnelManager
// makes one for each Route Direction (docs/protocol.md sections 4.2, 5 and 7).
//
// A packet to a peer goes send() -> held until can_send() -> sealed -> the outbox's datagrams. One
// from a peer goes handle_data() -> opened, its addresses checked -> the outbox's inner packets.
#pragma once

#include "client/node/held_packets.hpp"
#include "client/node/legs.hpp"
#include "client/node/path_keys.hpp"
#include "client/node/path_probe.hpp"
#include "client/node/route_direction.hpp"
#include "client/node/tunnel_context.hpp"
#include "common/base/datagram.hpp"
#include "common/packet/ecn.hpp"
#include "common/protocol/ntm_header.hpp"

#include <memory>
#include <optional>

namespace ntm::client {

struct Traffic {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;  // of inner packets
};

class Tunnel {
  public:
    Tunnel(
        RouteDirection direction,
        std::unique_ptr<PathKeys> keys,
        TunnelContext& context,
        Instant now
    );

    [[nodiscard]] const RouteDirection& direction() const noexcept { return *direction_; }
    // The same revision again: the lifetime starts anew, nothing else.
    void renew(Instant now);
    // A higher revision takes the whole path's place; `keys` are its own.
    void replace(RouteDirection direction, std::unique_ptr<PathKeys> keys, Instant now);
    // Whether `direction` goes on under the secret in use: then replace() takes it from
    // take_keys().
    [[nodiscard]] std::unique_ptr<PathKeys> take_keys() noexcept { return std::move(keys_); }

    void send(Bytes inner, Instant now);
    void take_over(HeldPackets&& held, Instant now);
    void handle_data(const Datagram& datagram, Instant now);
    // True if something has come of it besides an answer: of what is not authentic nothing does.
    [[nodiscard]] bool handle_end(
        const protocol::NtmHeader& header, const Datagram& datagram, Instant now
    );
    [[nodiscard]] bool handle_leg(
        const protocol::NtmHeader& header, const Datagram& datagram, Instant now
    );
    void handle_relay_event(const RelayEvent& event, Instant now);
    void doubt(Family family, Instant now);
    void locals_changed(Instant now);

    [[nodiscard]] Instant next_timeout() const;
    void handle_timeout(Instant now);

    // Both ends can be reached as far as this one knows: names may be answered.
    [[nodiscard]] bool is_ready() const { return legs_->is_ready() && !probe_.is_down(); }
    // Ever, by the present legs.
    [[nodiscard]] bool has_been_ready() const noexcept { return has_been_ready_; }
    [[nodiscard]] const Legs& legs() const noexcept { return *legs_; }
    [[nodiscard]] const PathProbe& probe() const noexcept { return probe_; }
    [[nodiscard]] const PathEpochs& epochs() const noexcept { return keys_->epochs; }
    [[nodiscard]] const Traffic& sent() const noexcept { return sent_; }
    [[nodiscard]] const Traffic& received() const noexcept { return received_; }
    [[nodiscard]] Instant since() const noexcept { return since_; }

  private:
    [[nodiscard]] bool can_send() const { return is_ready() && legs_->way().has_value(); }
    // Silence says something about the peer only while there is a tunnel to hear it through.
    [[nodiscard]] bool can_probe() const { return legs_->is_ready() && legs_->way().has_value(); }
    void after_change(Instant now);
    void flush(Instant now);
    // The last segments once more, for what was lost while the tunnel did not stand.
    void repeat_segments(Instant now);
    [[nodiscard]] bool is_heard_again(Instant now) const;
    // As against a segment that is sent once more.
    void send_first(ByteView inner, Instant now);
    void seal_and_send(ByteView inner, Instant now);
    void send_end(const v1::End& message, Instant now);
    void note_wanted(Instant now);
    void note_heard(const Datagram& datagram, Instant now);
    void deliver(Bytes inner, Ecn outer);
    [[nodiscard]] bool may_come_from(const IpAddress& source) const;
    [[nodiscard]] KeyExchange::Means means() const;
    void handle_key_request(const v1::KeyRequest& request, Instant now);
    [[nodiscard]] bool handle_key_response(const v1::KeyResponse& response, Instant now);
    void count(KeyFault fault);
    void run_exchange(Instant now);
    void run_probe(Instant now);
    void run_keep_alive(Instant now);
    void complain(Instant now);
    [[nodiscard]] Instant keep_alive_at() const;
    [[nodiscard]] Instant idle_at() const;

    std::unique_ptr<RouteDirection> direction_;  // legs_ refers to it
    std::unique_ptr<PathKeys> keys_;
    TunnelContext& context_;
    std::unique_ptr<Legs> legs_;
    PathProbe probe_;
    HeldPackets held_;
    Traffic sent_;
    Traffic received_;
    Instant since_;
    Instant last_use_;   // DATA with something in it, either way
    Instant last_sent_;  // anything sealed under the path secret
    Instant expires_;
    std::optional<Instant> last_complaint_;
    std::optional<Way> sent_by_;  // the way of the last DATA
    bool was_ready_ = false;
    bool has_been_ready_ = false;
    bool could_probe_ = false;
    bool is_idle_told_ = false;
    bool is_expiry_told_ = false;
};

}  // namespace ntm::client
