// SPDX-License-Identifier: BSD-3-Clause
// Sealing and opening of the packets that a path secret or a leg secret protects: DATA with a
// counter and a replay window, LEG and END with a salt (docs/protocol.md sections 2 and 6).
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/data_cipher.hpp"
#include "common/crypto/replay_window.hpp"
#include "common/protocol/ntm.pb.h"
#include "common/protocol/ntm_header.hpp"
#include "common/protocol/send_counter.hpp"

#include <cstdint>
#include <optional>

namespace ntm::protocol {

enum class OpenError : std::uint8_t { truncated, bad_tag, replayed, malformed };

// `secret` is the leg secret of the leg whose role stands in `role` (a direct path's path secret).
[[nodiscard]] Bytes seal_leg(
    const Secret32& secret, PathId path_id, Role role, const v1::Leg& message, RandomSource& random
);
[[nodiscard]] Result<v1::Leg, OpenError> open_leg(const Secret32& secret, ByteView datagram);
// Pads a request so that no response to it is longer.
void pad_tunnel_request(v1::TunnelRequest& request);

// `role` is the sender's. END has no answer flag: the message inside says which it is.
[[nodiscard]] Bytes seal_end(
    const Secret32& secret, PathId path_id, Role role, const v1::End& message, RandomSource& random
);
[[nodiscard]] Result<v1::End, OpenError> open_end(const Secret32& secret, ByteView datagram);

// The sending half of one end of a path: one key, counters from 0, never twice. `secret` is that of
// `epoch`, the path secret of epoch 0.
class DataSealer {
  public:
    DataSealer(
        const Secret32& secret,
        crypto::Suite suite,
        PathId path_id,
        Role own_role,
        SendCounter counter = {},
        std::uint32_t epoch = 0
    );
    // A whole datagram for `inner` (one IP packet, or nothing). Nothing once the counters are at
    // their end.
    [[nodiscard]] std::optional<Bytes> seal(ByteView inner);
    [[nodiscard]] std::uint64_t sent() const noexcept { return counter_.taken(); }

  private:
    crypto::DataCipher cipher_;
    PathId path_id_;
    std::uint8_t flags_;
    SendCounter counter_;
};

// The receiving half: the peer's key and the replay window. Which epoch's it is shows in the tag alone.
class DataOpener {
  public:
    DataOpener(const Secret32& secret, crypto::Suite suite, PathId path_id, Role own_role);
    // The inner packet, still to be checked. Looks at the window before and updates it only after
    // the tag has verified. A packet of the own role or another path is malformed.
    [[nodiscard]] Result<Bytes, OpenError> open(ByteView datagram);

  private:
    crypto::DataCipher cipher_;
    PathId path_id_;
    Role own_role_;
    crypto::ReplayWindow window_;
};

}  // namespace ntm::protocol
