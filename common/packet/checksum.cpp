// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/checksum.hpp"

#include "common/base/byte_order.hpp"

namespace ntm {

namespace {

// In the instructions of the processor that the function is for into which it is inlined.
[[gnu::always_inline]] inline WordSum sum_of(const std::uint8_t* double_words, std::size_t count) {
    WordSum sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum += load<std::uint32_t>(double_words + 4 * i);
    }
    return sum;
}

#ifdef __x86_64__
[[gnu::target("avx2")]] WordSum sum_by_avx2(const std::uint8_t* double_words, std::size_t count) {
    return sum_of(double_words, count);
}
const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
#endif

// Below, to turn to it costs what it gains.
constexpr std::size_t enough_for_avx2 = 32;

WordSum sum_double_words(const std::uint8_t* from, std::size_t count) noexcept {
#ifdef __x86_64__
    if (count >= enough_for_avx2 && has_avx2) {
        return sum_by_avx2(from, count);
    }
#endif
    return sum_of(from, count);
}

}  // namespace

WordSum sum_words(ByteView bytes) noexcept {
    std::size_t at = bytes.size() / 4 * 4;
    WordSum sum = sum_double_words(bytes.data(), bytes.size() / 4);
    if (at + 2 <= bytes.size()) {
        sum += load<std::uint16_t>(bytes.data() + at);
        at += 2;
    }
    if (at < bytes.size()) {
        const std::uint8_t last[2] = {bytes[at], 0};
        sum += load<std::uint16_t>(last);
    }
    return sum;
}

WordSum sum_pseudo_header(std::uint8_t protocol, std::uint16_t length) noexcept {
    return WordSum{Be16::from_host(protocol).raw()} + Be16::from_host(length).raw();
}

}  // namespace ntm
