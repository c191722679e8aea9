// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/section_state.hpp"

#include <algorithm>
#include <set>

namespace ntm::config {

namespace {

constexpr std::size_t most_problems = 1000;

const char* kind_of(const YAML::Node& node) {
    switch (node.Type()) {
        case YAML::NodeType::Map:
            return "a map";
        case YAML::NodeType::Sequence:
            return "a list";
        case YAML::NodeType::Scalar:
            return "a single value";
        case YAML::NodeType::Null:
        case YAML::NodeType::Undefined:
            break;
    }
    return "empty";
}

}  // namespace

Place place_of(const YAML::Mark& mark) {
    if (mark.is_null()) {
        return {};
    }
    return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

bool is_quoted(const YAML::Node& scalar) {
    return scalar.Tag() == "!";
}

void Section::State::add(Place at, std::string what, std::string allowed, std::string suggestion) {
    // A file may have a wrong line for each of its bytes, and nobody reads them all.
    if (problems.size() < most_problems) {
        problems.push_back(
            {at.line, at.column, std::move(what), std::move(allowed), std::move(suggestion)}
        );
    }
}

YAML::Node Section::State::find(const std::string& key) {
    if (std::ranges::find(known, key) == known.end()) {
        known.push_back(key);
    }
    if (map.IsMap()) {
        for (const auto& entry : map) {
            if (entry.first.IsScalar() && entry.first.Scalar() == key) {
                return entry.second;
            }
        }
    }
    return YAML::Node{YAML::NodeType::Undefined};
}

std::string Section::State::without_quotes(const std::string& key) {
    const YAML::Node node = find(key);
    return node.IsDefined() && is_quoted(node) ? " (without quotes)" : "";
}

std::optional<std::string> Section::State::scalar(
    const YAML::Node& node, const std::string& key, const std::string& wanted
) {
    if (!node.IsScalar()) {
        add(place_of(node.Mark()), in_quotes(key) + " is " + kind_of(node), wanted);
        return std::nullopt;
    }
    if (node.Scalar().empty()) {
        add(place_of(node.Mark()), in_quotes(key) + " is an empty text", wanted);
        return std::nullopt;
    }
    return node.Scalar();
}

std::optional<YAML::Node> Section::State::list(
    const std::string& key, Need need, const std::string& wanted
) {
    const YAML::Node node = find(key);
    if (!node.IsDefined()) {
        if (need == Need::required) {
            report_missing(key);
        }
        return std::nullopt;
    }
    if (!node.IsSequence()) {
        add(place_of(node.Mark()), in_quotes(key) + " is " + kind_of(node) + ", not a list", wanted
        );
        return std::nullopt;
    }
    if (node.size() == 0 && need == Need::required) {
        add(place_of(node.Mark()), in_quotes(key) + " is an empty list", wanted);
        return std::nullopt;
    }
    return node;
}

void Section::State::report_missing(const std::string& key) {
    add(place, in_quotes(key) + " is missing");
}

// Keys there twice and keys that nobody asked for.
void Section::State::report_unknown_keys() {
    std::set<std::string> seen;
    for (const auto& entry : map) {
        const Place at = place_of(entry.first.Mark());
        if (!entry.first.IsScalar()) {
            add(at, std::string{"a key is "} + kind_of(entry.first), listed(known));
            continue;
        }
        const std::string& key = entry.first.Scalar();
        if (!seen.insert(key).second) {
            add(at, in_quotes(key) + " is there twice", "each key once");
            continue;
        }
        if (std::ranges::find(known, key) == known.end()) {
            add(at, "unknown key " + in_quotes(key), listed(known), nearest(key, known));
        }
    }
}

void Section::State::run(const std::string& name, const std::function<void(Section&)>& read) {
    if (!map.IsMap() && !map.IsNull()) {
        add(place, name + " is " + kind_of(map), "a map of keys and values");
        return;
    }
    Section section{*this};
    read(section);
    report_unknown_keys();
}

}  // namespace ntm::config
