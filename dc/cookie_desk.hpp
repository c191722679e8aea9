// SPDX-License-Identifier: BSD-3-Clause
// Answers COOKIE asks (docs/protocol.md section 4.1): 72 bytes for 72 bytes, nothing kept but a
// table of fixed size that limits how often one source is answered.
#pragma once

#include "common/base/datagram.hpp"
#include "common/base/ids.hpp"
#include "common/base/random.hpp"
#include "common/base/rate_limit.hpp"
#include "common/base/time.hpp"
#include "common/crypto/token_mint.hpp"

#include <cstdint>
#include <optional>

namespace ntm::dc {

class CookieDesk {
  public:
    struct Counters {
        std::uint64_t answered = 0;
        std::uint64_t limited = 0;
        std::uint64_t malformed = 0;
    };
    // `token_key` is that of all the DC's tokens.
    CookieDesk(
        BootId boot_id, std::uint32_t per_second, const Secret<16>& token_key, RandomSource& random
    );

    void set_rate(std::uint32_t per_second) noexcept { per_source_ = {per_second, per_second}; }

    // Leaves from the address that was asked.
    [[nodiscard]] std::optional<Datagram> answer(const Datagram& ask, Instant now);
    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

  private:
    BootId boot_id_;
    Budget per_source_;
    crypto::TokenMint mint_;
    SourceBuckets<4096> sources_;
    Counters counters_;
};

}  // namespace ntm::dc
