// SPDX-License-Identifier: BSD-3-Clause
// Seals and opens whole bursts of DATA packets, each under a key and by a suite of its own, by Intel's
// IPsec-MB (docs/protocol.md sections 2 and 3). One object for each worker.
#pragma once

#include "common/base/result.hpp"
#include "rs-dataplane/crypto/cipher_job.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace ntm::crypto {

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
