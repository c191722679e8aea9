// SPDX-License-Identifier: BSD-3-Clause
// The Direction Requests of this node that its DC has not answered yet, and the packets that wait
// for them (docs/protocol.md section 4.2). One request at a time for a peer, not more than 20 a
// second, and after a refusal packets do not ask again at once.
#pragma once

#include "client/node/held_packets.hpp"
#include "client/node/node_settings.hpp"
#include "common/base/address.hpp"
#include "common/protocol/signaling.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ntm::client {

// Whom to reach: by name, or by virtual address where no name is known, or all general nodes; and why.
struct DirectionWish {
    std::string fqdn;
    std::optional<IpAddress> vip;
    v1::DirectionReason reason = v1::DIRECTION_NEW;
    PathId path_id;              // with moved and failed
    std::uint32_t revision = 0;  // with failed
    bool is_exit = false;        // without name and virtual address
};

class DirectionRequests {
  public:
    DirectionRequests(const NodeSettings& settings, protocol::Signaling& signaling)
        : settings_{settings}, signaling_{signaling} {}

    // The DC has granted a registration: what was wished before is asked for.
    void open(Instant now);
    // False if the limit of requests is reached, or as many peers wait as can.
    [[nodiscard]] bool ask(const DirectionWish& wish, Instant now);
    // The same for a packet, which waits. False if it can not.
    [[nodiscard]] bool ask_and_hold(const DirectionWish& wish, Bytes packet, Instant now);
    // For packets that have waited already, and wait no longer for it.
    [[nodiscard]] bool ask_and_hold(const DirectionWish& wish, HeldPackets& packets, Instant now);

    struct Settled {
        DirectionWish wish;
        HeldPackets held;
        v1::Signal answer;  // status internal if there was none
    };
    [[nodiscard]] std::optional<Settled> handle_answer(
        const protocol::AnswerReceived& answer, Instant now
    );
    [[nodiscard]] std::optional<Settled> handle_failure(std::uint64_t request, Instant now);
    // The packets that wait for a path to this peer, which has come by another way.
    [[nodiscard]] HeldPackets take_held(
        const std::string& fqdn, const std::vector<IpAddress>& vips
    );

    // Since when the oldest question to the DC is open; nothing if none is.
    [[nodiscard]] std::optional<Instant> waits_since() const;
    [[nodiscard]] Instant next_timeout() const;
    // Packets that were too old.
    std::size_t handle_timeout(Instant now);

  private:
    struct Pending {
        DirectionWish wish;
        std::optional<std::uint64_t> request;
        HeldPackets held;
        Instant since;    // it was wished
        Instant sent_at;  // if there is a request
    };
    struct Refusal {
        std::string fqdn;
        std::optional<IpAddress> vip;
        bool is_exit = false;
        Instant until;
    };
    [[nodiscard]] Pending* find(const DirectionWish& wish);
    [[nodiscard]] Pending* find_or_add(const DirectionWish& wish, Instant now);
    [[nodiscard]] bool is_refused(const DirectionWish& wish, Instant now);
    [[nodiscard]] bool has_budget(Instant now);
    void send(Pending& pending, Instant now);
    [[nodiscard]] std::optional<Settled> settle(
        std::uint64_t request, v1::Signal answer, Instant now
    );

    const NodeSettings& settings_;
    protocol::Signaling& signaling_;
    bool is_open_ = false;
    std::vector<Pending> pending_;
    std::vector<Refusal> refusals_;
    unsigned budget_ = 0;
    std::optional<Instant> budget_since_;
};

}  // namespace ntm::client
