// SPDX-License-Identifier: BSD-3-Clause
// Views of bytes, and the loads and stores that everything on the wire goes through. A load or a
// store never checks the length: the caller holds a view that did (see common/packet).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ntm {

using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;

// Reads a trivially copyable T from unaligned memory; `from` holds at least sizeof(T) bytes.
template <typename T>
requires std::is_trivially_copyable_v<T>
[[nodiscard]] inline T load(const std::uint8_t* from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof(T));
    return value;
}

// Writes a trivially copyable T to unaligned memory with room for at least sizeof(T) bytes.
template <typename T>
requires std::is_trivially_copyable_v<T>
inline void store(std::uint8_t* to, const T& value) noexcept {
    std::memcpy(to, &value, sizeof(T));
}

inline void append(Bytes& to, ByteView from) {
    to.insert(to.end(), from.begin(), from.end());
}

// The bytes of a text, borrowed.
[[nodiscard]] ByteView as_bytes(std::string_view text) noexcept;
// The text made of these bytes, copied.
[[nodiscard]] std::string as_text(ByteView bytes);

// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string to_hex(ByteView bytes);
// Nothing if the length is odd or a digit is none.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

// RFC 4648 section 4, with padding.
[[nodiscard]] std::string to_base64(ByteView bytes);
// Nothing unless the text is canonical base64 with padding.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);

}  // namespace ntm
