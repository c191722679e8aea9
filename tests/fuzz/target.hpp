// SPDX-License-Identifier: BSD-3-Clause
// A fuzz target is one file that defines run(): bytes in, and an abort where a promise does not
// hold. libFuzzer drives it (scripts/fuzz), and so does replay.cpp, with the committed corpus, in
// every run of the tests.
#pragma once

#include "common/base/bytes.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace ntm::fuzz {

// Once, before the first run.
void set_up();
void run(ByteView input);

// Ends the process with the promise that was broken.
inline void demand(bool holds, const char* promise) {
    if (!holds) {
        std::fprintf(stderr, "broken promise: %s\n", promise);
        std::abort();
    }
}

// Takes an input apart, from its front. What is not there reads as zero.
class Input {
  public:
    explicit Input(ByteView bytes) noexcept : rest_{bytes} {}
    [[nodiscard]] bool is_empty() const noexcept { return rest_.empty(); }
    [[nodiscard]] std::uint8_t byte() noexcept {
        const std::uint8_t value = rest_.empty() ? 0 : rest_.front();
        rest_ = rest_.subspan(rest_.empty() ? 0 : 1);
        return value;
    }
    [[nodiscard]] std::uint16_t word() noexcept {
        const std::uint16_t high = byte();
        return static_cast<std::uint16_t>(high << 8 | byte());
    }
    // At most as many.
    [[nodiscard]] ByteView take(std::size_t count) noexcept {
        const ByteView taken = rest_.first(count < rest_.size() ? count : rest_.size());
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    [[nodiscard]] ByteView rest() noexcept { return take(rest_.size()); }

  private:
    ByteView rest_;
};

}  // namespace ntm::fuzz
