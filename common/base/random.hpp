// SPDX-License-Identifier: BSD-3-Clause
// Randomness as an argument. Programs pass the operating system's CSPRNG (crypto::SystemRandom),
// tests and the simulation a seeded generator.
#pragma once

#include "common/base/bytes.hpp"

#include <array>
#include <cstdint>

namespace ntm {

class RandomSource {
  public:
    RandomSource() = default;
    RandomSource(const RandomSource&) = delete;
    RandomSource& operator=(const RandomSource&) = delete;
    virtual ~RandomSource() = default;

    virtual void fill(MutableByteView bytes) = 0;

    [[nodiscard]] std::uint64_t number() {
        std::array<std::uint8_t, 8> bytes;
        fill(bytes);
        return load<std::uint64_t>(bytes.data());
    }
    // Even over [0, bound); bound is not 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t rejected_from = UINT64_MAX - UINT64_MAX % bound;
        std::uint64_t drawn = number();
        while (drawn >= rejected_from) {
            drawn = number();
        }
        return drawn % bound;
    }
    template <std::size_t size>
    [[nodiscard]] std::array<std::uint8_t, size> bytes() {
        std::array<std::uint8_t, size> drawn;
        fill(drawn);
        return drawn;
    }
};

// A seeded generator for tests and simulation: reproducible and NOT fit for keys of real programs.
class SeededRandom final : public RandomSource {
  public:
    explicit SeededRandom(std::uint64_t seed) noexcept : state_{seed} {}
    void fill(MutableByteView bytes) override {
        for (std::size_t i = 0; i < bytes.size(); i += 8) {
            std::uint64_t drawn = next();
            for (std::size_t j = i; j < bytes.size() && j < i + 8; ++j) {
                bytes[j] = static_cast<std::uint8_t>(drawn);
                drawn >>= 8;
            }
        }
    }

  private:
    // SplitMix64 (Steele, Lea, Flood 2014).
    [[nodiscard]] std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31);
    }
    std::uint64_t state_;
};

}  // namespace ntm
