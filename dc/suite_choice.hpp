// SPDX-License-Identifier: BSD-3-Clause
// Which cipher suite a path has, and what that leaves of the inner MTU (docs/protocol.md section 3).
#pragma once

#include "common/crypto/suite.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace ntm::dc {

// As a registration names them: those that nobody here knows are passed over, and one that names none
// means the default.
template <typename Numbers>
[[nodiscard]] std::vector<crypto::Suite> suites_named(const Numbers& numbers) {
    std::vector<crypto::Suite> suites;
    for (const int number : numbers) {
        const auto suite = crypto::suite_of(static_cast<std::uint64_t>(number));
        if (suite && std::ranges::find(suites, *suite) == suites.end()) {
            suites.push_back(*suite);
        }
    }
    if (numbers.empty()) {
        suites.push_back(crypto::Suite::aes_128_gcm);
    }
    return suites;
}

// The first of the asker's that the other end takes too, and that paths may use.
[[nodiscard]] std::optional<crypto::Suite> choose_suite(
    const std::vector<crypto::Suite>& asker,
    const std::vector<crypto::Suite>& other,
    const std::vector<crypto::Suite>& allowed
);

// For tunnelled packets that are no longer than those of AES-128-GCM with an inner packet of `usual`
// bytes; never below 1280.
[[nodiscard]] std::uint32_t inner_mtu_of(crypto::Suite suite, std::uint32_t usual);

}  // namespace ntm::dc
