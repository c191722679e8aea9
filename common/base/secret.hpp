// SPDX-License-Identifier: BSD-3-Clause
// Key material: wiped when it goes, compared in constant time, never printed, copied only by name.
#pragma once

#include "common/base/bytes.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace ntm {

// Overwrites memory in a way that the compiler may not remove.
inline void wipe(MutableByteView bytes) noexcept {
    if (bytes.empty()) {
        return;  // of no memory at all: memset takes no null pointer
    }
    std::memset(bytes.data(), 0, bytes.size());
    asm volatile("" : : "r"(bytes.data()) : "memory");
}

template <std::size_t length>
class Secret {
  public:
    static constexpr std::size_t size = length;

    Secret() noexcept = default;  // all zero
    // `from` holds exactly `length` bytes.
    explicit Secret(std::span<const std::uint8_t, length> from) noexcept {
        std::memcpy(bytes_.data(), from.data(), length);
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&& other) noexcept : bytes_{other.bytes_} { wipe(other.bytes_); }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            wipe(other.bytes_);
        }
        return *this;
    }
    ~Secret() { wipe(bytes_); }

    [[nodiscard]] Secret clone() const noexcept { return Secret{view()}; }
    [[nodiscard]] std::span<const std::uint8_t, length> view() const noexcept { return bytes_; }
    [[nodiscard]] std::span<std::uint8_t, length> mutable_view() noexcept { return bytes_; }

    [[nodiscard]] bool is_zero() const noexcept {
        std::uint8_t any = 0;
        for (const std::uint8_t byte : bytes_) {
            any = static_cast<std::uint8_t>(any | byte);
        }
        return any == 0;
    }
    friend bool operator==(const Secret& a, const Secret& b) noexcept {
        std::uint8_t differences = 0;
        for (std::size_t i = 0; i < length; ++i) {
            differences = static_cast<std::uint8_t>(differences | (a.bytes_[i] ^ b.bytes_[i]));
        }
        return differences == 0;
    }

  private:
    std::array<std::uint8_t, length> bytes_{};
};

using Secret32 = Secret<32>;

}  // namespace ntm
