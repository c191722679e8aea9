// SPDX-License-Identifier: BSD-3-Clause
// Keys of DATA, LEG and END packets from path and leg secrets (docs/protocol.md section 6).
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/aead.hpp"
#include "common/protocol/ntm_header.hpp"

#include <cstdint>

namespace ntm::protocol {

struct KeyPurpose {
    PacketType type = PacketType::data;  // data, leg or end
    std::uint8_t flags = 0;              // only role and answer count
    crypto::Suite suite = crypto::Suite::aes_128_gcm;
    PathId path_id;
};

// HKDF-SHA-256; `salt` is the packet's for LEG and END, empty for DATA. The key has the suite's
// length.
[[nodiscard]] crypto::AeadKey derive_key(
    const Secret32& secret, const KeyPurpose& purpose, ByteView salt
);

// Of DATA and SIGNAL packets: the header's counter behind zeros.
[[nodiscard]] crypto::Nonce counter_nonce(std::uint64_t counter) noexcept;

}  // namespace ntm::protocol
