// SPDX-License-Identifier: BSD-3-Clause
// Brings Relay Directions to relays: several in a message, what a node waits for at once, the rest
// (after restarts and for renewals) at a bounded rate and with few messages under way. It decides
// nothing; the path director says which paths, and is told what each relay answered.
#pragma once

#include "dc/context.hpp"

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ntm::dc {

enum class Urgency : std::uint8_t { at_once, in_turn };

// What became of one message to a relay.
struct RelayReport {
    struct Verdict {
        PathId path_id;
        std::uint32_t asked_revision = 0;
        v1::Status status = v1::STATUS_OK;
        std::uint32_t held_revision = 0;  // as the relay says
        std::string text;
    };
    PeerKey relay;
    bool is_answered = false;  // otherwise: no usable answer, and the verdicts only name the paths
    std::vector<Verdict> verdicts;
    std::vector<Endpoint> addresses;  // of the relay, if it named them
};

class RelayCourier {
  public:
    explicit RelayCourier(Context& context) : context_{context} {}

    // To be sent with the path's state at that time. The path has a relay.
    void want(const Path& path, Urgency urgency);
    // Of what is brought in turn, a second.
    void set_rate(std::uint32_t per_second);
    // Forgets all that waits or is under way: the relay is dead, has restarted or is gone.
    void drop(const PeerKey& relay);

    // Nothing if the answer or failure belongs to no message of this courier.
    [[nodiscard]] std::optional<RelayReport> take_answer(const protocol::AnswerReceived& answer);
    [[nodiscard]] std::optional<RelayReport> take_failure(const protocol::RequestFailed& failure);

    void pump(Instant now);
    [[nodiscard]] Instant next_timeout() const;

  private:
    struct Sent {
        PathId path_id;
        std::uint32_t revision = 0;
    };
    struct Lane {
        explicit Lane(std::uint32_t per_second) : rate{rate_of(per_second)} {}
        [[nodiscard]] static TokenBucket rate_of(std::uint32_t per_second) noexcept {
            return {per_second, 256};
        }
        std::deque<PathId> at_once;
        std::deque<PathId> in_turn;
        std::unordered_set<PathId> waiting_in_turn;
        std::map<std::uint64_t, std::vector<Sent>> under_way;  // by request id
        TokenBucket rate;
    };
    struct Letter;

    void end_asking(const std::vector<Sent>& letter);
    [[nodiscard]] Lane& lane_of(const PeerKey& relay);
    void pump_lane(const PeerKey& key, Lane& lane, Instant now);
    void pump_in_turn(Letter& letter, Instant now);

    Context& context_;
    std::unordered_map<PeerKey, Lane> lanes_;
};

}  // namespace ntm::dc
