// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/reader.hpp"

#include "common/config/config_file.hpp"
#include "common/config/scalar.hpp"
#include "common/config/section_state.hpp"

#include <algorithm>
#include <tuple>

namespace ntm::config {

bool Section::has(const std::string& key) {
    return state_.find(key).IsDefined();
}

bool Section::is_list(const std::string& key) {
    return state_.find(key).IsSequence();
}

void Section::need(const std::string& key) {
    if (!has(key)) {
        state_.report_missing(key);
    }
}

void Section::fail(const std::string& key, const std::string& what, const std::string& allowed) {
    const YAML::Node node = state_.find(key);
    state_.add(node.IsDefined() ? place_of(node.Mark()) : state_.place, what, allowed);
}

void Section::fail_item(
    const std::string& key, std::size_t item, const std::string& what, const std::string& allowed
) {
    const YAML::Node node = state_.find(key);
    if (!node.IsDefined() || !node.IsSequence() || item >= node.size()) {
        fail(key, what, allowed);
        return;
    }
    state_.add(place_of(node[item].Mark()), what, allowed);
}

std::string Section::text(const std::string& key, const std::optional<std::string>& fallback) {
    return state_.value<std::string>(
        key,
        fallback,
        "a text",
        [](const YAML::Node&, const std::string& typed) { return std::optional{typed}; }
    );
}

std::int64_t Section::integer(
    const std::string& key, Range range, std::optional<std::int64_t> fallback
) {
    const std::string wanted =
        "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most);
    return state_.value<std::int64_t>(
        key,
        fallback,
        wanted + state_.without_quotes(key),
        [&](const YAML::Node& node, const std::string& typed) -> std::optional<std::int64_t> {
            const auto number = is_quoted(node) ? std::nullopt : parse_integer(typed);
            const bool is_good = number && *number >= range.least && *number <= range.most;
            return is_good ? number : std::nullopt;
        }
    );
}

bool Section::boolean(const std::string& key, std::optional<bool> fallback) {
    return state_.value<bool>(
        key,
        fallback,
        "true, false" + state_.without_quotes(key),
        [](const YAML::Node& node, const std::string& typed) {
            return is_quoted(node) ? std::nullopt : parse_bool(typed);
        }
    );
}

Duration Section::duration(
    const std::string& key, DurationRange range, std::optional<Duration> fallback
) {
    const std::string wanted = "a number with us, ms, s, m, h or d, from " +
                               duration_text(range.least) + " to " + duration_text(range.most);
    return state_.value<Duration>(
        key,
        fallback,
        wanted,
        [&](const YAML::Node&, const std::string& typed) -> std::optional<Duration> {
            const auto duration = parse_duration(typed);
            const bool is_good = duration && *duration >= range.least && *duration <= range.most;
            return is_good ? duration : std::nullopt;
        }
    );
}

std::string Section::choice(
    const std::string& key,
    const std::vector<std::string>& words,
    const std::optional<std::string>& fallback
) {
    const YAML::Node node = state_.find(key);
    if (!node.IsDefined()) {
        return text(key, fallback);
    }
    const auto typed = state_.scalar(node, key, listed(words));
    if (typed && std::ranges::find(words, *typed) == words.end()) {
        state_.add(
            place_of(node.Mark()),
            in_quotes(key) + " can not be " + in_quotes(*typed),
            listed(words),
            nearest(*typed, words)
        );
    }
    return typed.value_or("");
}

Port Section::port(const std::string& key, std::optional<Port> fallback) {
    const auto number = integer(
        key, {1, 65535}, fallback ? std::optional<std::int64_t>{fallback->number} : std::nullopt
    );
    return Port{static_cast<std::uint16_t>(number)};
}

namespace {

constexpr const char* wanted_address = "an IPv4 or IPv6 address";
constexpr const char* wanted_endpoint = "address:port as 192.0.2.1:9770 or \"[2001:db8::1]:9770\"";
constexpr const char* wanted_prefix = "address/length without bits behind the length";
constexpr const char* wanted_interface = "address/length as 192.0.2.1/24";

// The parse functions of the base types, in the form that State takes.
template <typename T>
std::optional<T> by_parse(const YAML::Node&, const std::string& typed) {
    return T::parse(typed);
}

std::optional<Endpoint> parse_endpoint(const YAML::Node&, const std::string& typed) {
    const auto endpoint = Endpoint::parse(typed);
    return endpoint && endpoint->port.number != 0 ? endpoint : std::nullopt;
}

}  // namespace

IpAddress Section::address(const std::string& key, std::optional<IpAddress> fallback) {
    return state_.value<IpAddress>(key, fallback, wanted_address, by_parse<IpAddress>);
}

Endpoint Section::endpoint(const std::string& key, std::optional<Endpoint> fallback) {
    return state_.value<Endpoint>(key, fallback, wanted_endpoint, parse_endpoint);
}

Prefix Section::prefix(const std::string& key, std::optional<Prefix> fallback) {
    return state_.value<Prefix>(key, fallback, wanted_prefix, by_parse<Prefix>);
}

std::vector<std::string> Section::texts(const std::string& key, Need need) {
    return state_.values<std::string>(
        key,
        need,
        "a text",
        [](const YAML::Node&, const std::string& typed) { return std::optional{typed}; }
    );
}

std::vector<std::string> Section::choices(
    const std::string& key, const std::vector<std::string>& words, Need need
) {
    return state_.values<std::string>(
        key,
        need,
        "one of " + listed(words),
        [&](const YAML::Node&, const std::string& typed) {
            const bool is_good = std::ranges::find(words, typed) != words.end();
            return is_good ? std::optional{typed} : std::nullopt;
        },
        words
    );
}

std::vector<IpAddress> Section::addresses(const std::string& key, Need need) {
    return state_.values<IpAddress>(key, need, wanted_address, by_parse<IpAddress>);
}

std::vector<Endpoint> Section::endpoints(const std::string& key, Need need) {
    return state_.values<Endpoint>(key, need, wanted_endpoint, parse_endpoint);
}

std::vector<InterfaceAddress> Section::interface_addresses(const std::string& key, Need need) {
    return state_.values<InterfaceAddress>(key, need, wanted_interface, by_parse<InterfaceAddress>);
}

void Section::section(
    const std::string& key, Need need, const std::function<void(Section&)>& read
) {
    const YAML::Node node = state_.find(key);
    if (!node.IsDefined()) {
        if (need == Need::required) {
            state_.report_missing(key);
        }
        return;
    }
    State{node, place_of(node.Mark()), state_.problems}.run(in_quotes(key), read);
}

void Section::sections(
    const std::string& key, Need need, const std::function<void(Section&)>& read
) {
    const auto node = state_.list(key, need, "a list of maps");
    if (!node) {
        return;
    }
    for (const YAML::Node& item : *node) {
        State{item, place_of(item.Mark()), state_.problems}.run(
            "an item of " + in_quotes(key), read
        );
    }
}

Result<Nothing, ConfigError> read_text(
    const std::string& text, const std::string& name, const std::function<void(Section&)>& walk
) {
    if (auto checked = check_shape(text); !checked) {
        return Unexpected{ConfigError{name, {checked.error()}}};
    }
    std::vector<Problem> problems;
    try {
        Section::State state{YAML::Load(text), Place{}, problems};
        state.run("this", walk);
    } catch (const YAML::Exception& error) {
        const Place at = place_of(error.mark);
        problems.push_back({at.line, at.column, "not YAML: " + error.msg, "", ""});
    }
    if (problems.empty()) {
        return Nothing{};
    }
    std::ranges::stable_sort(problems, {}, [](const Problem& problem) {
        return std::tuple{problem.line, problem.column};
    });
    return Unexpected{ConfigError{name, std::move(problems)}};
}

Result<Nothing, ConfigError> read_file(
    const std::string& file, const std::function<void(Section&)>& walk
) {
    const auto text = read_config_file(file);
    if (!text) {
        return Unexpected{ConfigError{file, {text.error()}}};
    }
    return read_text(*text, file, walk);
}

}  // namespace ntm::config
