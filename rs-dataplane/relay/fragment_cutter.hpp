// SPDX-License-Identifier: BSD-3-Clause
// Cuts an IP packet into fragments (RFC 791 section 3.2, RFC 8200 section 4.5), to be asked for one after
// the other. One that fits is left whole.
#pragma once

#include "common/base/bytes.hpp"

#include <cstdint>

namespace ntm::relay {

class FragmentCutter {
  public:
    // Whether fragments of that length carry anything of a packet.
    [[nodiscard]] static bool can_cut(ByteView packet, std::uint16_t most) noexcept;

    // `packet`: whole, by its own length too, without IPv4 options and IPv6 extension headers. `most`:
    // the longest that may come of it. `ipv6_identification`: of an IPv4 packet its own counts.
    FragmentCutter(ByteView packet, std::uint16_t most, std::uint32_t ipv6_identification) noexcept;

    [[nodiscard]] bool is_done() const noexcept { return done_ == body_.size(); }
    // The next one, of which there is one: writes `most` bytes at most, and returns how many.
    std::uint16_t write_next(std::uint8_t* to) noexcept;

  private:
    [[nodiscard]] bool is_ipv6() const noexcept;
    void write_ipv4_header(std::uint8_t* ip, std::size_t carried) const noexcept;
    void write_ipv6_headers(std::uint8_t* ip, std::size_t carried) const noexcept;

    ByteView packet_;
    ByteView body_;
    std::size_t room_;  // in each but the last, for what it carries
    std::size_t done_ = 0;
    std::uint32_t ipv6_identification_;
    bool is_left_whole_;
};

}  // namespace ntm::relay
