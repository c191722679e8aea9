// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/suite.hpp"

#include <algorithm>

namespace ntm::crypto {

namespace {

template <typename Is>
std::optional<Suite> first_that(Is is) noexcept {
    const auto found = std::ranges::find_if(all_suites, is);
    return found == all_suites.end() ? std::nullopt : std::optional{*found};
}

}  // namespace

const char* text_of(Suite suite) noexcept {
    switch (suite) {
        case Suite::none:
            return "none";
        case Suite::aes_128_gcm:
            return "aes-128-gcm";
        case Suite::chacha20_poly1305:
            return "chacha20-poly1305";
        case Suite::aes_128_cbc_hmac_sha_256:
            return "aes-128-cbc-hmac-sha-256";
        case Suite::aes_128_cbc_hmac_md5:
            return "aes-128-cbc-hmac-md5";
        case Suite::aes_256_gcm:
            return "aes-256-gcm";
    }
    return "";
}

std::optional<Suite> suite_of(std::string_view text) noexcept {
    return first_that([&](Suite suite) { return text == text_of(suite); });
}

std::optional<Suite> suite_of(std::uint64_t number) noexcept {
    return first_that([&](Suite suite) { return number == static_cast<std::uint64_t>(suite); });
}

std::vector<std::string> texts_of(const std::vector<Suite>& suites) {
    std::vector<std::string> texts;
    texts.reserve(suites.size());
    for (const Suite suite : suites) {
        texts.emplace_back(text_of(suite));
    }
    return texts;
}

std::vector<Suite> usual_suites() {
    return {Suite::aes_128_gcm, Suite::chacha20_poly1305, Suite::aes_128_cbc_hmac_sha_256};
}

const char* weakness_of(Suite suite) noexcept {
    switch (suite) {
        case Suite::none:
            return "whoever is on the way can read and forge packets";
        case Suite::aes_128_cbc_hmac_md5:
            return "MD5 is broken";
        default:
            return nullptr;
    }
}

}  // namespace ntm::crypto
