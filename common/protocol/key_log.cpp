// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/key_log.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace ntm::protocol {

namespace {

constexpr std::string_view run_label = "NTM_RUN";
constexpr std::string_view signal_label = "NTM_SIGNAL";
constexpr std::string_view path_label = "NTM_PATH";
constexpr std::string_view leg_label = "NTM_LEG";

std::string line_of(std::string_view label, const std::string& id) {
    return std::string{label} + " " + id + " ";
}

std::vector<std::string_view> words_of(std::string_view line) {
    constexpr std::string_view blanks = " \t\r\n";
    std::vector<std::string_view> words;
    std::size_t begin = line.find_first_not_of(blanks);
    while (begin != std::string_view::npos) {
        const std::size_t end = std::min(line.find_first_of(blanks, begin), line.size());
        words.push_back(line.substr(begin, end - begin));
        begin = line.find_first_not_of(blanks, end);
    }
    return words;
}

template <typename Number>
std::optional<Number> number_of(std::string_view word, int base) {
    Number number{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
    if (error != std::errc{} || end != word.data() + word.size()) {
        return std::nullopt;
    }
    return number;
}

std::optional<std::uint64_t> id_of(std::string_view word) {
    return word.size() == 16 ? number_of<std::uint64_t>(word, 16) : std::nullopt;
}

std::optional<Secret32> secret_of(std::string_view word) {
    auto bytes = from_hex(word);
    if (!bytes || bytes->size() != Secret32::size) {
        return std::nullopt;
    }
    Secret32 secret{ByteView{*bytes}.first<Secret32::size>()};
    wipe(*bytes);
    return secret;
}

// The words between the id and the secret of a path's or a leg's line: the revision, and a small
// number, the suite or the role.
struct Middle {
    std::uint32_t revision = 0;
    std::uint8_t number = 0;
};

std::optional<Middle> middle_of(const std::vector<std::string_view>& words) {
    const auto revision = number_of<std::uint32_t>(words[2], 10);
    const auto number = number_of<std::uint8_t>(words[3], 10);
    if (!revision || !number) {
        return std::nullopt;
    }
    return Middle{*revision, *number};
}

// A path's suite or a leg's role.
bool is_in_range(std::uint8_t number, bool is_path) {
    return is_path ? crypto::suite_of(std::uint64_t{number}).has_value() : number < 2;
}

Unexpected<std::string> bad(const char* sentence) {
    return Unexpected{std::string{sentence}};
}

}  // namespace

void KeyLog::write(std::string line, ByteView secret) const {
    line += to_hex(secret);
    line += '\n';
    sink_(line);
}

void KeyLog::begin_run(std::string_view program, BootId boot_id) const {
    if (is_on()) {
        sink_(line_of(run_label, boot_id.text()) + std::string{program} + "\n");
    }
}

void KeyLog::note_signal_key(SessionId session, const crypto::AeadKey& key) const {
    if (is_on()) {
        write(line_of(signal_label, session.text()), key.view());
    }
}

void KeyLog::note_path_secret(
    PathId path, std::uint32_t revision, crypto::Suite suite, const Secret32& secret
) const {
    if (is_on()) {
        const std::string middle =
            std::to_string(revision) + " " + std::to_string(static_cast<unsigned>(suite)) + " ";
        write(line_of(path_label, path.text()) + middle, secret.view());
    }
}

void KeyLog::note_leg_secret(PathId path, std::uint32_t revision, Role role, const Secret32& secret)
    const {
    if (is_on()) {
        const std::string middle =
            std::to_string(revision) + " " + std::to_string(static_cast<unsigned>(role)) + " ";
        write(line_of(leg_label, path.text()) + middle, secret.view());
    }
}

Result<std::optional<KeyLogLine>, std::string> parse_key_log_line(std::string_view line) {
    const std::vector<std::string_view> words = words_of(line);
    const bool is_signal = !words.empty() && words[0] == signal_label;
    const bool is_path = !words.empty() && words[0] == path_label;
    const bool is_leg = !words.empty() && words[0] == leg_label;
    if (!is_signal && !is_path && !is_leg) {
        return std::optional<KeyLogLine>{};
    }
    if (words.size() != (is_signal ? 3U : 5U)) {
        return bad("a word is missing or too much");
    }
    const auto id = id_of(words[1]);
    auto secret = secret_of(words.back());
    if (!id || !secret) {
        return bad(
            id ? "the secret is not 64 hexadecimal digits" : "the id is not 16 hexadecimal digits"
        );
    }
    KeyLogLine parsed;
    parsed.id = *id;
    parsed.secret = std::move(*secret);
    if (is_signal) {
        return std::optional{std::move(parsed)};
    }
    const auto middle = middle_of(words);
    if (!middle || !is_in_range(middle->number, is_path)) {
        return bad(
            is_path ? "revision or suite is not a number that there is"
                    : "revision or role is not a number that there is"
        );
    }
    parsed.kind = is_path ? KeyLogLine::Kind::path_secret : KeyLogLine::Kind::leg_secret;
    parsed.revision = middle->revision;
    if (is_path) {
        parsed.suite = static_cast<crypto::Suite>(middle->number);
    } else {
        parsed.role = static_cast<Role>(middle->number);
    }
    return std::optional{std::move(parsed)};
}

}  // namespace ntm::protocol
