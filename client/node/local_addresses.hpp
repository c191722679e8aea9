// SPDX-License-Identifier: BSD-3-Clause
// The real addresses of this host and the order in which they came: a host that gains an interface
// is on the move, so the newest interface is preferred (docs/protocol.md section 5, moving).
#pragma once

#include "common/base/address.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace ntm::client {

// The numbers are those of the protocol.
enum class InterfaceKind : std::uint8_t { other = 0, wired = 1, wireless = 2, cellular = 3 };

// What address_watch reports.
struct RealAddress {
    InterfaceAddress address;
    std::uint32_t interface_index = 0;
    InterfaceKind kind = InterfaceKind::other;
    // There is a default route over its interface: from here the Internet can be reached.
    bool is_routed = true;
    friend bool operator==(const RealAddress&, const RealAddress&) = default;
};

struct LocalAddress {
    RealAddress real;
    std::uint64_t interface_age = 0;  // higher: the interface got its first address later
    std::uint64_t age = 0;            // higher: this address came later
    [[nodiscard]] const IpAddress& ip() const noexcept { return real.address.address; }
};

class LocalAddresses {
  public:
    // True if anything has changed.
    [[nodiscard]] bool update(const std::vector<RealAddress>& present);

    [[nodiscard]] bool has(const IpAddress& address) const;
    [[nodiscard]] bool has_family(Family family) const;
    [[nodiscard]] bool is_empty() const noexcept { return all_.empty(); }
    [[nodiscard]] const std::vector<LocalAddress>& all() const noexcept { return all_; }
    // For each interface and family the newest, at most eight, the newest interface first. Those
    // without a default route only in a family where none has one.
    [[nodiscard]] std::vector<LocalAddress> usable() const;

  private:
    std::vector<LocalAddress> all_;
    std::map<std::uint32_t, std::uint64_t> interfaces_;  // index to interface_age
    std::uint64_t next_age_ = 1;
};

}  // namespace ntm::client
