// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/ids.hpp"

#include "common/base/bytes.hpp"

#include <array>

namespace ntm::detail {

std::string id_text(std::uint64_t value) {
    std::array<std::uint8_t, sizeof(value)> bytes;
    store(bytes.data(), Be64::from_host(value));
    return to_hex(bytes);
}

}  // namespace ntm::detail
