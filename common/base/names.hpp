// SPDX-License-Identifier: BSD-3-Clause
// Names of nodes, relays and interfaces: how they are spelt, and under which zone they lie.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ntm {

// Lower case, without the dot at the end; nothing unless it is a host name of two labels or more
// (RFC 1123: letters, digits and hyphens; at most 63 a label and 253 in all).
[[nodiscard]] std::optional<std::string> normalise_fqdn(std::string_view text);
// The same of one label or more.
[[nodiscard]] std::optional<std::string> normalise_domain(std::string_view text);
// A single label.
[[nodiscard]] bool is_label(std::string_view text) noexcept;
// Below one of `zones`, not a zone itself; both are normalised.
[[nodiscard]] bool is_under(std::string_view fqdn, const std::vector<std::string>& zones);
// Likewise, or one of them itself.
[[nodiscard]] bool is_within(std::string_view fqdn, const std::vector<std::string>& zones);
// Whether Linux takes it for a network interface.
[[nodiscard]] bool is_interface_name(std::string_view text) noexcept;

}  // namespace ntm
