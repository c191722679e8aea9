// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/crypto/burst_cipher.hpp"

#include "rs-dataplane/crypto/schedule_cache.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <intel-ipsec-mb.h>

namespace ntm::crypto {

namespace {

constexpr std::size_t header_size = 16;
constexpr std::size_t counter_at = 2;
constexpr std::size_t counter_size = 6;

using Tag = std::array<std::uint8_t, tag_size>;

struct FreeManager {
    void operator()(IMB_MGR* manager) const noexcept { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, FreeManager>;

// Six zero bytes and the counter (docs/protocol.md section 2).
void fill_nonce(Nonce& nonce, const std::uint8_t* header) noexcept {
    std::memcpy(&nonce[nonce_size - counter_size], header + counter_at, counter_size);
}

// In constant time.
bool is_equal(const Tag& made, const std::uint8_t* came) noexcept {
    std::uint8_t differences = 0;
    for (std::size_t i = 0; i < tag_size; ++i) {
        differences = static_cast<std::uint8_t>(differences | (made[i] ^ came[i]));
    }
    return differences == 0;
}

}  // namespace

class BurstCipher::State {
  public:
    explicit State(Manager manager) noexcept
        : manager_{std::move(manager)}, schedules_{*manager_} {}

    enum class Direction : std::uint8_t { seal, open };

    void run(std::span<CipherJob> jobs, Direction direction) noexcept {
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            if (i + 1 < jobs.size() && jobs[i + 1].suite == Suite::aes_128_gcm) [[likely]] {
                schedules_.prefetch(key_of(jobs[i + 1]), jobs[i + 1].key_number);
            }
            if (jobs[i].suite == Suite::aes_128_gcm) [[likely]] {
                run_gcm(jobs[i], direction);
            }
        }
        for (std::size_t at = 0; at < jobs.size(); at += group_size) {
            run_others(jobs.subspan(at, std::min(group_size, jobs.size() - at)), direction);
        }
    }

  private:
    static constexpr std::size_t group_size = 8;

    [[nodiscard]] static ScheduleCache::Key key_of(const CipherJob& job) noexcept {
        return ScheduleCache::Key{job.key, ScheduleCache::key_size};
    }
    // By its own entry points: a queue of jobs gains nothing where each packet is done by itself.
    void run_gcm(CipherJob& job, Direction direction) noexcept {
        std::uint8_t* const text = job.header + header_size;
        const auto run = direction == Direction::seal ? manager_->gcm128_enc : manager_->gcm128_dec;
        const gcm_key_data& schedule = schedules_.get(key_of(job), job.key_number);
        Nonce nonce{};
        fill_nonce(nonce, job.header);
        Tag tag;
        std::uint8_t* const tag_at =
            direction == Direction::seal ? text + job.text_length : tag.data();
        run(&schedule,
            &gcm_,
            text,
            text,
            job.text_length,
            nonce.data(),
            job.header,
            header_size,
            tag_at,
            tag_size);
        settle(job, true, tag, direction);
    }

    void run_others(std::span<CipherJob> jobs, Direction direction) noexcept {
        std::array<CipherJob*, group_size> others;
        std::uint32_t count = 0;
        for (CipherJob& job : jobs) {
            if (job.suite != Suite::aes_128_gcm) [[unlikely]] {
                others[count++] = &job;
            }
        }
        if (count == 0) [[likely]] {
            return;
        }
        std::array<IMB_JOB*, group_size> orders;
        // Nothing is ever left in the manager's queue: there is always room.
        const std::uint32_t room = IMB_GET_NEXT_BURST(manager_.get(), count, orders.data());
        for (std::size_t i = 0; i < room; ++i) {
            fill(*orders[i], *others[i], i, direction);
        }
        // The checks left out are of what fill() writes: no null pointer, lengths of 16 bits.
        const std::uint32_t done = IMB_SUBMIT_BURST_NOCHECK(manager_.get(), room, orders.data());
        for (std::size_t i = 0; i < count; ++i) {
            const bool is_done = i < done && orders[i]->status == IMB_STATUS_COMPLETED;
            settle(*others[i], is_done, tags_[i], direction);
        }
    }

    void fill(IMB_JOB& order, const CipherJob& job, std::size_t i, Direction direction) noexcept {
        fill_nonce(nonces_[i], job.header);
        order.cipher_direction = direction == Direction::seal ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
        order.chain_order =
            direction == Direction::seal ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
        order.src = job.header;
        order.dst = job.header + header_size;
        order.cipher_start_src_offset_in_bytes = header_size;
        order.hash_start_src_offset_in_bytes = header_size;
        order.msg_len_to_cipher_in_bytes = job.text_length;
        order.msg_len_to_hash_in_bytes = job.text_length;
        order.iv = nonces_[i].data();
        order.iv_len_in_bytes = nonce_size;
        order.auth_tag_output = direction == Direction::seal
                                    ? job.header + header_size + job.text_length
                                    : tags_[i].data();
        order.auth_tag_output_len_in_bytes = tag_size;
        order.key_len_in_bytes = key_size(job.suite);
        order.cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
        order.hash_alg = IMB_AUTH_CHACHA20_POLY1305;
        order.enc_keys = job.key;
        order.dec_keys = job.key;
        order.u.CHACHA20_POLY1305.aad = job.header;
        order.u.CHACHA20_POLY1305.aad_len_in_bytes = header_size;
    }

    static void settle(CipherJob& job, bool is_done, const Tag& tag, Direction direction) noexcept {
        std::uint8_t* const text = job.header + header_size;
        job.is_good =
            is_done && (direction == Direction::seal || is_equal(tag, text + job.text_length));
        if (!job.is_good) [[unlikely]] {
            wipe({text, job.text_length});
        }
    }

    Manager manager_;
    ScheduleCache schedules_;
    gcm_context_data gcm_{};
    std::array<Nonce, group_size> nonces_{};
    std::array<Tag, group_size> tags_{};
};

Result<std::unique_ptr<BurstCipher>, std::string> BurstCipher::create() {
    Manager manager{alloc_mb_mgr(0)};
    if (!manager) {
        return Unexpected{std::string{"no memory for IPsec-MB"}};
    }
    init_mb_mgr_auto(manager.get(), nullptr);
    if (const int error = imb_get_errno(manager.get()); error != 0) {
        return Unexpected{std::string{"IPsec-MB: "} + imb_get_strerror(error)};
    }
    const bool can_test = (manager->features & IMB_FEATURE_SELF_TEST) != 0;
    if (can_test && (manager->features & IMB_FEATURE_SELF_TEST_PASS) == 0) {
        return Unexpected{std::string{"IPsec-MB fails its own test on this processor"}};
    }
    return std::unique_ptr<BurstCipher>{
        new BurstCipher{std::make_unique<State>(std::move(manager))}};
}

std::size_t BurstCipher::bytes() noexcept {
    return sizeof(State) + sizeof(IMB_MGR) + ScheduleCache::bytes();
}

BurstCipher::BurstCipher(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
BurstCipher::~BurstCipher() = default;

void BurstCipher::seal(std::span<CipherJob> jobs) noexcept {
    state_->run(jobs, State::Direction::seal);
}

void BurstCipher::open(std::span<CipherJob> jobs) noexcept {
    state_->run(jobs, State::Direction::open);
}

}  // namespace ntm::crypto
