// SPDX-License-Identifier: BSD-3-Clause
// The brain of a DC: a state machine without sockets, clocks or logs. Datagrams, operators' orders
// and the time go in; datagrams and notices come out. main.cpp drives it, and so do the simulation
// and the tests.
//
// Rules for whoever drives it: call handle_timeout whenever next_timeout has come, and
// take_datagrams after every call that may have changed something. take_datagrams commits to the
// store first and gives nothing out if that fails. `failure` then says why, and the coordinator has
// to be thrown away, since its memory is ahead of the store; or `stall` does: the disk is full or
// fails, the coordinator is deaf, and a time-out once a second has take_datagrams commit again.
#pragma once

#include "common/base/datagram.hpp"
#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/x25519.hpp"
#include "dc/arrival.hpp"
#include "dc/context.hpp"
#include "dc/general_names.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ntm::dc {

struct CoordinatorCounters {
    std::uint64_t bad_header = 0;
    std::uint64_t not_for_a_dc = 0;  // DATA, LEG, END, and COOKIE answers to no question of ours
    std::uint64_t cookies_answered = 0;
    std::uint64_t cookies_limited = 0;
    std::uint64_t cookies_malformed = 0;
    std::uint64_t while_stalled = 0;  // unread: what they ask could not be stored
    protocol::SignalingCounters signaling;
};

class Coordinator {
  public:
    // Loads the store, begins a new term and reaches for the nodes that it knows.
    struct Identity {
        crypto::KeyPair key;
        BootId boot_id;  // new for each start
        protocol::KeyLog key_log{};
    };
    [[nodiscard]] static Result<std::unique_ptr<Coordinator>, StoreError> create(
        Settings settings, Identity identity, Store& store, RandomSource& random, Instant now
    );
    ~Coordinator();
    Coordinator(const Coordinator&) = delete;
    Coordinator& operator=(const Coordinator&) = delete;

    // What it is, so that it waits among its like; counts what is for nobody here. Costs next to nothing.
    [[nodiscard]] Arrival sort(const Datagram& datagram, Instant now);
    void handle_datagram(const Datagram& datagram, Instant now);
    // Whether something of sessions has come that was not handed over yet: no relay counts as silent then.
    enum class Unheard : std::uint8_t { nothing, something };
    void handle_timeout(Instant now, Unheard unheard = Unheard::nothing);
    [[nodiscard]] Instant next_timeout() const;
    [[nodiscard]] std::vector<Datagram> take_datagrams();
    // Relay Directions alone, uncommitted: they may leave while the path's record is being stored,
    // since nothing is promised by them. What is not taken here comes with take_datagrams.
    [[nodiscard]] std::vector<Datagram> take_early_datagrams();
    // For resolvers, to be taken as often as datagrams; each is answered later, maybe by a failure.
    [[nodiscard]] std::vector<NameQuestion> take_questions();
    void handle_answer(const NameQuestion& question, const dns::Answer& answer, Instant now);
    [[nodiscard]] std::vector<Notice> take_notices();
    [[nodiscard]] const std::optional<StoreError>& failure() const noexcept;
    [[nodiscard]] const std::optional<StoreError>& stall() const noexcept;

    // Provisioning. The error is a sentence; nothing has changed then.
    [[nodiscard]] Result<Nothing, std::string> add_node(
        std::string_view fqdn, const PeerKey& key, Instant now
    );
    [[nodiscard]] Result<Nothing, std::string> remove_node(std::string_view fqdn, Instant now);
    [[nodiscard]] Result<Nothing, std::string> add_relay(
        std::string_view name, const PeerKey& key, Instant now
    );
    [[nodiscard]] Result<Nothing, std::string> remove_relay(std::string_view name, Instant now);

    // Takes over zones, paths and limits; nodes and relays go on under them from here.
    void set_policy(const Settings& next);

    // For showing only.
    [[nodiscard]] const Context& context() const noexcept;
    [[nodiscard]] CoordinatorCounters counters() const;
    [[nodiscard]] std::size_t pending_releases() const noexcept;
    [[nodiscard]] std::size_t path_timers() const noexcept;

  private:
    struct Parts;
    explicit Coordinator(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace ntm::dc
