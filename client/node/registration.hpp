// SPDX-License-Identifier: BSD-3-Clause
// This node's standing with its DC: registration at start, after a move, at half of its lifetime and
// when the DC has lost its state; keep-alives in between (docs/protocol.md section 4).
#pragma once

#include "client/node/local_addresses.hpp"
#include "client/node/node_settings.hpp"
#include "client/node/relay_watch.hpp"
#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/protocol/request_engine.hpp"
#include "common/protocol/signaling.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ntm::client {

// What the DC has granted.
struct Grant {
    std::optional<InterfaceAddress> vipv4;
    std::optional<InterfaceAddress> vipv6;
    std::vector<Prefix> virtual_prefixes;
    std::optional<Endpoint> outside;  // as the DC saw it last
    Duration keep_alive{0};
    Duration lifetime{0};
    std::vector<RelayAddresses> relays;
};

// Checks the whole response; the error is a sentence.
[[nodiscard]] Result<Grant, std::string> parse_grant(const v1::RegistrationResponse& message);

class Registration {
  public:
    using RelayRtts = std::vector<std::pair<std::string, Duration>>;

    Registration(const NodeSettings& settings, protocol::Signaling& signaling, RandomSource& random)
        : settings_{settings}, signaling_{signaling}, random_{random} {}

    // The host's addresses have changed: signalling moves at once, and after a moment, in which more
    // changes may come, the DC is told of all.
    void addresses_changed(const LocalAddresses& locals, Instant now);
    // A NAT has forgotten a relay's hole, and so perhaps the DC's: a Keep Alive opens it again and
    // shows the DC where this node is.
    void outside_changed(Instant now);
    // The DC is to be reached elsewhere.
    void dc_moved(const LocalAddresses& locals, Instant now);
    void handle_connected(const protocol::PeerConnected& event, Instant now);

    enum class Outcome : std::uint8_t { not_mine, no_change, granted, refused };
    [[nodiscard]] Outcome handle_answer(const protocol::AnswerReceived& answer, Instant now);
    [[nodiscard]] Outcome handle_failure(std::uint64_t request, Instant now);

    // Once, after the DC has seen another outside address than before: its family.
    [[nodiscard]] std::optional<Family> take_changed_family() noexcept {
        return std::exchange(changed_family_, std::nullopt);
    }

    [[nodiscard]] Instant next_timeout() const;
    void handle_timeout(const RelayRtts& rtts, Instant now);

    [[nodiscard]] const std::optional<Grant>& grant() const noexcept { return grant_; }
    // Since when the oldest question to the DC is open; nothing if none is.
    [[nodiscard]] std::optional<Instant> waits_since() const noexcept;
    // After Outcome::refused: why.
    [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

  private:
    void reach_dc(const LocalAddresses& locals, Instant now);
    void set_endpoints(const LocalAddresses& locals);
    [[nodiscard]] Duration gathering_time(Instant now);
    void send_registration(Instant now);
    void send_keep_alive(const RelayRtts& rtts, Instant now);
    // The DC may judge by the place that a Keep Alive comes from: not before it knows the addresses.
    [[nodiscard]] bool may_keep_alive() const noexcept {
        return are_addresses_known_ && !keeping_alive_ && keep_alive_at_;
    }
    void take_ack(const v1::KeepAliveAck& ack, Instant now);
    void note_outside(const Endpoint& outside);
    [[nodiscard]] Outcome take_response(const v1::Signal& answer, Instant now);

    const NodeSettings& settings_;
    protocol::Signaling& signaling_;
    RandomSource& random_;
    std::vector<LocalAddress> addresses_;
    bool has_started_ = false;
    bool is_gathering_ = false;         // register_at_ waits for more changes
    bool are_addresses_known_ = false;  // the DC has granted a Registration with these
    unsigned hurries_ = 0;
    std::optional<protocol::Backoff> busy_backoff_;
    std::optional<std::uint64_t> registering_;
    std::optional<std::uint64_t> keeping_alive_;
    Instant registering_since_;
    Instant keeping_alive_since_;
    std::optional<Instant> register_at_;
    std::optional<Instant> keep_alive_at_;
    std::optional<Grant> grant_;
    std::map<Family, Endpoint> seen_at_;  // by the DC, last
    std::optional<Family> changed_family_;
    std::string refusal_;
};

}  // namespace ntm::client
