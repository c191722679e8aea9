// SPDX-License-Identifier: BSD-3-Clause
#include "dc/record_text.hpp"

namespace ntm::dc {

namespace {

template <typename T, typename Write>
std::string join(const std::vector<T>& items, Write write) {
    std::string text;
    for (const T& item : items) {
        text += text.empty() ? "" : " ";
        text += write(item);
    }
    return text;
}

template <typename T, typename Read>
std::optional<std::vector<T>> split(std::string_view text, Read read) {
    std::vector<T> items;
    while (!text.empty()) {
        const auto space = text.find(' ');
        const std::string_view word = text.substr(0, space);
        const std::optional<T> item = read(word);
        if (!item) {
            return std::nullopt;
        }
        items.push_back(*item);
        text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    }
    return items;
}

std::optional<Candidate> read_candidate(std::string_view word) {
    const bool is_proven = word.ends_with('!');
    if (is_proven) {
        word.remove_suffix(1);
    }
    const auto endpoint = Endpoint::parse(word);
    if (!endpoint) {
        return std::nullopt;
    }
    return Candidate{*endpoint, is_proven};
}

}  // namespace

std::string write_endpoints(const std::vector<Endpoint>& endpoints) {
    return join(endpoints, [](const Endpoint& endpoint) { return endpoint.text(); });
}

std::optional<std::vector<Endpoint>> read_endpoints(std::string_view text) {
    return split<Endpoint>(text, Endpoint::parse);
}

std::string write_addresses(const std::vector<InterfaceAddress>& addresses) {
    return join(addresses, [](const InterfaceAddress& address) { return address.text(); });
}

std::optional<std::vector<InterfaceAddress>> read_addresses(std::string_view text) {
    return split<InterfaceAddress>(text, InterfaceAddress::parse);
}

std::string write_candidates(const std::vector<Candidate>& candidates) {
    return join(candidates, [](const Candidate& candidate) {
        return candidate.endpoint.text() + (candidate.is_proven ? "!" : "");
    });
}

std::optional<std::vector<Candidate>> read_candidates(std::string_view text) {
    return split<Candidate>(text, read_candidate);
}

std::string write_suites(const std::vector<crypto::Suite>& suites) {
    return join(suites, [](crypto::Suite suite) { return text_of(suite); });
}

std::optional<std::vector<crypto::Suite>> read_suites(std::string_view text) {
    return split<crypto::Suite>(text, [](std::string_view word) { return crypto::suite_of(word); });
}

}  // namespace ntm::dc
