// SPDX-License-Identifier: BSD-3-Clause
// Lists in a record as one line of text, as they stand in the store's columns: readable with any
// SQL shell. Each reader gives nothing for text that no writer here has written.
#pragma once

#include "dc/records.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ntm::dc {

[[nodiscard]] std::string write_endpoints(const std::vector<Endpoint>& endpoints);
[[nodiscard]] std::optional<std::vector<Endpoint>> read_endpoints(std::string_view text);

[[nodiscard]] std::string write_addresses(const std::vector<InterfaceAddress>& addresses);
[[nodiscard]] std::optional<std::vector<InterfaceAddress>> read_addresses(std::string_view text);

// A proven candidate has an exclamation mark behind it.
[[nodiscard]] std::string write_candidates(const std::vector<Candidate>& candidates);
[[nodiscard]] std::optional<std::vector<Candidate>> read_candidates(std::string_view text);

[[nodiscard]] std::string write_suites(const std::vector<crypto::Suite>& suites);
[[nodiscard]] std::optional<std::vector<crypto::Suite>> read_suites(std::string_view text);

}  // namespace ntm::dc
