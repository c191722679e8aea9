// SPDX-License-Identifier: BSD-3-Clause
// BurstCipher's way with all suites but AES-128-GCM.
#pragma once

#include "rs-dataplane/crypto/cbc_hmac_keys.hpp"
#include "rs-dataplane/crypto/cipher_job.hpp"

#include <array>
#include <cstdint>
#include <span>

#include <intel-ipsec-mb.h>

namespace ntm::crypto {

class OtherSuites {
  public:
    explicit OtherSuites(IMB_MGR& manager) noexcept : manager_{&manager}, keys_{manager} {}

    // Those of the jobs that are not of AES-128-GCM.
    void run(std::span<CipherJob> jobs, CipherDirection direction) noexcept;

  private:
    static constexpr std::size_t group_size = CbcHmacKeys::group_size;
    using Tag = std::array<std::uint8_t, tag_size>;
    // A job in the manager's hands.
    struct Running {
        CipherJob* job = nullptr;
        std::array<std::uint8_t, 12> nonce{};
        Tag tag{};  // as it is, of one to be opened
    };

    void run_group(std::size_t count, CipherDirection direction) noexcept;
    void fill(IMB_JOB& order, Running& running, CipherDirection direction) noexcept;
    static void fill_chacha(IMB_JOB& order, Running& running) noexcept;
    void fill_cbc(IMB_JOB& order, const CipherJob& job, CipherDirection direction) noexcept;
    static void settle(const IMB_JOB& order, CipherDirection direction) noexcept;

    IMB_MGR* manager_;
    CbcHmacKeys keys_;
    std::array<Running, group_size> running_{};
};

}  // namespace ntm::crypto
