// SPDX-License-Identifier: BSD-3-Clause
// COOKIE: 72 bytes both ways, in clear (docs/protocol.md section 4.1). The data plane turns an ask
// round in place; nodes and brains build and read them here.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/crypto/token_mint.hpp"

#include <cstdint>
#include <optional>

namespace ntm::protocol {

inline constexpr std::size_t cookie_size = 72;

// Offsets from the NTM header's first byte.
inline constexpr std::size_t cookie_nonce_at = 16;
inline constexpr std::size_t cookie_token_at = 24;
inline constexpr std::size_t cookie_boot_id_at = 40;
inline constexpr std::size_t cookie_port_at = 48;
inline constexpr std::size_t cookie_family_at = 50;  // 1 byte, then 5 zero bytes
inline constexpr std::size_t cookie_address_at = 56;

struct CookieAnswer {
    std::uint64_t nonce = 0;
    crypto::Token token{};
    BootId boot_id;
    Endpoint outside;  // where the ask came from, as its answerer saw it
};

[[nodiscard]] Bytes build_cookie_ask(std::uint64_t nonce);
// The nonce, if `datagram` is an ask of exactly 72 bytes.
[[nodiscard]] std::optional<std::uint64_t> parse_cookie_ask(ByteView datagram) noexcept;
[[nodiscard]] Bytes build_cookie_answer(const CookieAnswer& answer);
[[nodiscard]] std::optional<CookieAnswer> parse_cookie_answer(ByteView datagram) noexcept;

}  // namespace ntm::protocol
