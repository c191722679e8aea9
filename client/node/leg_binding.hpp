// SPDX-License-Identifier: BSD-3-Clause
// One attempt to bind a leg by Tunnel Requests on one way (docs/protocol.md section 5). It decides
// when a Request goes and with which token, and judges the Responses; RelayedLeg and DirectLegs
// seal and send, and draw the conclusions.
#pragma once

#include "client/node/retransmission.hpp"
#include "client/node/way.hpp"
#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "common/crypto/token_mint.hpp"
#include "common/protocol/ntm.pb.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace ntm::client {

class LegBinding {
  public:
    static constexpr unsigned most_untrusted_tries = 3;
    static constexpr Duration token_patience = std::chrono::milliseconds{300};
    struct Plan {
        Way way;
        // The leg is bound to another address, so that only a Request with a token can succeed. Where
        // none comes by itself within token_patience, a Request asks for one.
        bool needs_token = false;
        // The far end is proven or has answered: Requests go on until it has. Else so many at most.
        bool is_trusted = false;
        unsigned most_untrusted_tries = LegBinding::most_untrusted_tries;
        std::optional<Duration> rtt;
    };
    LegBinding(const Plan& plan, Instant now);

    [[nodiscard]] const Way& way() const noexcept { return plan_.way; }
    // From now on Requests carry this token; the first one goes at once.
    void give_token(const crypto::Token& token, Instant now);
    [[nodiscard]] bool is_trusted() const noexcept { return plan_.is_trusted; }
    void trust() noexcept { plan_.is_trusted = true; }

    [[nodiscard]] Instant next_timeout() const noexcept;
    [[nodiscard]] std::optional<v1::TunnelRequest> handle_timeout(
        RandomSource& random, Instant now
    );
    [[nodiscard]] bool is_over(Instant now) const noexcept { return retry_.is_over(now); }
    [[nodiscard]] bool has_answered() const noexcept { return has_answered_; }

    // Whether the Response answers one of its Requests; if so a token that it brings for another
    // try is put to use.
    [[nodiscard]] bool handle_response(const v1::TunnelResponse& response, Instant now);

  private:
    Plan plan_;
    Retransmission retry_;
    Instant patient_until_;
    std::optional<crypto::Token> token_;
    unsigned tokens_given_ = 0;
    bool has_answered_ = false;
    std::deque<std::uint64_t> nonces_;  // of the last few Requests
};

// The Requests of one path to addresses that are neither proven nor have answered: three to each, in
// however many attempts.
class UnprovenRequests {
  public:
    // For a plan's most_untrusted_tries.
    [[nodiscard]] unsigned left(const Endpoint& remote) const;
    // A Request of this attempt has been sent.
    void note(const LegBinding& attempt);
    // Another Direction names the addresses anew.
    void forget() { sent_.clear(); }

  private:
    std::map<Endpoint, unsigned> sent_;
};

// The token of a Response; nothing if there is none or it is malformed.
[[nodiscard]] std::optional<crypto::Token> token_of(const v1::TunnelResponse& response);

}  // namespace ntm::client
