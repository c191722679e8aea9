// SPDX-License-Identifier: BSD-3-Clause
#include "dc/cookie_desk.hpp"

#include "common/protocol/cookie.hpp"

namespace ntm::dc {

namespace {

constexpr std::size_t bucket_count = 4096;

Secret<16> draw_key(RandomSource& random) {
    Secret<16> key;
    random.fill(key.mutable_view());
    return key;
}

// One mixing step of MurmurHash3's finaliser (Appleby, public domain).
std::uint64_t mix(std::uint64_t value) noexcept {
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdU;
    value ^= value >> 33;
    return value;
}

}  // namespace

CookieDesk::CookieDesk(BootId boot_id, std::uint32_t per_second, RandomSource& random)
    : boot_id_{boot_id},
      salt_{random.number()},
      mint_{draw_key(random)},
      buckets_(bucket_count, TokenBucket{per_second}) {}

std::optional<Datagram> CookieDesk::answer(const Datagram& ask, Instant now) {
    const auto nonce = protocol::parse_cookie_ask(ask.payload);
    if (!nonce) {
        ++counters_.malformed;
        return std::nullopt;
    }
    if (!bucket_of(ask.remote.address).take(now)) {
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

// An IPv6 host owns a whole /64, so that is one source.
TokenBucket& CookieDesk::bucket_of(const IpAddress& source) {
    const auto high = load<std::uint64_t>(source.padded().data());
    return buckets_[mix(high ^ salt_) % buckets_.size()];
}

}  // namespace ntm::dc
