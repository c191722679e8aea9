// SPDX-License-Identifier: BSD-3-Clause
// The Internet checksum (RFC 1071) whole, and its incremental update (RFC 1624). Everything here
// works on raw words as they lie in the packet: the sum of swapped words is the swapped sum, so no
// byte order is ever turned.
//
// Two zeros: in one's complement 0x0000 and 0xffff are the same number. A UDP checksum field of
// 0x0000 means "none", so a computed zero is sent as 0xffff (RFC 768); an IPv4 header's is not.
#pragma once

#include "common/base/bytes.hpp"

#include <bit>
#include <cstdint>

namespace ntm {

// Sums up to 2^48 words before it must be folded.
using WordSum = std::uint64_t;

[[nodiscard]] constexpr std::uint16_t fold(WordSum sum) noexcept {
    // Adding the swapped halves leaves their sum, with its carry added, in the upper half.
    sum += std::rotl(sum, 32);
    auto half = static_cast<std::uint32_t>(sum >> 32);
    half += std::rotl(half, 16);
    return static_cast<std::uint16_t>(half >> 16);
}
// The same for a sum of fewer than 2^16 words.
[[nodiscard]] constexpr std::uint16_t fold_short(std::uint32_t sum) noexcept {
    sum += std::rotl(sum, 16);
    return static_cast<std::uint16_t>(sum >> 16);
}

// A last odd byte counts as if a zero byte followed it.
[[nodiscard]] WordSum sum_words(ByteView bytes) noexcept;

// The 20 bytes of an IPv4 header without options, read without a loop.
[[nodiscard]] inline WordSum sum_ipv4_header(const std::uint8_t* header) noexcept {
    WordSum sum = 0;
    for (int at = 0; at < 20; at += 4) {
        sum += load<std::uint32_t>(header + at);
    }
    return sum;
}

// Whether the 20 bytes of a header without options sum to -0. In two words of 64 bits with their
// carry.
[[nodiscard]] inline bool is_valid_ipv4_sum(const std::uint8_t* header) noexcept {
    const auto first = load<std::uint64_t>(header);
    std::uint64_t sum = first + load<std::uint64_t>(header + 8);
    sum += sum < first ? 1 : 0;
    const std::uint64_t last = load<std::uint32_t>(header + 16);
    sum += last;
    sum += sum < last ? 1 : 0;
    return fold(sum) == 0xffff;
}

// The field's value for a sum in which the field itself counted as zero.
[[nodiscard]] constexpr std::uint16_t checksum_of(WordSum sum) noexcept {
    return static_cast<std::uint16_t>(~fold(sum));
}

// Protocol and length of the pseudo header; the addresses' words are summed beside it. The same in
// IPv4 and IPv6 for every length below 2^16.
[[nodiscard]] WordSum sum_pseudo_header(std::uint8_t protocol, std::uint16_t length) noexcept;

[[nodiscard]] constexpr std::uint16_t udp_checksum_of(WordSum sum) noexcept {
    const std::uint16_t checksum = checksum_of(sum);
    return checksum == 0 ? std::uint16_t{0xffff} : checksum;
}

// The difference that replacing words with sum `removed` by words with sum `added` makes.
[[nodiscard]] constexpr std::uint16_t checksum_delta(WordSum removed, WordSum added) noexcept {
    return fold(WordSum{static_cast<std::uint16_t>(~fold(removed))} + fold(added));
}

// RFC 1624 eqn. 3: HC' = ~(~HC + ~m + m'), with the delta for the last two.
[[nodiscard]] constexpr std::uint16_t update_checksum(
    std::uint16_t checksum, std::uint16_t delta
) noexcept {
    return static_cast<std::uint16_t>(~fold(WordSum{static_cast<std::uint16_t>(~checksum)} + delta)
    );
}

[[nodiscard]] constexpr std::uint16_t update_udp_checksum(
    std::uint16_t checksum, std::uint16_t delta
) noexcept {
    const std::uint16_t updated = update_checksum(checksum, delta);
    return updated == 0 ? std::uint16_t{0xffff} : updated;
}

}  // namespace ntm
