// SPDX-License-Identifier: BSD-3-Clause
// A strict reader of YAML configuration files. A daemon's config.cpp walks its sections with typed
// getters; whatever is missing, of the wrong type, out of range, unknown or there twice becomes a
// Problem with its place, and reading goes on, so that all problems come out at once:
//
//   Result<DcConfig, config::ConfigError> read_config(const std::string& file) {
//       return config::read<DcConfig>(file, [](config::Section& root, DcConfig& into) {
//           into.key_file = root.text("key_file");
//           root.section("listen", config::Need::optional, [&](config::Section& listen) {
//               into.port = listen.port("port", Port{9770});
//           });
//       });
//   }
//
// A getter without a fallback needs its key. A key that no getter asked for is unknown.
#pragma once

#include "common/base/address.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/config/config_error.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ntm::config {

enum class Need : std::uint8_t { required, optional };

struct Range {
    std::int64_t least = 0;
    std::int64_t most = 0;
};

struct DurationRange {
    Duration least{0};
    Duration most{0};
};

// One map of the file. It lives only while the function that it was given to runs.
class Section {
  public:
    struct State;
    explicit Section(State& state) noexcept : state_{state} {}
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() = default;

    // Whether the key is there; it counts as known from here on.
    [[nodiscard]] bool has(const std::string& key);
    // Whether it is there with a list, for a key that takes a word too.
    [[nodiscard]] bool is_list(const std::string& key);

    // Never empty, unless the fallback is.
    [[nodiscard]] std::string text(
        const std::string& key, const std::optional<std::string>& fallback = {}
    );
    [[nodiscard]] std::int64_t integer(
        const std::string& key, Range range, std::optional<std::int64_t> fallback = {}
    );
    [[nodiscard]] bool boolean(const std::string& key, std::optional<bool> fallback = {});
    [[nodiscard]] Duration duration(
        const std::string& key, DurationRange range, std::optional<Duration> fallback = {}
    );
    [[nodiscard]] std::string choice(
        const std::string& key,
        const std::vector<std::string>& words,
        const std::optional<std::string>& fallback = {}
    );
    [[nodiscard]] Port port(const std::string& key, std::optional<Port> fallback = {});  // 1-65535
    [[nodiscard]] IpAddress address(const std::string& key, std::optional<IpAddress> fallback = {});
    [[nodiscard]] Endpoint endpoint(const std::string& key, std::optional<Endpoint> fallback = {});
    [[nodiscard]] Prefix prefix(const std::string& key, std::optional<Prefix> fallback = {});

    // A required list has one item or more; an optional one may be empty or absent.
    [[nodiscard]] std::vector<std::string> texts(const std::string& key, Need need);
    [[nodiscard]] std::vector<std::string> choices(
        const std::string& key, const std::vector<std::string>& words, Need need
    );
    [[nodiscard]] std::vector<IpAddress> addresses(const std::string& key, Need need);
    [[nodiscard]] std::vector<Endpoint> endpoints(const std::string& key, Need need);
    [[nodiscard]] std::vector<InterfaceAddress> interface_addresses(
        const std::string& key, Need need
    );

    // A value of a type that this reader does not know: `parse` takes a string_view and gives an
    // optional; `allowed` says what it takes ("base64 of 32 bytes").
    template <typename Parse>
    [[nodiscard]] auto parsed(const std::string& key, Parse parse, const std::string& allowed) {
        using Value = typename decltype(parse(std::string_view{}))::value_type;
        const std::string typed = text(key, has(key) ? std::nullopt : std::optional{std::string{}});
        if (typed.empty()) {
            need(key);
            return Value{};
        }
        auto value = parse(std::string_view{typed});
        if (!value) {
            fail(key, in_quotes(typed) + " is not a valid " + key, allowed);
            return Value{};
        }
        return *std::move(value);
    }

    // Runs `read` on the map under `key`; not if it is absent.
    void section(const std::string& key, Need need, const std::function<void(Section&)>& read);
    // Runs `read` on each map of the list under `key`.
    void sections(const std::string& key, Need need, const std::function<void(Section&)>& read);

    // A problem that the caller found, at the key's value (at the section where it is absent).
    void fail(const std::string& key, const std::string& what, const std::string& allowed = "");
    // The same at one item of the list under the key, counted from 0.
    void fail_item(
        const std::string& key,
        std::size_t item,
        const std::string& what,
        const std::string& allowed = ""
    );

  private:
    void need(const std::string& key);
    State& state_;
};

// Reads the file and runs `walk` over its top map; all problems found, or nothing.
[[nodiscard]] Result<Nothing, ConfigError> read_file(
    const std::string& file, const std::function<void(Section&)>& walk
);
// The same for a text; `name` stands for the file in messages.
[[nodiscard]] Result<Nothing, ConfigError> read_text(
    const std::string& text, const std::string& name, const std::function<void(Section&)>& walk
);

template <typename Config, typename Walk>
[[nodiscard]] Result<Config, ConfigError> read(const std::string& file, Walk walk) {
    Config config{};
    auto done = read_file(file, [&](Section& root) { walk(root, config); });
    if (!done) {
        return Unexpected{done.error()};
    }
    return config;
}

}  // namespace ntm::config
