// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/suite.hpp"

#include <algorithm>

namespace ntm::crypto {

std::optional<Suite> suite_of(std::uint64_t number) noexcept {
    const auto found = std::ranges::find_if(all_suites, [&](Suite suite) {
        return number == static_cast<std::uint64_t>(suite);
    });
    return found == all_suites.end() ? std::nullopt : std::optional{*found};
}

}  // namespace ntm::crypto
