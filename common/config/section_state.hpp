// SPDX-License-Identifier: BSD-3-Clause
// What a Section stands on: the map as yaml-cpp read it, the keys that were asked for, and the problems
// found. Used by the files of reader.hpp alone.
#pragma once

#include "common/config/nearest.hpp"
#include "common/config/reader.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace ntm::config {

struct Place {
    std::size_t line = 1;
    std::size_t column = 1;
};

[[nodiscard]] Place place_of(const YAML::Mark& mark);
// Quotes make a text of a number.
[[nodiscard]] bool is_quoted(const YAML::Node& scalar);

struct Section::State {
    YAML::Node map;
    Place place;
    std::vector<Problem>& problems;
    std::vector<std::string> known{};

    void add(Place at, std::string what, std::string allowed = "", std::string suggestion = "");

    // The first value of the key; undefined if there is none.
    YAML::Node find(const std::string& key);

    // To be said of a value that quotes make a text.
    std::string without_quotes(const std::string& key);

    void report_missing(const std::string& key);

    // The text of a scalar; nothing, and a problem, if the node is no scalar or an empty one.
    std::optional<std::string> scalar(
        const YAML::Node& node, const std::string& key, const std::string& wanted
    );

    // A value by `parse`; the fallback if the key is absent; a default and a problem otherwise.
    template <typename T, typename Parse>
    T value(
        const std::string& key,
        const std::optional<T>& fallback,
        const std::string& wanted,
        Parse parse
    ) {
        const YAML::Node node = find(key);
        if (!node.IsDefined()) {
            if (!fallback) {
                report_missing(key);
            }
            return fallback.value_or(T{});
        }
        return convert<T>(node, key, wanted, parse).value_or(T{});
    }

    template <typename T, typename Parse>
    std::optional<T> convert(
        const YAML::Node& node,
        const std::string& key,
        const std::string& wanted,
        Parse parse,
        const std::vector<std::string>& words = {}
    ) {
        const auto text = scalar(node, key, wanted);
        if (!text) {
            return std::nullopt;
        }
        std::optional<T> parsed = parse(node, *text);
        if (!parsed) {
            add(place_of(node.Mark()),
                in_quotes(key) + " can not be " + in_quotes(*text),
                wanted,
                nearest(*text, words));
        }
        return parsed;
    }

    // The list under the key, or nothing (reported unless it may be absent).
    std::optional<YAML::Node> list(const std::string& key, Need need, const std::string& wanted);

    template <typename T, typename Parse>
    std::vector<T> values(
        const std::string& key,
        Need need,
        const std::string& wanted,
        Parse parse,
        const std::vector<std::string>& words = {}
    ) {
        std::vector<T> values;
        const auto node = list(key, need, "a list, each " + wanted);
        if (!node) {
            return values;
        }
        for (const YAML::Node& item : *node) {
            if (std::optional<T> parsed = convert<T>(item, key, wanted, parse, words)) {
                values.push_back(*std::move(parsed));
            }
        }
        return values;
    }

    void report_unknown_keys();
    // `name` of the key that the map stands under, for messages.
    void run(const std::string& name, const std::function<void(Section&)>& read);
};

}  // namespace ntm::config
