// SPDX-License-Identifier: BSD-3-Clause
// What relays tell their DC (docs/protocol.md section 4): RS Register, RS Status, Path Release; and
// which of them are alive. A relay that misses three statuses is left, one that has lost its paths
// gets them again.
#pragma once

#include "dc/context.hpp"
#include "dc/path_director.hpp"

namespace ntm::dc {

class RelayDesk {
  public:
    RelayDesk(Context& context, PathDirector& director) : context_{context}, director_{director} {}

    // Gives the relays of the store some time to come.
    void expect_all(Instant now);
    // Nobody was listened to until now: none of those that are alive has been silent.
    void trust_all(Instant now);
    void handle(Relay& relay, const protocol::RequestReceived& request, Instant now);

    void handle_timeout(Instant now);
    [[nodiscard]] Instant next_timeout() const;

  private:
    void handle_register(Relay& relay, const protocol::RequestReceived& request, Instant now);
    void take_register(Relay& relay, const protocol::RequestReceived& request, Instant now);
    void handle_status(Relay& relay, const protocol::RequestReceived& request, Instant now);
    // Whether it is taken over.
    [[nodiscard]] bool take_drain(Relay& relay, bool is_draining, Instant now);
    static void end_drain(Relay& relay);
    // Paths that end at a relay which drains still.
    void move_ends(Relay& relay, Instant now);
    void handle_release(Relay& relay, const protocol::RequestReceived& request, Instant now);
    void ack(const protocol::RequestReceived& request, std::uint64_t to_restore, Instant now);
    [[nodiscard]] bool has_gone_silent(const Relay& relay, Instant now) const;

    Context& context_;
    PathDirector& director_;
    Instant expected_until_ = Instant::never();
};

}  // namespace ntm::dc
