// SPDX-License-Identifier: BSD-3-Clause
// Frames to be malformed: one good frame of every NTM type and family, copied and then changed by a
// shape (shapes.hpp).
#pragma once

#include "common/base/bytes.hpp"
#include "tests/malformed/watched_relay.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ntm::malformed {

// Fast and reproducible (SplitMix64).
class Draw {
  public:
    explicit Draw(std::uint64_t seed) noexcept : state_{seed} {}
    [[nodiscard]] std::uint64_t number() noexcept { return mix(state_ += 0x9e3779b97f4a7c15U); }
    // Even over [0, bound); bound is not 0.
    [[nodiscard]] std::uint32_t below(std::size_t bound) noexcept {
        return static_cast<std::uint32_t>(((number() >> 32) * bound) >> 32);
    }
    [[nodiscard]] std::uint32_t from_to(std::size_t least, std::size_t most) noexcept {
        return static_cast<std::uint32_t>(least) + below(most - least + 1);
    }
    template <typename T, std::size_t count>
    [[nodiscard]] T one_of(const T (&values)[count]) noexcept {
        return values[below(count)];
    }
    [[nodiscard]] std::uint8_t byte() noexcept { return static_cast<std::uint8_t>(below(256)); }

  private:
    std::uint64_t state_;
};

enum class Family : std::uint8_t { ipv4, ipv6 };

// Tunnel packets first. All are the node's own: with the addresses, paths, session and nonce that the
// relay knows.
enum class Kind : std::uint8_t {
    data_up,
    data_up_across,  // to the other family
    data_down,
    data_down_across,
    end,
    leg,
    leg_answer,
    signal,
    handshake,
    handshake_answer,
    cookie,
    cookie_answer,
};
inline constexpr std::size_t kind_count = 12;
inline constexpr std::size_t tunnel_kind_count = 5;

class Frame {
  public:
    static constexpr std::size_t ip_at = 14;

    void become(Family family, Kind kind, Draw& draw);
    // Of either family; at a port that is drawn.
    void take(const Bytes& frame, Draw& draw);
    void become_any(Family family, Draw& draw) {
        become(family, static_cast<Kind>(draw.below(kind_count)), draw);
    }
    void become_tunnel(Family family, Draw& draw) {
        become(family, static_cast<Kind>(draw.below(tunnel_kind_count)), draw);
    }
    void become_control(Family family, Draw& draw) {
        become(family, static_cast<Kind>(draw.from_to(tunnel_kind_count, kind_count - 1)), draw);
    }

    [[nodiscard]] bool is_ipv6() const noexcept { return is_ipv6_; }
    [[nodiscard]] std::size_t udp_at() const noexcept { return ip_at + (is_ipv6_ ? 40U : 20U); }
    [[nodiscard]] std::size_t ntm_at() const noexcept { return udp_at() + 8; }
    [[nodiscard]] std::size_t source_at() const noexcept { return ip_at + (is_ipv6_ ? 8U : 12U); }
    [[nodiscard]] std::size_t destination_at() const noexcept {
        return ip_at + (is_ipv6_ ? 24U : 16U);
    }
    [[nodiscard]] std::uint8_t& operator[](std::size_t at) noexcept { return bytes_[at]; }
    [[nodiscard]] std::uint16_t word(std::size_t at) const noexcept;
    void set_word(std::size_t at, std::size_t value) noexcept;
    void set_id(std::uint64_t id) noexcept;  // Path ID or session id
    void set_address(std::size_t at, const IpAddress& address) noexcept;
    // What is new is zero, or as drawn.
    void resize(std::size_t length) noexcept;
    void fill(std::size_t from, Draw& draw) noexcept;
    // Makes room for `count` bytes, which stay to be written.
    void insert(std::size_t at, std::size_t count) noexcept;
    // So that what was changed is not found by the IPv4 header checksum alone.
    void right_checksum() noexcept;
    // Congestion experienced.
    void congest() noexcept;
    // IP and UDP lengths that fit the frame, and the checksum.
    void right_lengths() noexcept;

    [[nodiscard]] WireFrame wire() const noexcept {
        return {{bytes_.data(), length}, port, marks, headroom, tailroom};
    }
    std::size_t length = 0;
    std::uint16_t port = 0;
    std::uint8_t marks = 0;
    std::uint16_t headroom = 128;
    std::uint16_t tailroom = 0;

  private:
    std::array<std::uint8_t, longest_frame> bytes_{};
    bool is_ipv6_ = false;
};

}  // namespace ntm::malformed
