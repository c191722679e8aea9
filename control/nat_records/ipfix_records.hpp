// SPDX-License-Identifier: BSD-3-Clause
// Records as IPFIX has them (RFC 7011 section 3.4): data records of the NAT events of RFC 8158, and the
// templates that say what is in them.
#pragma once

#include "common/base/bytes.hpp"
#include "control/nat_records/nat_record.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ntm::control {

struct IpfixRecord {
    std::uint16_t template_id = 0;
    Bytes bytes;
};

// Nothing: RFC 8158 has no event for it.
[[nodiscard]] std::optional<IpfixRecord> ipfix_record(const NatRecord& record);
// One set of them all.
[[nodiscard]] Bytes ipfix_templates();

// In network byte order.
template <typename Number>
void append_number(Bytes& to, Number number) {
    const std::size_t begin = to.size();
    to.resize(begin + sizeof(Number));
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        to[begin + i] = static_cast<std::uint8_t>(number >> (8 * (sizeof(Number) - 1 - i)));
    }
}

}  // namespace ntm::control
