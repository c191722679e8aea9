// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/keys.hpp"

#include "common/crypto/hkdf.hpp"

#include <array>

namespace ntm::protocol {

crypto::AeadKey derive_key(const Secret32& secret, const KeyPurpose& purpose, ByteView salt) {
    constexpr std::uint8_t counted_flags = NtmHeader::flag_role | NtmHeader::flag_answer;
    std::array<std::uint8_t, 16> info{'N', 'T', 'M', '/', '1'};
    info[5] = static_cast<std::uint8_t>(purpose.type);
    info[6] = purpose.flags & counted_flags;
    info[7] = static_cast<std::uint8_t>(purpose.suite);
    store(info.data() + 8, purpose.path_id.wire());

    crypto::AeadKey key;
    key.suite = purpose.suite;
    crypto::hkdf_sha256(salt, secret.view(), info, key.mutable_view());
    return key;
}

crypto::Nonce counter_nonce(std::uint64_t counter) noexcept {
    crypto::Nonce nonce{};
    store(nonce.data() + 4, Be64::from_host(counter));
    return nonce;
}

}  // namespace ntm::protocol
