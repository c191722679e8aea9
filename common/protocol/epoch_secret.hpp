// SPDX-License-Identifier: BSD-3-Clause
// The secret of a path's next epoch, from the present one and an exchange of keys between its two
// ends (docs/protocol.md section 6). Pure: the same in, the same out, at either end.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/x25519.hpp"

#include <cstdint>
#include <optional>

namespace ntm::protocol {

// One exchange, as both ends know it. The asker is who sent the KeyRequest, whatever its role.
struct EpochExchange {
    PathId path_id;
    std::uint32_t epoch = 0;  // that begins with it, 1 or more
    crypto::PublicKey asker;  // the ephemeral keys
    crypto::PublicKey answerer;
    crypto::PublicKey asker_static;
    crypto::PublicKey answerer_static;
};

// The two private keys of one end.
struct OwnKeys {
    const crypto::KeyPair& ephemeral;
    const crypto::KeyPair& fixed;  // the static one
};

// `before` is the secret of the epoch before, the path secret for the first exchange. Nothing if a
// Diffie-Hellman result is all zero: one of the other end's keys is none.
[[nodiscard]] std::optional<Secret32> epoch_secret_of_asker(
    const Secret32& before, const EpochExchange& exchange, const OwnKeys& own
);
[[nodiscard]] std::optional<Secret32> epoch_secret_of_answerer(
    const Secret32& before, const EpochExchange& exchange, const OwnKeys& own
);

}  // namespace ntm::protocol
