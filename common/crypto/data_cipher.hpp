// SPDX-License-Identifier: BSD-3-Clause
// What seals and opens DATA packets under one key, whatever its suite (docs/protocol.md sections 2, 3
// and 6).
#pragma once

#include "common/base/bytes.hpp"
#include "common/crypto/aead.hpp"
#include "common/crypto/cbc_hmac.hpp"

#include <cstddef>
#include <optional>
#include <variant>

namespace ntm::crypto {

// Not to be shared between threads.
class DataCipher {
  public:
    static constexpr std::size_t header_size = 16;
    using Header = std::span<const std::uint8_t, header_size>;

    explicit DataCipher(const AeadKey& key);
    [[nodiscard]] Suite suite() const noexcept { return suite_; }

    // `out`, which follows the header on the wire, has exactly sealed_size() bytes and is apart from
    // `text`.
    void seal(Header header, ByteView text, MutableByteView out) noexcept;
    // The length of the text, at the beginning of `out`, which has text_room() bytes and is apart from
    // `sealed`. Nothing: not authentic, and `out` is wiped.
    [[nodiscard]] std::optional<std::size_t> open(
        Header header, ByteView sealed, MutableByteView out
    ) noexcept;

  private:
    struct Plain {};  // suite 0

    Suite suite_;
    std::variant<Plain, Aead, CbcHmac> cipher_;
};

// Of a DATA or SIGNAL packet: the header's counter behind zeros.
[[nodiscard]] Nonce nonce_of(DataCipher::Header header) noexcept;

}  // namespace ntm::crypto
