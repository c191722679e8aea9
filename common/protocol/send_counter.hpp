// SPDX-License-Identifier: BSD-3-Clause
// The counters that one key is used with: each once, from 0, and none once there have been enough
// (docs/protocol.md section 2), so that no nonce comes twice under a key.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace ntm::protocol {

class SendCounter {
  public:
    static constexpr std::uint64_t limit = std::uint64_t{1} << 40;

    SendCounter() noexcept = default;
    // One that goes on where another of this key has ended; tests begin near the limit with it.
    [[nodiscard]] static SendCounter continued_after(std::uint64_t taken) noexcept {
        SendCounter counter;
        counter.taken_ = taken;
        return counter;
    }
    ~SendCounter() = default;
    // Two of one key would take the same: a copy can not be made, and what is moved from is at its end.
    SendCounter(const SendCounter&) = delete;
    SendCounter& operator=(const SendCounter&) = delete;
    SendCounter(SendCounter&& other) noexcept : taken_{std::exchange(other.taken_, limit)} {}
    SendCounter& operator=(SendCounter&& other) noexcept {
        taken_ = std::exchange(other.taken_, limit);
        return *this;
    }

    // Nothing: the key is at its end, for good.
    [[nodiscard]] std::optional<std::uint64_t> take() noexcept {
        return taken_ < limit ? std::optional{taken_++} : std::nullopt;
    }
    [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }

  private:
    std::uint64_t taken_ = 0;
};

}  // namespace ntm::protocol
