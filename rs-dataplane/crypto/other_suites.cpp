// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/crypto/other_suites.hpp"

#include "common/base/bytes.hpp"
#include "common/crypto/data_cipher.hpp"

#include <cstring>

namespace ntm::crypto {

namespace {

constexpr std::size_t header_size = CipherJob::header_size;

std::uint16_t padded_length(const CipherJob& job) noexcept {
    return static_cast<std::uint16_t>(
        job.text_length + aes_block_size - job.text_length % aes_block_size
    );
}

}  // namespace

void OtherSuites::run(std::span<CipherJob> jobs, CipherDirection direction) noexcept {
    std::size_t count = 0;
    for (CipherJob& job : jobs) {
        if (job.suite == Suite::aes_128_gcm) {
            continue;
        }
        if (job.suite == Suite::none) {
            job.is_good = true;
            continue;
        }
        running_[count++].job = &job;
        if (count == group_size) {
            run_group(count, direction);
            count = 0;
        }
    }
    if (count != 0) {
        run_group(count, direction);
    }
}

void OtherSuites::run_group(std::size_t count, CipherDirection direction) noexcept {
    keys_.begin_group();
    std::array<IMB_JOB*, group_size> orders;
    const auto wanted = static_cast<std::uint32_t>(count);
    // Nothing is ever left in the manager's queue: there is always room.
    const std::uint32_t room = IMB_GET_NEXT_BURST(manager_, wanted, orders.data());
    for (std::uint32_t i = 0; i < room; ++i) {
        fill(*orders[i], running_[i], direction);
    }
    // The checks left out are of what fill() writes: no null pointer, lengths of 16 bits.
    std::uint32_t done = IMB_SUBMIT_BURST_NOCHECK(manager_, room, orders.data());
    while (done < room) {
        const std::uint32_t more = IMB_FLUSH_BURST(manager_, room - done, &orders[done]);
        if (more == 0) {
            break;
        }
        done += more;
    }
    for (std::uint32_t i = 0; i < done; ++i) {
        settle(*orders[i], direction);
    }
}

void OtherSuites::fill(IMB_JOB& order, Running& running, CipherDirection direction) noexcept {
    const bool is_sealing = direction == CipherDirection::seal;
    CipherJob& job = *running.job;
    job.is_good = false;
    order.user_data = &running;
    order.cipher_direction = is_sealing ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
    order.chain_order = is_sealing ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    order.src = job.header;
    order.auth_tag_output_len_in_bytes = tag_size;
    order.auth_tag_output = running.tag.data();
    if (job.suite == Suite::chacha20_poly1305) {
        fill_chacha(order, running);
    } else {
        fill_cbc(order, job, direction);
    }
}

void OtherSuites::fill_chacha(IMB_JOB& order, Running& running) noexcept {
    const CipherJob& job = *running.job;
    running.nonce = nonce_of(DataCipher::Header{job.header, header_size});
    order.cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
    order.hash_alg = IMB_AUTH_CHACHA20_POLY1305;
    order.dst = job.text();
    order.cipher_start_src_offset_in_bytes = header_size;
    order.hash_start_src_offset_in_bytes = header_size;
    order.msg_len_to_cipher_in_bytes = job.text_length;
    order.msg_len_to_hash_in_bytes = job.text_length;
    order.iv = running.nonce.data();
    order.iv_len_in_bytes = nonce_size;
    order.enc_keys = job.key;
    order.dec_keys = job.key;
    order.key_len_in_bytes = key_size(job.suite);
    order.u.CHACHA20_POLY1305.aad = job.header;
    order.u.CHACHA20_POLY1305.aad_len_in_bytes = header_size;
}

void OtherSuites::fill_cbc(
    IMB_JOB& order, const CipherJob& job, CipherDirection direction
) noexcept {
    static constexpr std::array<std::uint8_t, aes_block_size> zeros{};
    const CbcHmacKeys::Ready& keys = keys_.get(job);
    std::size_t ciphertext = job.text_length;
    std::size_t from = header_size + aes_block_size;
    order.iv = job.header + header_size;
    if (direction == CipherDirection::seal) {
        ciphertext = padded_length(job);
        const auto padding = static_cast<std::uint8_t>(ciphertext - job.text_length);
        std::memset(job.text() + job.text_length, padding, padding);
        // The header as the first block under an IV of zeros becomes the IV of what follows, as a node
        // makes it (common/crypto/cbc_hmac.hpp).
        std::memcpy(job.header + header_size, job.header, header_size);
        from = header_size;
        order.iv = zeros.data();
    }
    const std::size_t end = header_size + aes_block_size + ciphertext;
    order.dst = job.header + from;
    order.cipher_start_src_offset_in_bytes = from;
    order.msg_len_to_cipher_in_bytes = end - from;
    order.hash_start_src_offset_in_bytes = 0;
    order.msg_len_to_hash_in_bytes = end;
    order.iv_len_in_bytes = aes_block_size;
    order.cipher_mode = IMB_CIPHER_CBC;
    order.hash_alg =
        job.suite == Suite::aes_128_cbc_hmac_sha_256 ? IMB_AUTH_HMAC_SHA_256 : IMB_AUTH_MD5;
    order.enc_keys = keys.encrypt.data();
    order.dec_keys = keys.decrypt.data();
    order.key_len_in_bytes = aes_128_key_size;
    order.u.HMAC._hashed_auth_key_xor_ipad = keys.inner.data();
    order.u.HMAC._hashed_auth_key_xor_opad = keys.outer.data();
}

void OtherSuites::settle(const IMB_JOB& order, CipherDirection direction) noexcept {
    const Running& running = *static_cast<const Running*>(order.user_data);
    CipherJob& job = *running.job;
    const bool is_sealing = direction == CipherDirection::seal;
    const bool is_padded = is_cbc_hmac(job.suite);
    const std::uint16_t length = is_padded && is_sealing ? padded_length(job) : job.text_length;
    std::uint8_t* const tag = job.text() + length;
    job.is_good = order.status == IMB_STATUS_COMPLETED;
    if (is_sealing) {
        std::memcpy(tag, running.tag.data(), tag_size);
    } else {
        job.is_good = job.is_good && is_same_tag(running.tag.data(), tag);
    }
    if (job.is_good && is_padded && !is_sealing) {
        const auto text_length = unpadded({job.text(), length});
        job.is_good = text_length.has_value();
        job.text_length = static_cast<std::uint16_t>(text_length.value_or(length));
    }
    if (!job.is_good) [[unlikely]] {
        wipe({job.text(), length});
    }
}

}  // namespace ntm::crypto
