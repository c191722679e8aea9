// SPDX-License-Identifier: BSD-3-Clause
// What COOKIE asks tell about one way to a relay, and when to ask next (docs/protocol.md section
// 4.1): once a minute; as a keep-alive after a pause of 15 s where the way carries a path; every
// 300 ms where a path is active and nothing comes back. RelayWatch has one for each way.
#pragma once

#include "client/node/local_addresses.hpp"
#include "client/node/retransmission.hpp"
#include "client/node/way.hpp"
#include "common/base/random.hpp"
#include "common/protocol/cookie.hpp"

#include <optional>
#include <vector>

namespace ntm::client {

class WayPulse {
  public:
    WayPulse(const Way& way, const LocalAddress& local, Instant now);

    [[nodiscard]] const Way& way() const noexcept { return way_; }
    [[nodiscard]] const LocalAddress& local() const noexcept { return local_; }

    // Whether the way carries a path: then it is kept open, and its death matters.
    void set_used(bool is_used) noexcept { is_used_ = is_used; }
    // Anything was sent to the relay; a path wanted to send or got DATA; something authentic came.
    void note_sent(Instant now) noexcept { last_sent_ = now; }
    void note_active(Instant now) noexcept;
    void note_heard(Instant now) noexcept;

    // An ask is due at once, or as soon after the last one as a check may be.
    void doubt(Instant now) noexcept { doubted_at_ = now; }

    [[nodiscard]] Instant next_timeout() const;
    struct Step {
        bool has_died = false;  // three asks without an answer
        std::optional<std::uint64_t> ask;
    };
    [[nodiscard]] Step handle_timeout(RandomSource& random, Instant now);

    // Of where the other side sees this host.
    enum class Sight : std::uint8_t { as_before, first, changed };
    struct Finding {
        bool is_first = false;  // the way was not known to work
        Sight sight = Sight::as_before;
    };
    [[nodiscard]] bool has_asked(std::uint64_t nonce) const noexcept;
    // Only for an answer to one of its asks.
    [[nodiscard]] Finding handle_answer(const protocol::CookieAnswer& answer, Instant now);
    // From a Tunnel Response, before it is noted as heard.
    [[nodiscard]] Sight note_outside(const Endpoint& outside, Instant now) noexcept;
    // An authenticated Tunnel Response came with a token for this source.
    void store_token(const crypto::Token& token, Instant now) noexcept;
    void drop_token() noexcept { token_.reset(); }

    [[nodiscard]] bool has_answered() const noexcept { return last_heard_.has_value(); }
    [[nodiscard]] bool is_dead() const noexcept { return is_dead_; }
    // Asked 300 ms ago or more, and no answer to anything yet.
    [[nodiscard]] bool is_silent(Instant now) const noexcept;
    [[nodiscard]] std::optional<Duration> rtt() const noexcept { return rtt_; }
    [[nodiscard]] const std::optional<Endpoint>& outside() const noexcept { return outside_; }
    [[nodiscard]] std::optional<crypto::Token> token(Instant now) const noexcept;

  private:
    struct Ask {
        std::uint64_t nonce = 0;
        Instant at;
        Duration pause{0};  // since the last thing sent before it
    };
    [[nodiscard]] bool is_active(Instant now, Duration within) const noexcept;
    [[nodiscard]] Duration wait_for_answer() const noexcept;
    [[nodiscard]] Sight take_outside(const Endpoint& outside, Duration pause) noexcept;
    [[nodiscard]] std::uint64_t ask(RandomSource& random, Instant now);

    Way way_;
    LocalAddress local_;
    Retransmission first_;
    std::vector<Ask> asks_;  // the last few
    Duration minute_;        // with jitter
    Duration pause_;         // between keep-alives
    unsigned unanswered_ = 0;
    bool is_used_ = false;
    bool is_dead_ = false;
    std::optional<Instant> first_ask_;
    std::optional<Instant> last_ask_;
    Instant last_sent_;
    std::optional<Instant> last_heard_;
    std::optional<Instant> active_since_;
    Instant last_active_;
    std::optional<Duration> rtt_;
    std::optional<Endpoint> outside_;
    std::optional<Instant> doubted_at_;  // since the last ask
    std::optional<crypto::Token> token_;
    Instant token_at_;
};

}  // namespace ntm::client
