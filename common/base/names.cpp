// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/names.hpp"

#include <algorithm>

namespace ntm {

namespace {

constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_interface_name = 15;  // IFNAMSIZ less the terminator

char to_lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_letter_or_digit(char letter) noexcept {
    const char lower = to_lower(letter);
    return (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
}

}  // namespace

bool is_label(std::string_view text) noexcept {
    if (text.empty() || text.size() > longest_label) {
        return false;
    }
    const bool has_good_ends = is_letter_or_digit(text.front()) && is_letter_or_digit(text.back());
    return has_good_ends && std::ranges::all_of(text, [](char letter) {
               return is_letter_or_digit(letter) || letter == '-';
           });
}

std::optional<std::string> normalise_fqdn(std::string_view text) {
    auto name = normalise_domain(text);
    return name && name->find('.') != std::string::npos ? name : std::nullopt;
}

std::optional<std::string> normalise_domain(std::string_view text) {
    if (text.ends_with('.')) {
        text.remove_suffix(1);
    }
    if (text.size() > longest_name) {
        return std::nullopt;
    }
    std::string_view rest = text;
    while (true) {
        const auto dot = rest.find('.');
        if (!is_label(rest.substr(0, dot))) {
            return std::nullopt;
        }
        if (dot == std::string_view::npos) {
            break;
        }
        rest = rest.substr(dot + 1);
    }
    std::string fqdn{text};
    std::ranges::transform(fqdn, fqdn.begin(), to_lower);
    return fqdn;
}

bool is_under(std::string_view fqdn, const std::vector<std::string>& zones) {
    return std::ranges::any_of(zones, [&](const std::string& zone) {
        return fqdn.size() > zone.size() + 1 && fqdn.ends_with(zone) &&
               fqdn[fqdn.size() - zone.size() - 1] == '.';
    });
}

bool is_within(std::string_view fqdn, const std::vector<std::string>& zones) {
    return std::ranges::find(zones, fqdn) != zones.end() || is_under(fqdn, zones);
}

bool is_interface_name(std::string_view text) noexcept {
    if (text.empty() || text.size() > longest_interface_name || text == "." || text == "..") {
        return false;
    }
    return text.find_first_of("/: \t\n\v\f\r") == std::string_view::npos;
}

}  // namespace ntm
