// SPDX-License-Identifier: BSD-3-Clause
// The life of paths (docs/protocol.md section 4.2): plans each one's route, has the relay and then
// both ends directed, answers those who wait, and plans again when an end, a relay or the DC itself
// has moved, failed or restarted.
//
// Theory of operation: a PathRecord says what a path should be; `is_accepted` and the two
// deliveries say who has that already. Whatever happens either changes the record (one revision
// more) or voids somebody's acknowledgement; proceed() then does the next thing that is missing:
// find a relay, have it accept, tell the ends.
#pragma once

#include "dc/context.hpp"
#include "dc/node_courier.hpp"
#include "dc/relay_courier.hpp"
#include "dc/relay_selection.hpp"
#include "dc/release_outbox.hpp"

#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace ntm::dc {

class PathDirector {
  public:
    struct Couriers {
        RelayCourier& relays;
        NodeCourier& nodes;
        ReleaseOutbox& releases;
    };
    PathDirector(Context& context, const Couriers& couriers)
        : context_{context}, couriers_{couriers} {}

    // From the store, at the start. What no node has heard of is given up.
    void adopt(PathRecord record, Instant now);

    // A Direction Request that is in order; `suite` is for a path that is made anew.
    struct Order {
        Node& asker;
        Node& peer;
        crypto::Suite suite = crypto::Suite::aes_128_gcm;
    };
    void direct(const Order& order, const protocol::RequestReceived& request, Instant now);
    struct GeneralOrder {
        Node& asker;
        const GeneralNodeRecord& peer;
        crypto::Suite suite = crypto::Suite::aes_128_gcm;
    };
    void direct(const GeneralOrder& order, const protocol::RequestReceived& request, Instant now);
    struct ExitOrder {
        Node& asker;
        crypto::Suite suite = crypto::Suite::aes_128_gcm;
    };
    void direct(const ExitOrder& order, const protocol::RequestReceived& request, Instant now);
    // Ends a path everywhere but at `by`, which has ended it itself.
    void release(
        Path& path, v1::ReleaseReason reason, const std::optional<PeerKey>& by, Instant now
    );
    // Ends all paths of a node or relay that is no longer provisioned.
    void release_all_of(const PeerKey& gone, Instant now);

    // The node runs anew: every path gets a new secret, unasked (docs/protocol.md section 6).
    void rekey(const Node& node, Instant now);
    // Its addresses are others: direct paths get other candidates or a relay.
    void plan_again(const Node& node, Instant now);
    // It can be reached: what it has not acknowledged is sent.
    void deliver_to(const Node& node);

    // The relay runs anew: what it was still to release is gone with it.
    void forget_releases(const Relay& relay);
    // The relay has lost its paths, or this DC has lost sight of them: sends all of them again.
    // Returns how many.
    std::uint64_t restore(Relay& relay);
    // It is alive (again): parked paths and unanswered Directions go on.
    void relay_came(Relay& relay, Instant now);
    // It is silent or draining: its paths are moved where another relay can take them.
    void leave_relay(Relay& relay, Instant now);
    // Its addresses have changed: both ends of each path must know.
    void readdress(const Relay& relay);

    void handle(const RelayReport& report, Instant now);
    void handle(const NodeReport& report, Instant now);

    void handle_timeout(Instant now);
    [[nodiscard]] Instant next_timeout() const;
    // Instants that are kept for paths.
    [[nodiscard]] std::size_t timers() const noexcept {
        return renewals_.size() + waits_.size() + resends_.size();
    }

  private:
    using Due = std::pair<Instant, PathId>;
    using DueQueue = std::set<Due>;

