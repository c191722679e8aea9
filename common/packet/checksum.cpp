// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/checksum.hpp"

#include "common/base/byte_order.hpp"

namespace ntm {

WordSum sum_words(ByteView bytes) noexcept {
    WordSum sum = 0;
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        sum += load<std::uint32_t>(bytes.data() + at);
    }
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
