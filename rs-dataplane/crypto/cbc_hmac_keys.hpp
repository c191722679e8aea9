// SPDX-License-Identifier: BSD-3-Clause
// Keys of suites 3 and 4 made ready: AES schedules and HMAC's two inner states, for one worker. A key
// number modulo the places says where a key is kept; which one is there is told by the key itself, so
// that numbers may be given to other keys at any time.
#pragma once

#include "common/base/secret.hpp"
#include "rs-dataplane/crypto/cipher_job.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include <intel-ipsec-mb.h>

namespace ntm::crypto {

class CbcHmacKeys {
  public:
    // As many keys as may be in use at once.
    static constexpr std::size_t group_size = 32;

    struct Ready {
        alignas(16) std::array<std::uint8_t, 11 * aes_block_size> encrypt;
        alignas(16) std::array<std::uint8_t, 11 * aes_block_size> decrypt;
        alignas(16) std::array<std::uint8_t, IMB_SHA256_DIGEST_SIZE_IN_BYTES> inner;
        alignas(16) std::array<std::uint8_t, IMB_SHA256_DIGEST_SIZE_IN_BYTES> outer;
    };

    explicit CbcHmacKeys(IMB_MGR& manager) noexcept : manager_{&manager} {}
    ~CbcHmacKeys() {
        wipe({reinterpret_cast<std::uint8_t*>(places_.data()), sizeof places_});
        wipe({reinterpret_cast<std::uint8_t*>(beside_.data()), sizeof beside_});
    }
    CbcHmacKeys(const CbcHmacKeys&) = delete;
    CbcHmacKeys& operator=(const CbcHmacKeys&) = delete;

    // Keys of the group before are in use no longer.
    void begin_group() noexcept {
        ++group_;
        beside_count_ = 0;
    }
    // Valid until the next group begins; for at most group_size jobs in each.
    [[nodiscard]] const Ready& get(const CipherJob& job) noexcept {
        Place& place = places_[job.key_number % place_count];
        if (place.group != 0 && place.suite == job.suite &&
            std::memcmp(place.key.data(), job.key, key_size(job.suite)) == 0) [[likely]] {
            place.group = group_;
            return place.ready;
        }
        // Who lives there may be in use.
        if (place.group == group_) {
            return make(job, beside_[beside_count_++]);
        }
        place.group = group_;
        place.suite = job.suite;
        std::memcpy(place.key.data(), job.key, key_size(job.suite));
        return make(job, place.ready);
    }

  private:
    static constexpr std::size_t place_count = 64;
    static constexpr std::size_t hash_block_size = 64;
    using HashBlock = std::array<std::uint8_t, hash_block_size>;

    struct Place {
        Ready ready;
        std::array<std::uint8_t, longest_key> key;
        std::uint64_t group = 0;  // that last used it; 0: it is empty
        Suite suite = Suite::none;
    };

    [[nodiscard]] const Ready& make(const CipherJob& job, Ready& into) noexcept {
        IMB_AES_KEYEXP_128(manager_, job.key, into.encrypt.data(), into.decrypt.data());
        hash_padded(job, 0x36, into.inner.data());
        hash_padded(job, 0x5c, into.outer.data());
        return into;
    }
    // RFC 2104.
    void hash_padded(const CipherJob& job, std::uint8_t pad, std::uint8_t* state) noexcept {
        HashBlock block;
        block.fill(pad);
        for (std::size_t i = aes_128_key_size; i < key_size(job.suite); ++i) {
            block[i - aes_128_key_size] ^= job.key[i];
        }
        if (job.suite == Suite::aes_128_cbc_hmac_sha_256) {
            IMB_SHA256_ONE_BLOCK(manager_, block.data(), state);
        } else {
            IMB_MD5_ONE_BLOCK(manager_, block.data(), state);
        }
        wipe(block);
    }

    IMB_MGR* manager_;
    std::uint64_t group_ = 0;
    std::size_t beside_count_ = 0;
    std::array<Ready, group_size> beside_;
    std::array<Place, place_count> places_;
};

}  // namespace ntm::crypto
