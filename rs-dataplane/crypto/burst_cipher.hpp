// SPDX-License-Identifier: BSD-3-Clause
// Seals and opens whole bursts of DATA packets, each under a key of its own, by Intel's IPsec-MB
// (docs/protocol.md sections 2 and 3, suites 1 and 2). One object for each worker.
#pragma once

#include "common/base/result.hpp"
#include "common/crypto/aead.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace ntm::crypto {

// One packet: NTM header (the additional data, with the counter that the nonce is made of), text and
// tag, one behind the other.
struct CipherJob {
    const std::uint8_t* key = nullptr;  // key_size(suite) bytes, borrowed for the call
    std::uint8_t* header = nullptr;     // borrowed for the call
    std::uint32_t key_number = 0;      // whatever tells keys apart; equal ones compete in the cache
    std::uint16_t text_length = 0;     // bytes between header and tag
    Suite suite = Suite::aes_128_gcm;  // or chacha20_poly1305
    bool is_good = false;              // sealed; opened and authentic. Else the text is wiped
};

class BurstCipher {
  public:
    // Fails where the library does not pass its own test on this processor.
    [[nodiscard]] static Result<std::unique_ptr<BurstCipher>, std::string> create();
    // Of the heap.
    [[nodiscard]] static std::size_t bytes() noexcept;
    ~BurstCipher();
    BurstCipher(const BurstCipher&) = delete;
    BurstCipher& operator=(const BurstCipher&) = delete;

    // Writes ciphertext over the text, and the tag behind it.
    void seal(std::span<CipherJob> jobs) noexcept;
    // Writes the text over the ciphertext. The caller has checked the counter against the replay
    // window, and takes it into the window only of a job that is good.
    void open(std::span<CipherJob> jobs) noexcept;

  private:
    class State;
    explicit BurstCipher(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace ntm::crypto
