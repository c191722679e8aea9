// SPDX-License-Identifier: BSD-3-Clause
// Integers kept in network byte order. They are trivially copyable, so they sit in wire structs;
// they convert only by name and have no arithmetic, since sums in the wrong order would compile.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <type_traits>

namespace ntm {

namespace detail {

template <typename T>
[[nodiscard]] constexpr T swap_bytes(T value) noexcept {
    if constexpr (sizeof(T) == 2) {
        return static_cast<T>(__builtin_bswap16(value));
    } else if constexpr (sizeof(T) == 4) {
        return __builtin_bswap32(value);
    } else {
        return __builtin_bswap64(value);
    }
}

template <typename T>
[[nodiscard]] constexpr T swap_if_little(T value) noexcept {
    return std::endian::native == std::endian::little ? swap_bytes(value) : value;
}

}  // namespace detail

template <typename T>
class BigEndian {
  public:
    BigEndian() = default;
    [[nodiscard]] static constexpr BigEndian from_host(T value) noexcept {
        return BigEndian{detail::swap_if_little(value)};
    }
    // `raw` is in wire order already, as loaded from a packet.
    [[nodiscard]] static constexpr BigEndian from_raw(T raw) noexcept { return BigEndian{raw}; }
    [[nodiscard]] constexpr T to_host() const noexcept { return detail::swap_if_little(raw_); }
    [[nodiscard]] constexpr T raw() const noexcept { return raw_; }
    friend constexpr bool operator==(BigEndian, BigEndian) = default;

  private:
    explicit constexpr BigEndian(T raw) noexcept : raw_{raw} {}
    T raw_;
};

using Be16 = BigEndian<std::uint16_t>;
using Be32 = BigEndian<std::uint32_t>;
using Be64 = BigEndian<std::uint64_t>;

static_assert(std::is_trivial_v<Be16> && sizeof(Be16) == 2);
static_assert(std::is_trivial_v<Be32> && sizeof(Be32) == 4);
static_assert(std::is_trivial_v<Be64> && sizeof(Be64) == 8);

}  // namespace ntm
