// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/crypto/burst_cipher.hpp"

#include "common/crypto/aead.hpp"
#include "rs-dataplane/crypto/other_suites.hpp"
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

}  // namespace

class BurstCipher::State {
  public:
    explicit State(Manager manager) noexcept
        : manager_{std::move(manager)}, schedules_{*manager_}, others_{*manager_} {}

    using Direction = CipherDirection;

    void run(std::span<CipherJob> jobs, Direction direction) noexcept {
        bool has_others = false;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            if (i + 1 < jobs.size() && jobs[i + 1].suite == Suite::aes_128_gcm) [[likely]] {
                schedules_.prefetch(key_of(jobs[i + 1]), jobs[i + 1].key_number);
            }
            if (jobs[i].suite == Suite::aes_128_gcm) [[likely]] {
                run_gcm(jobs[i], direction);
            } else {
                has_others = true;
            }
        }
        if (has_others) [[unlikely]] {
            others_.run(jobs, direction);
        }
    }

  private:
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
        settle(job, tag, direction);
    }

    static void settle(CipherJob& job, const Tag& tag, Direction direction) noexcept {
        std::uint8_t* const text = job.header + header_size;
        job.is_good =
            direction == Direction::seal || is_same_tag(tag.data(), text + job.text_length);
        if (!job.is_good) [[unlikely]] {
            wipe({text, job.text_length});
        }
    }

    Manager manager_;
    ScheduleCache schedules_;
    gcm_context_data gcm_{};
    OtherSuites others_;
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
