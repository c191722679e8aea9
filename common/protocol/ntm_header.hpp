// SPDX-License-Identifier: BSD-3-Clause
// The 16 bytes in front of everything (docs/protocol.md section 2).
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/base/result.hpp"

#include <cstddef>
#include <cstdint>

namespace ntm::protocol {

enum class PacketType : std::uint8_t {
    data = 0,       // an inner packet, sealed end to end
    leg = 1,        // Tunnel Request and Response, between the two ends of one hop
    signal = 2,     // sealed signalling message
    handshake = 3,  // Noise IK
    cookie = 4,     // liveness, outside address, token
    end = 5,        // between the two ends of a path
};

enum class HeaderError : std::uint8_t { truncated, bad_version, unknown_type };

struct NtmHeader {
    static constexpr std::size_t size = 16;
    static constexpr std::uint8_t version = 1;
    static constexpr std::uint8_t flag_role = 0x01;  // set: responder
    static constexpr std::uint8_t flag_key_phase = 0x02;
    static constexpr std::uint8_t flag_answer = 0x04;
    static constexpr std::uint64_t counter_mask = 0xffff'ffff'ffffU;

    PacketType type = PacketType::data;
    std::uint8_t flags = 0;
    std::uint64_t counter = 0;  // 48 bits
    std::uint64_t id = 0;       // Path ID or session id, host order

    [[nodiscard]] Role role() const noexcept {
        return (flags & flag_role) != 0 ? Role::responder : Role::initiator;
    }
    // Of DATA: the lowest bit of its key's epoch.
    [[nodiscard]] bool key_phase() const noexcept { return (flags & flag_key_phase) != 0; }
    [[nodiscard]] bool is_answer() const noexcept { return (flags & flag_answer) != 0; }
    [[nodiscard]] PathId path_id() const noexcept { return {id}; }
    [[nodiscard]] SessionId session_id() const noexcept { return {id}; }

    // Reads the head of `bytes`; flags that the version does not define are kept as they came,
    // since they are part of the additional data.
    [[nodiscard]] static Result<NtmHeader, HeaderError> parse(ByteView bytes) noexcept;
    // `to` has room for 16 bytes; `counter` is cut to 48 bits.
    void write(std::uint8_t* to) const noexcept;

    friend bool operator==(const NtmHeader&, const NtmHeader&) = default;
};

[[nodiscard]] constexpr std::uint8_t key_phase_flag(std::uint32_t epoch) noexcept {
    return (epoch & 1U) != 0 ? NtmHeader::flag_key_phase : std::uint8_t{0};
}

}  // namespace ntm::protocol
