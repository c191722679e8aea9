// SPDX-License-Identifier: BSD-3-Clause
#include "control/device_names.hpp"

#include <algorithm>

namespace ntm::control {

namespace {

constexpr std::string_view vdev_start = "net_";

bool is_digit(char letter) noexcept {
    return letter >= '0' && letter <= '9';
}

bool is_hex_digit(char letter) noexcept {
    return is_digit(letter) || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
}

bool is_letter_or_digit(char letter) noexcept {
    return is_digit(letter) || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

// Takes what stands before `end` from the front; nothing if there is no such end, or what stands
// there is not `least` to `most` hexadecimal digits.
std::optional<std::string_view> take_hex(
    std::string_view& text, char end, std::size_t least, std::size_t most
) {
    const auto at = text.find(end);
    if (at == std::string_view::npos || at < least || at > most) {
        return std::nullopt;
    }
    const std::string_view digits = text.substr(0, at);
    text.remove_prefix(at + 1);
    return std::ranges::all_of(digits, is_hex_digit) ? std::optional{digits} : std::nullopt;
}

}  // namespace

std::optional<std::string> parse_pci_address(std::string_view text) {
    std::string_view rest = text;
    // Domains of more than 16 bits belong to disks behind VMD alone, but cost nothing here.
    const auto domain = take_hex(rest, ':', 4, 8);
    const auto bus = domain ? take_hex(rest, ':', 2, 2) : std::nullopt;
    const auto device = bus ? take_hex(rest, '.', 2, 2) : std::nullopt;
    const bool is_device = device && (device->front() == '0' || device->front() == '1');
    const bool is_function = rest.size() == 1 && rest.front() >= '0' && rest.front() <= '7';
    return is_device && is_function ? std::optional{std::string{text}} : std::nullopt;
}

std::optional<std::string> parse_vdev(std::string_view text) {
    const std::string_view name = text.substr(0, text.find(','));
    const bool is_name = name.size() > vdev_start.size() && name.starts_with(vdev_start) &&
                         std::ranges::all_of(name, [](char letter) {
                             return is_letter_or_digit(letter) || letter == '_' || letter == '-';
                         });
    return is_name ? std::optional{std::string{text}} : std::nullopt;
}

std::optional<std::string> parse_file_prefix(std::string_view text) {
    const bool is_good =
        !text.empty() && is_letter_or_digit(text.front()) &&
        std::ranges::all_of(text, [](char letter) {
            return is_letter_or_digit(letter) || letter == '-' || letter == '_' || letter == '.';
        });
    return is_good ? std::optional{std::string{text}} : std::nullopt;
}

}  // namespace ntm::control
