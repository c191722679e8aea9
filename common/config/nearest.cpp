// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/nearest.hpp"

#include <algorithm>

namespace ntm::config {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({changed, last[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

namespace {

// Whether `whole` begins or ends with `part`, and an underscore parts it from the rest.
bool is_part(std::string_view part, std::string_view whole) {
    return whole.size() > part.size() + 1 &&
           ((whole.starts_with(part) && whole[part.size()] == '_') ||
            (whole.ends_with(part) && whole[whole.size() - part.size() - 1] == '_'));
}

// "port" for "listen_port", and the other way round.
std::string sharing_a_part(std::string_view typed, const std::vector<std::string>& words) {
    const auto found = std::ranges::find_if(words, [&](const std::string& word) {
        return !typed.empty() && !word.empty() && (is_part(word, typed) || is_part(typed, word));
    });
    return found == words.end() ? "" : *found;
}

}  // namespace

std::string nearest(std::string_view typed, const std::vector<std::string>& words) {
    std::string best;
    std::size_t best_distance =
        std::max<std::size_t>(1, std::min<std::size_t>(3, typed.size() / 2));
    for (const std::string& word : words) {
        // Long words can not be near, and need not be measured.
        if (word.size() > typed.size() + 3 || typed.size() > word.size() + 3) {
            continue;
        }
        const std::size_t distance = edit_distance(typed, word);
        if (distance < best_distance || (distance == best_distance && best.empty())) {
            best = word;
            best_distance = distance;
        }
    }
    return best.empty() ? sharing_a_part(typed, words) : best;
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

}  // namespace ntm::config
