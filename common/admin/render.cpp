// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/render.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace ntm::admin {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> units{{
    {"_per_second", "/s"},
    {"_milliseconds", " (ms)"},
    {"_seconds", " (s)"},
    {"_permille", " (permille)"},
    {"_percent", " (%)"},
    {"_bytes", " (bytes)"},
}};

// "uptime_seconds" as "uptime (s)".
std::string title_of(std::string_view key) {
    std::string_view unit;
    for (const auto& [suffix, text] : units) {
        if (key.size() > suffix.size() && key.ends_with(suffix)) {
            key.remove_suffix(suffix.size());
            unit = text;
            break;
        }
    }
    std::string title = printable(key);
    std::ranges::replace(title, '_', ' ');
    return title + std::string{unit};
}

bool is_table(const Json& value) {
    return value.is_array() && !value.empty() &&
           std::ranges::all_of(value, [](const Json& item) { return item.is_object(); });
}

// What does not fit into a cell or behind a name.
bool is_nested(const Json& value) {
    return value.is_object() || is_table(value);
}

// At most three decimals: more of them say nothing of a time or a rate.
std::string number_text(double number) {
    std::array<char, 340> text{};
    const int length = std::snprintf(text.data(), text.size(), "%.3f", number);
    std::string shown(text.data(), static_cast<std::size_t>(length));
    shown.erase(shown.find_last_not_of('0') + 1);
    if (shown.ends_with('.')) {
        shown.pop_back();
    }
    return shown == "-0" ? "0" : shown;
}

std::string cell_of(const Json& value) {
    if (value.is_null() || (value.is_array() && value.empty())) {
        return "-";
    }
    if (value.is_string()) {
        const auto text = value.get<std::string>();
        return text.empty() ? "-" : printable(text);
    }
    if (value.is_boolean()) {
        return value.get<bool>() ? "yes" : "no";
    }
    if (value.is_array()) {
        std::string text;
        for (const Json& item : value) {
            text += (text.empty() ? "" : ", ") + cell_of(item);
        }
        return text;
    }
    return value.is_number_float() ? number_text(value.get<double>()) : printable(value.dump());
}

std::size_t width_of(std::string_view text) {
    // Letters of UTF-8, not bytes.
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) {
        return (byte & 0xc0) != 0x80;
    }));
}

std::string padded(const std::string& text, std::size_t width) {
    return text + std::string(width - std::min(width, width_of(text)), ' ');
}

void render_into(const Json& value, const std::string& indent, std::string& text);

void render_object(const Json& object, const std::string& indent, std::string& text) {
    std::size_t width = 0;
    for (const auto& [key, value] : object.items()) {
        if (!is_nested(value)) {
            width = std::max(width, width_of(title_of(key)));
        }
    }
    for (const auto& [key, value] : object.items()) {
        if (!is_nested(value)) {
            text += indent + padded(title_of(key), width) + "  " + cell_of(value) + "\n";
        }
    }
    for (const auto& [key, value] : object.items()) {
        if (is_nested(value)) {
            text += indent + title_of(key) + ":\n";
            render_into(value, indent + "  ", text);
        }
    }
}

// The keys of all rows, in the order in which they first come up.
std::vector<std::string> columns_of(const Json& rows, bool are_nested) {
    std::vector<std::string> columns;
    for (const Json& row : rows) {
        for (const auto& [key, value] : row.items()) {
            const bool is_known = std::ranges::find(columns, key) != columns.end();
            if (is_nested(value) == are_nested && !is_known) {
                columns.push_back(key);
            }
        }
    }
    return columns;
}

std::string line_of(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        line += (i == 0 ? "" : "  ") + padded(cells[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

void render_table(const Json& rows, const std::string& indent, std::string& text) {
    const std::vector<std::string> columns = columns_of(rows, false);
    const std::vector<std::string> nested = columns_of(rows, true);
    std::vector<std::vector<std::string>> lines(1);
    for (const std::string& column : columns) {
        lines[0].push_back(title_of(column));
    }
    for (const Json& row : rows) {
        std::vector<std::string>& line = lines.emplace_back();
        for (const std::string& column : columns) {
            line.push_back(row.contains(column) ? cell_of(row.at(column)) : "-");
        }
    }
    std::vector<std::size_t> widths(columns.size());
    for (const std::vector<std::string>& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(line[i]));
        }
    }
    text += indent + line_of(lines[0], widths);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        text += indent + line_of(lines[i + 1], widths);
        for (const std::string& part : nested) {
            if (rows[i].contains(part) && is_nested(rows[i].at(part))) {
                text += indent + "  " + title_of(part) + ":\n";
                render_into(rows[i].at(part), indent + "    ", text);
            }
        }
    }
}

void render_into(const Json& value, const std::string& indent, std::string& text) {
    if (is_table(value)) {
        render_table(value, indent, text);
        return;
    }
    if (value.is_object()) {
        render_object(value, indent, text);
        return;
    }
    if (value.is_array() && value.empty()) {
        text += indent + "none\n";
        return;
    }
    text += indent + cell_of(value) + "\n";
}

}  // namespace

std::string json_text(const Json& data) {
    return data.dump(2, ' ', true, Json::error_handler_t::replace);
}

std::string render(const Json& data) {
    std::string text;
    if (!(data.is_object() && data.empty()) && !data.is_null()) {
        render_into(data, "", text);
    }
    return text;
}

}  // namespace ntm::admin
