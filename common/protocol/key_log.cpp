// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/key_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace ntm::protocol {

namespace {

constexpr std::string_view run_label = "NTM_RUN";
constexpr std::string_view signal_label = "NTM_SIGNAL";
constexpr std::string_view path_label = "NTM_PATH";
constexpr std::string_view leg_label = "NTM_LEG";
constexpr std::string_view epoch_label = "NTM_EPOCH";

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

using Kind = KeyLogLine::Kind;

std::optional<Kind> kind_of(std::string_view label) {
    constexpr std::array<std::pair<std::string_view, Kind>, 4> kinds{
        {{signal_label, Kind::signal_key},
         {path_label, Kind::path_secret},
         {leg_label, Kind::leg_secret},
         {epoch_label, Kind::epoch_secret}}};
    const auto* const found =
        std::ranges::find(kinds, label, [](const auto& each) { return each.first; });
    return found == kinds.end() ? std::nullopt : std::optional{found->second};
}

// Reads the two numbers between the id and the secret of a path's, an epoch's or a leg's line. False if
// they are none that there are.
bool read_middle(const std::vector<std::string_view>& words, KeyLogLine& into) {
    const auto first = number_of<std::uint32_t>(words[2], 10);
    const auto second = number_of<std::uint8_t>(words[3], 10);
    if (!first || !second) {
        return false;
    }
    (into.kind == Kind::epoch_secret ? into.epoch : into.revision) = *first;
    if (into.kind == Kind::leg_secret) {
        into.role = static_cast<Role>(*second);
        return *second < 2;
    }
    const auto suite = crypto::suite_of(std::uint64_t{*second});
    into.suite = suite.value_or(into.suite);
    return suite.has_value();
}

const char* wrong_middle(Kind kind) {
    switch (kind) {
        case Kind::leg_secret:
            return "revision or role is not a number that there is";
        case Kind::epoch_secret:
            return "epoch or suite is not a number that there is";
        default:
            return "revision or suite is not a number that there is";
    }
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

void KeyLog::note(
    std::string_view label,
    PathId path,
    std::uint32_t first,
    unsigned second,
    const Secret32& secret
) const {
    if (is_on()) {
        const std::string middle = std::to_string(first) + " " + std::to_string(second) + " ";
        write(line_of(label, path.text()) + middle, secret.view());
    }
}

void KeyLog::note_path_secret(
    PathId path, std::uint32_t revision, crypto::Suite suite, const Secret32& secret
) const {
    note(path_label, path, revision, static_cast<unsigned>(suite), secret);
}

void KeyLog::note_epoch_secret(
    PathId path, std::uint32_t epoch, crypto::Suite suite, const Secret32& secret
) const {
    note(epoch_label, path, epoch, static_cast<unsigned>(suite), secret);
}

void KeyLog::note_leg_secret(PathId path, std::uint32_t revision, Role role, const Secret32& secret)
    const {
    note(leg_label, path, revision, static_cast<unsigned>(role), secret);
}

Result<std::optional<KeyLogLine>, std::string> parse_key_log_line(std::string_view line) {
    const std::vector<std::string_view> words = words_of(line);
    const auto kind = words.empty() ? std::nullopt : kind_of(words[0]);
    if (!kind) {
        return std::optional<KeyLogLine>{};
    }
    if (words.size() != (kind == Kind::signal_key ? 3U : 5U)) {
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
    parsed.kind = *kind;
    parsed.id = *id;
    parsed.secret = std::move(*secret);
    if (kind != Kind::signal_key && !read_middle(words, parsed)) {
        return bad(wrong_middle(*kind));
    }
    return std::optional{std::move(parsed)};
}

}  // namespace ntm::protocol
