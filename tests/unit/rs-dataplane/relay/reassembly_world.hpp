// SPDX-License-Identifier: BSD-3-Clause
// A table of fragments that wait, and what goes in and comes out.
#pragma once

#include "rs-dataplane/relay/reassembly.hpp"
#include "tests/unit/rs-dataplane/napt/packets.hpp"
#include "tests/unit/rs-dataplane/relay/fragments.hpp"

#include <optional>
#include <vector>

namespace ntm::relay::testing {

inline Bytes numbered(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    }
    return bytes;
}

// From a source of that number, with so much behind the IP header.
inline Bytes packet_from(std::uint8_t source, Family family, std::size_t body) {
    IpAddress from = napt::address("203.0.113.1");
    IpAddress to = napt::address("198.51.100.20");
    if (family == Family::ipv6) {
        from = napt::address("2001:db8:0:" + std::to_string(source) + "::1");
        to = napt::address("2001:db8:1::20");
    } else {
        Ipv4Address address = from.ipv4();
        address.bytes[3] = source;
        from = address;
    }
    return napt::ip_packet(from, to, 17, numbered(body));
}

struct Got {
    DropReason reason = DropReason::none;
    std::optional<Bytes> whole{};
    std::uint16_t longest_fragment = 0;
};

class Table {
  public:
    explicit Table(const Reassembly::Plan& plan) : made_{Reassembly::make(plan, dropped_, 7)} {}

    Got add(const Bytes& fragment, std::uint64_t origin = fragment_origin::outside) {
        const auto parsed = IpFragment::parse(fragment, origin);
        if (!parsed) {
            return {parsed.error()};
        }
        const Reassembly::Added added = made_->add(*parsed, now, whole_.data());
        Got got{added.reason, std::nullopt, added.longest_fragment};
        if (added.length != 0) {
            got.whole = Bytes{whole_.begin(), whole_.begin() + added.length};
        }
        return got;
    }
    void tend() { made_->tend(now); }
    [[nodiscard]] std::uint32_t held() const { return made_->held(); }
    [[nodiscard]] std::uint64_t dropped(DropReason reason) const {
        return dropped_[static_cast<std::size_t>(reason)].value();
    }
    [[nodiscard]] std::uint64_t dropped() const {
        std::uint64_t sum = 0;
        for (const Counter& counter : dropped_) {
            sum += counter.value();
        }
        return sum;
    }

    Instant now{std::chrono::seconds{100}};

  private:
    Reassembly::Dropped dropped_;
    std::unique_ptr<Reassembly> made_;
    Bytes whole_ = Bytes(longest_whole);
};

}  // namespace ntm::relay::testing
