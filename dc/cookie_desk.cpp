// SPDX-License-Identifier: BSD-3-Clause
#include "dc/cookie_desk.hpp"

#include "common/protocol/cookie.hpp"

namespace ntm::dc {

CookieDesk::CookieDesk(
    BootId boot_id, std::uint32_t per_second, const Secret<16>& token_key, RandomSource& random
)
    : boot_id_{boot_id},
      per_source_{per_second, per_second},
      mint_{token_key},
      sources_{random.number()} {}

std::optional<Datagram> CookieDesk::answer(const Datagram& ask, Instant now) {
    const auto nonce = protocol::parse_cookie_ask(ask.payload);
    if (!nonce) {
        ++counters_.malformed;
        return std::nullopt;
    }
    if (!sources_.take(ask.remote.address, per_source_, now)) {
        ++counters_.limited;
        return std::nullopt;
    }
    ++counters_.answered;
    protocol::CookieAnswer answer;
    answer.nonce = *nonce;
    answer.token = mint_.mint(ask.remote, now);
    answer.boot_id = boot_id_;
    answer.outside = ask.remote;
    return Datagram{ask.local, ask.remote, protocol::build_cookie_answer(answer)};
}

}  // namespace ntm::dc
