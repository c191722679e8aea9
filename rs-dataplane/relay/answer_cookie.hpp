// SPDX-License-Identifier: BSD-3-Clause
// Turns each COOKIE ask round in place (docs/protocol.md section 4.1): never longer than the ask,
// nothing kept but rate buckets. It goes back to the station that brought it, so no route is asked.
#pragma once

#include "common/base/secret.hpp"
#include "common/crypto/token_mint.hpp"
#include "common/packet/burst.hpp"
#include "rs-dataplane/relay/rate_limit.hpp"
#include "rs-dataplane/relay/settings.hpp"

#include <cstdint>

namespace ntm::relay {

// One worker's: the mint and the budgets.
class CookieAnswerer {
  public:
    CookieAnswerer(const Secret<16>& token_key, std::uint64_t seed)
        : mint_{token_key}, networks_{seed}, sources_{seed} {}

    // Those that are dropped leave the lane.
    void answer(Burst& burst, Lane& lane, const Settings& settings, Instant now) noexcept;

  private:
    [[nodiscard]] DropReason answer_one(
        Packet& packet, const Settings& settings, Instant now
    ) noexcept;
    [[nodiscard]] bool may_answer(
        const IpAddress& source, const Settings& settings, Instant now
    ) noexcept;
    crypto::TokenMint mint_;
    NetworkLimiter networks_;
    SourceLimiter sources_;
    TokenBucket all_;
};

}  // namespace ntm::relay
