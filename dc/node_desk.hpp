// SPDX-License-Identifier: BSD-3-Clause
// What nodes ask their DC (docs/protocol.md section 4): Registration, Keep Alive, Direction Request,
// Path Release. Checks a whole message and the node's rights before anything changes.
#pragma once

#include "dc/context.hpp"
#include "dc/general_desk.hpp"
#include "dc/path_director.hpp"

namespace ntm::dc {

class NodeDesk {
  public:
    NodeDesk(Context& context, PathDirector& director, GeneralDesk& general)
        : context_{context}, director_{director}, general_{general} {}

    void handle(Node& node, const protocol::RequestReceived& request, Instant now);
    // A session of the node stands.
    void handle_connected(Node& node, BootId boot_id);
    // Its signalling comes from another place, and that is proven.
    void handle_moved(Node& node, const Endpoint& endpoint, Instant now);

  private:
    void handle_registration(Node& node, const protocol::RequestReceived& request, Instant now);
    void take_registration(Node& node, const protocol::RequestReceived& request, Instant now);
    // The node is at `endpoint`, which is proven; its claim, if any, holds with `is_claim_taken`.
    void settle_at(Node& node, const Endpoint& endpoint, bool is_claim_taken, Instant now);
    void answer_registration(
        const Node& node, const protocol::RequestReceived& request, Instant now
    );
    void fill_relays(v1::RegistrationResponse& response) const;
    void handle_keep_alive(Node& node, const protocol::RequestReceived& request, Instant now);
    void note_rtts(Node& node, const v1::KeepAlive& report);
    void handle_direction(Node& node, const protocol::RequestReceived& request, Instant now);
    [[nodiscard]] Node* find_peer(const v1::DirectionRequest& asked) const;
    void direct(Node& node, Node& peer, const protocol::RequestReceived& request, Instant now);
    void answer_own_name(const Node& node, const protocol::RequestReceived& request, Instant now);
    void handle_release(Node& node, const protocol::RequestReceived& request, Instant now);

    Context& context_;
    PathDirector& director_;
    GeneralDesk& general_;
};

}  // namespace ntm::dc