    // path_planning.cpp: what a path should be.
    [[nodiscard]] Path& create(const Order& order, Instant now);
    [[nodiscard]] Path& create(const GeneralOrder& order, Instant now);
    [[nodiscard]] Path& create(const ExitOrder& order, Instant now);
    [[nodiscard]] PathRecord begin_record(const Node& asker, crypto::Suite suite, Instant now);
    [[nodiscard]] Path& add(PathRecord record, Instant now);
    [[nodiscard]] PathId draw_id();
    void plan(Path& path, Instant now);
    void plan_direct(Path& path, Family family);
    void plan_relayed(Path& path, RouteReason reason, Instant now);
    void plan_general(Path& path, Instant now);
    void plan_exit(Path& path, Instant now);
    struct Wish {
        RouteKind kind = RouteKind::relayed;
        RouteReason reason = RouteReason::families_differ;
        Families initiator;
        Families responder;
    };
    void choose_relay(Path& path, const Wish& wish, Instant now);
    [[nodiscard]] std::vector<RelayOption> list_relays(const Path& path, const Wish& wish) const;
    void move_to(Path& path, const PeerKey& relay);
    void leave(Path& path);
    // What the relay shares with an end, or has as one, for the run of it that there is now.
    void draw_relay_secrets(Path& path);
    [[nodiscard]] std::optional<crypto::Suite> suite_of_end(const Path& path, const Relay& relay)
        const;
    void choose_suite_anew(PathRecord& record);
    void renew_path_secret(Path& path);
    void raise_revision(Path& path);
    void raise_relay_revision(Path& path);
    void complain(Path& path);
    void redraw(Path& path, Instant now);

    // path_director.cpp: who has it.
    [[nodiscard]] bool has_all_ends(const PathRecord& record) const;
    void join(Path& path, const Node& asker, const protocol::RequestReceived& request, Instant now);
    void proceed(Path& path, Urgency urgency, Instant now);
    void deliver(Path& path, Instant now);
    void finish_move(Path& path);
    void answer(Path& path, const Waiter& waiter, Instant now);
    void refuse_all(Path& path, v1::Status status, const std::string& text, Instant now);
    void give_up_unless_directed(Path& path, Instant now);

    // path_events.cpp: what happens to it.
    void handle_verdict(
        Relay& relay, const RelayReport::Verdict& verdict, bool is_answered, Instant now
    );
    void accept(Path& path, Instant now);
    // `left`: what those who wait are told if there is no other relay.
    void refuse(Path& path, Relay& relay, const std::string& text, Instant now, v1::Status left);
    // A Direction that a node has not taken; false if that has been tried often enough.
    bool try_again(Path& path, Delivery& delivery, Instant now);
    void handle_stale(Path& path, const NodeReport& report, Instant now);
    [[nodiscard]] bool may_log_refusal(const PeerKey& node, Instant now);
    // A line in the log, if there may be another.
    void warn_of(const PeerKey& node, const Path& path, const std::string& what, Instant now);
    void warn_of(Relay& relay, const Path& path, const std::string& what, Instant now);
    [[nodiscard]] Relay* take_off_restoring(Path& path);
    void give_up_restoring(Path& path);
    void count_restored(Path& path, Instant now);
    void remove(Path& path);

    // path_timers.cpp: what time does to it.
    void renew(Path& path, Instant now);
    void set_renewal(Path& path, Instant at);
    void set_wait(Path& path, std::optional<Instant> at);
    void set_resend(Path& path, std::optional<Instant> at);
    void forget_timers(Path& path);
    [[nodiscard]] Path* take_due(DueQueue& queue, Instant now);
    void wait_for_relay(Path& path, Instant now);
    void end_wait(Path& path, Instant now);
    void move_some(Instant now);

    Context& context_;
    Couriers couriers_;
    DueQueue renewals_;         // by renew_at, one for each path
    DueQueue waits_;            // by wait_until, for those that have one
    DueQueue resends_;          // by resend_at, for those that have one
    std::set<PathId> parked_;   // without a relay
    std::set<PathId> to_move_;  // off a relay, some at a time
    Instant move_at_;
};

}  // namespace ntm::dc
