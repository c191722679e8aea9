// SPDX-License-Identifier: BSD-3-Clause
// A fragment of an IP packet (RFC 791, RFC 8200 section 4.5), checked: it can stand where it says.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/packet/drop_reason.hpp"
#include "common/packet/ecn.hpp"
#include "common/packet/ipv6.hpp"
#include "rs-dataplane/tables/padded_address.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <cstdint>

namespace ntm::relay {

// The longest packet that is put together: what fits a Packet with a frame's header in front, and room
// for that of an ICMP error.
inline constexpr std::uint16_t longest_whole = 65'456;

// Who has sent a fragment, as far as that is sure: none joins those of another one.
namespace fragment_origin {
inline constexpr std::uint64_t outside = 0;     // whoever its source address says
inline constexpr std::uint64_t hairpinned = 1;  // likewise, but some subscriber
// By whichever of his paths.
[[nodiscard]] constexpr std::uint64_t of(tables::SubscriberNumber subscriber) noexcept {
    return hairpinned + 1 + subscriber;
}
}  // namespace fragment_origin

// Of all fragments of a packet.
struct FragmentedPacketKey {
    std::uint64_t origin = fragment_origin::outside;
    tables::PaddedAddress source;
    tables::PaddedAddress destination;
    std::uint32_t identification = 0;
    std::uint8_t protocol = 0;  // of IPv4
    Family family = Family::ipv4;

    friend bool operator==(const FragmentedPacketKey&, const FragmentedPacketKey&) = default;
    [[nodiscard]] std::uint64_t hash(std::uint64_t seed) const noexcept;
};

class IpFragment {
  public:
    static constexpr std::size_t ipv6_header = 8;

    // Of an IP packet, by its own length; not whether it is damaged.
    [[nodiscard]] static bool is_one(ByteView packet) noexcept;
    // Of one that is.
    [[nodiscard]] static Result<IpFragment, DropReason> parse(
        ByteView packet, std::uint64_t origin
    ) noexcept;

    [[nodiscard]] const FragmentedPacketKey& key() const noexcept { return key_; }
    // 20 bytes, or IPv6's 40.
    [[nodiscard]] ByteView ip_header() const noexcept { return ip_header_; }
    [[nodiscard]] ByteView body() const noexcept { return body_; }
    [[nodiscard]] std::uint16_t offset() const noexcept { return offset_; }
    [[nodiscard]] std::uint16_t end() const noexcept {
        return static_cast<std::uint16_t>(offset_ + body_.size());
    }
    [[nodiscard]] bool is_last() const noexcept { return is_last_; }
    // All of a packet, in one fragment (RFC 6946).
    [[nodiscard]] bool is_whole() const noexcept { return offset_ == 0 && is_last_; }
    [[nodiscard]] std::uint16_t packet_length() const noexcept { return packet_length_; }
    // What follows the header of the whole packet.
    [[nodiscard]] std::uint8_t protocol() const noexcept { return protocol_; }
    [[nodiscard]] Ecn ecn() const noexcept { return ecn_; }
    void set_ecn(Ecn ecn) noexcept { ecn_ = ecn; }

  private:
    [[nodiscard]] DropReason read_ipv4(ByteView packet) noexcept;
    [[nodiscard]] DropReason read_ipv6(ByteView packet) noexcept;
    [[nodiscard]] DropReason check() const noexcept;

    FragmentedPacketKey key_;
    ByteView ip_header_;
    ByteView body_;
    std::uint16_t offset_ = 0;
    std::uint16_t packet_length_ = 0;
    std::uint8_t protocol_ = 0;
    bool is_last_ = false;
    Ecn ecn_ = Ecn::not_ect;
};

}  // namespace ntm::relay
