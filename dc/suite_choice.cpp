// SPDX-License-Identifier: BSD-3-Clause
#include "dc/suite_choice.hpp"

#include <algorithm>

namespace ntm::dc {

namespace {

constexpr std::uint32_t least_inner_mtu = 1280;

bool has(const std::vector<crypto::Suite>& suites, crypto::Suite suite) {
    return std::ranges::find(suites, suite) != suites.end();
}

}  // namespace

std::optional<crypto::Suite> choose_suite(
    const std::vector<crypto::Suite>& asker,
    const std::vector<crypto::Suite>& other,
    const std::vector<crypto::Suite>& allowed
) {
    const auto chosen = std::ranges::find_if(asker, [&](crypto::Suite suite) {
        return has(other, suite) && has(allowed, suite);
    });
    return chosen == asker.end() ? std::nullopt : std::optional{*chosen};
}

std::uint32_t inner_mtu_of(crypto::Suite suite, std::uint32_t usual) {
    const std::size_t sealed = crypto::sealed_size(crypto::Suite::aes_128_gcm, usual);
    const auto longest = static_cast<std::uint32_t>(crypto::longest_text(suite, sealed));
    return std::max(std::min(usual, longest), least_inner_mtu);
}

}  // namespace ntm::dc
