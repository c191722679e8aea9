// SPDX-License-Identifier: BSD-3-Clause
// Addresses, secrets and packets as the tests of a node's brain write them down.
#pragma once

#include "client/node/local_addresses.hpp"
#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ntm::client::testing {

[[nodiscard]] IpAddress ip(const std::string& text);
[[nodiscard]] Endpoint at(const std::string& text);
[[nodiscard]] RealAddress real(const std::string& text, std::uint32_t interface_index = 2);
[[nodiscard]] Secret32 secret(std::uint8_t fill);
// A UDP packet without checksums; enough for a node, which looks at addresses and lengths only.
[[nodiscard]] Bytes inner_packet(
    const std::string& from, const std::string& to, std::size_t payload = 20
);

inline const Endpoint dc_v4{Ipv4Address{{203, 0, 113, 10}}, Port{9770}};
[[nodiscard]] Endpoint dc_v6();
[[nodiscard]] Endpoint relay_v4();
[[nodiscard]] Endpoint relay_v6();

}  // namespace ntm::client::testing
