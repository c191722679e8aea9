// SPDX-License-Identifier: BSD-3-Clause
// The counters that one key is used with: each once, from 0, and none once there have been enough
// (docs/protocol.md section 2), so that no nonce comes twice under a key.
#pragma once

#include <cstdint>
#include <optional>

namespace ntm::protocol {

class SendCounter {
  public:
    static constexpr std::uint64_t limit = std::uint64_t{1} << 40;

    SendCounter() noexcept = default;
    explicit SendCounter(std::uint64_t taken) noexcept : taken_{taken} {}

    // Nothing: the key is at its end, for good.
    [[nodiscard]] std::optional<std::uint64_t> take() noexcept {
        return taken_ < limit ? std::optional{taken_++} : std::nullopt;
    }
    [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }

  private:
    std::uint64_t taken_ = 0;
};

}  // namespace ntm::protocol
