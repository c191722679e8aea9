// SPDX-License-Identifier: BSD-3-Clause
// Brings Route Directions to nodes that did not ask for them, a few at a time to each. A path
// secret leaves only towards the run of the node that it was made for (docs/protocol.md section 6).
#pragma once

#include "dc/context.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace ntm::dc {

struct NodeReport {
    PathId path_id;
    Role role = Role::initiator;
    std::uint32_t revision = 0;
    bool is_answered = false;
    v1::Status status = v1::STATUS_OK;
    std::uint32_t held_revision = 0;  // as the node says
    bool is_released = false;         // the node has released the path at held_revision
    std::string text;
};

class NodeCourier {
  public:
    explicit NodeCourier(Context& context) : context_{context} {}

    // To be sent with the path's state at that time, unless the node has that revision by then.
    void want(Path& path, Role role);
    // Takes back what is under way to this end.
    void cancel(Path& path, Role role);
    void drop(const PeerKey& node);

    [[nodiscard]] std::optional<NodeReport> take_answer(const protocol::AnswerReceived& answer);
    [[nodiscard]] std::optional<NodeReport> take_failure(const protocol::RequestFailed& failure);

    void pump(Instant now);

  private:
    struct Sent {
        PathId path_id;
        Role role = Role::initiator;
        std::uint32_t revision = 0;
    };
    struct Lane {
        std::deque<PathId> waiting;
        std::map<std::uint64_t, Sent> under_way;  // by request id
    };
    void pump_lane(const PeerKey& node, Lane& lane, Instant now);
    void send(const PeerKey& node, Lane& lane, PathId id, Instant now);

    Context& context_;
    std::unordered_map<PeerKey, Lane> lanes_;
    std::set<PeerKey> to_pump_;  // lanes that something has happened to
};

}  // namespace ntm::dc
