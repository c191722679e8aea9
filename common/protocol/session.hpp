// SPDX-License-Identifier: BSD-3-Clause
// One signalling session: the keys that a handshake left, counters and the replay window
// (docs/protocol.md sections 2 and 4). Used by the files of Signaling only.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/aead.hpp"
#include "common/crypto/replay_window.hpp"
#include "common/protocol/noise_ik.hpp"
#include "common/protocol/ntm_header.hpp"
#include "common/protocol/send_counter.hpp"

#include <cstdint>
#include <optional>

namespace ntm::protocol {

inline constexpr std::size_t longest_datagram = 1200;

enum class SessionError : std::uint8_t { truncated, bad_tag, replayed };

class Session {
  public:
    struct Names {
        SessionId own;   // in what comes in
        SessionId peer;  // in what goes out
        BootId peer_boot_id;
    };
    Session(
        const Names& names,
        const TransportKeys& keys,
        bool is_initiator,
        Instant made,
        SendCounter counter = {}
    );

    // A SIGNAL packet; nothing once the counters are at their end.
    [[nodiscard]] std::optional<Bytes> seal(ByteView plaintext);
    // The plaintext of a SIGNAL packet that carries this session's id.
    [[nodiscard]] Result<Bytes, SessionError> open(ByteView datagram);

    [[nodiscard]] SessionId own_id() const noexcept { return names_.own; }
    [[nodiscard]] BootId peer_boot_id() const noexcept { return names_.peer_boot_id; }
    [[nodiscard]] bool is_initiator() const noexcept { return is_initiator_; }
    [[nodiscard]] Instant made() const noexcept { return made_; }
    // The highest counter that came in and one more; 0 before the first packet.
    [[nodiscard]] std::uint64_t next_expected() const noexcept { return window_.next(); }
    // Packets of the busier direction.
    [[nodiscard]] std::uint64_t packets() const noexcept;

  private:
    Names names_;
    crypto::Aead sealer_;
    crypto::Aead opener_;
    bool is_initiator_;
    Instant made_;
    SendCounter counter_;
    crypto::ReplayWindow window_;
};

}  // namespace ntm::protocol
