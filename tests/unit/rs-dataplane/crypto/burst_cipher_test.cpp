// SPDX-License-Identifier: BSD-3-Clause
// The burst cipher against OpenSSL's (common/crypto/aead.hpp), which the nodes seal and open with.
#include "rs-dataplane/crypto/burst_cipher.hpp"

#include "common/base/random.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

constexpr std::size_t header_size = 16;
constexpr std::uint16_t longest = 2000;

Bytes draw(SeededRandom& random, std::size_t length) {
    Bytes bytes(length);
    random.fill(bytes);
    return bytes;
}

// A header, a text, and room for the tag.
struct Sample {
    Sample(
        SeededRandom& random, Suite its_suite, std::uint16_t text_length, std::uint32_t its_number
    )
        : suite{its_suite},
          number{its_number},
          key{draw(random, key_size(its_suite))},
          plain{draw(random, header_size + text_length)},
          packet{plain} {
        packet.resize(plain.size() + tag_size);
    }

    [[nodiscard]] CipherJob job() {
        return {
            .key = key.data(),
            .header = packet.data(),
            .key_number = number,
            .text_length = static_cast<std::uint16_t>(plain.size() - header_size),
            .suite = suite};
    }
    // As a node would send it.
    [[nodiscard]] Bytes sealed_by_openssl() const {
        AeadKey aead_key;
        aead_key.suite = suite;
        std::ranges::copy(key, aead_key.bytes.mutable_view().begin());
        Nonce nonce{};
        std::copy_n(plain.begin() + 2, 6, nonce.begin() + 6);
        Bytes sealed = plain;
        sealed.resize(plain.size() + tag_size);
        const ByteView view{plain};
        Aead{aead_key}.seal(
            nonce,
            view.first(header_size),
            view.subspan(header_size),
            MutableByteView{sealed}.subspan(header_size)
        );
        return sealed;
    }
    // As it was before sealing, without the tag.
    [[nodiscard]] Bytes opened() const { return {packet.begin(), packet.end() - tag_size}; }

    Suite suite;
    std::uint32_t number;
    Bytes key;
    Bytes plain;
    Bytes packet;
};

class BurstCipherTest : public testing::Test {
  protected:
    BurstCipherTest() {
        auto made = BurstCipher::create();
        EXPECT_TRUE(made) << made.error();
        cipher = *std::move(made);
    }
    std::vector<CipherJob> seal(std::vector<Sample>& samples) {
        std::vector<CipherJob> jobs = jobs_of(samples);
        cipher->seal(jobs);
        return jobs;
    }
    std::vector<CipherJob> open(std::vector<Sample>& samples) {
        std::vector<CipherJob> jobs = jobs_of(samples);
        cipher->open(jobs);
        return jobs;
    }
    static std::vector<CipherJob> jobs_of(std::vector<Sample>& samples) {
        std::vector<CipherJob> jobs;
        jobs.reserve(samples.size());
        for (Sample& sample : samples) {
            jobs.push_back(sample.job());
        }
        return jobs;
    }
    // What a worker could see: bursts of any size, suites mixed, keys that share places in the cache.
    std::vector<Sample> draw_burst(std::size_t size) {
        std::vector<Sample> burst;
        for (std::size_t i = 0; i < size; ++i) {
            const Suite suite =
                random.below(3) == 0 ? Suite::chacha20_poly1305 : Suite::aes_128_gcm;
            const auto length = static_cast<std::uint16_t>(random.below(longest + 1));
            burst.emplace_back(
                random, suite, length, static_cast<std::uint32_t>(random.below(4) * 2048)
            );
        }
        return burst;
    }

    SeededRandom random{1};
    std::unique_ptr<BurstCipher> cipher;
};

TEST_F(BurstCipherTest, every_length_is_sealed_and_opened_as_by_openssl) {
    for (const Suite suite : {Suite::aes_128_gcm, Suite::chacha20_poly1305}) {
        for (std::uint16_t length = 0; length <= longest; ++length) {
            std::vector<Sample> one;
            one.emplace_back(random, suite, length, length);
            ASSERT_TRUE(seal(one)[0].is_good) << length;
            ASSERT_EQ(one[0].packet, one[0].sealed_by_openssl()) << length;
            ASSERT_TRUE(open(one)[0].is_good) << length;
            ASSERT_EQ(one[0].opened(), one[0].plain) << length;
        }
    }
}

TEST_F(BurstCipherTest, bursts_of_mixed_suites_and_keys_are_sealed_each_as_alone) {
    for (std::size_t size = 1; size <= 64; ++size) {
        std::vector<Sample> burst = draw_burst(size);
        for (const CipherJob& job : seal(burst)) {
            ASSERT_TRUE(job.is_good);
        }
        for (const Sample& sample : burst) {
            ASSERT_EQ(sample.packet, sample.sealed_by_openssl());
        }
    }
}

// Keys come back often enough to move into the cache and to drive one another out of it.
TEST_F(BurstCipherTest, keys_that_share_a_place_do_not_disturb_one_another) {
    const std::vector<Sample> keys = draw_burst(12);
    for (int round = 0; round < 500; ++round) {
        std::vector<Sample> burst;
        for (std::size_t i = 0; i < 32; ++i) {
            Sample sample = keys[random.below(keys.size())];
            random.fill(MutableByteView{sample.plain});
            std::ranges::copy(sample.plain, sample.packet.begin());
            burst.push_back(std::move(sample));
        }
        seal(burst);
        for (const Sample& sample : burst) {
            ASSERT_EQ(sample.packet, sample.sealed_by_openssl()) << round;
        }
    }
}

// Another path has got the number.
TEST_F(BurstCipherTest, a_number_may_be_given_to_another_key) {
    for (int i = 0; i < 3; ++i) {
        std::vector<Sample> one;
        one.emplace_back(random, Suite::aes_128_gcm, 100, 7);
        for (int again = 0; again < 4; ++again) {
            one[0].packet = one[0].plain;
            one[0].packet.resize(one[0].plain.size() + tag_size);
            seal(one);
            EXPECT_EQ(one[0].packet, one[0].sealed_by_openssl());
        }
    }
}

TEST_F(BurstCipherTest, every_flipped_bit_is_noticed_and_the_text_wiped) {
    for (const Suite suite : {Suite::aes_128_gcm, Suite::chacha20_poly1305}) {
        std::vector<Sample> one;
        one.emplace_back(random, suite, 40, 1);
        const Bytes sealed = one[0].sealed_by_openssl();
        for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
            one[0].packet = sealed;
            one[0].packet[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            EXPECT_FALSE(open(one)[0].is_good) << bit;
            EXPECT_EQ(Bytes(one[0].packet.begin() + 16, one[0].packet.begin() + 56), Bytes(40));
        }
    }
}

TEST_F(BurstCipherTest, one_forged_packet_does_not_harm_its_neighbours) {
    std::vector<Sample> burst = draw_burst(32);
    for (Sample& sample : burst) {
        sample.packet = sample.sealed_by_openssl();
    }
    burst[13].packet.back() ^= 1;
    const std::vector<CipherJob> jobs = open(burst);
    for (std::size_t i = 0; i < burst.size(); ++i) {
        EXPECT_EQ(jobs[i].is_good, i != 13);
        if (i != 13) {
            EXPECT_EQ(burst[i].opened(), burst[i].plain);
        }
    }
}

// The vector of docs/protocol.md section 6: an empty packet with counter 5.
TEST_F(BurstCipherTest, seals_the_vector_of_the_protocol) {
    const Bytes key = *from_hex("3451a3844997af46f3f1f74930539965");
    Bytes packet = *from_hex("10000000000000050102030405060708");
    packet.resize(header_size + tag_size);
    std::vector<CipherJob> jobs{{.key = key.data(), .header = packet.data()}};
    cipher->seal(jobs);
    EXPECT_EQ(to_hex(ByteView{packet}.subspan(header_size)), "079ae9b1732e51e61155f018fa7544e4");
}

}  // namespace
}  // namespace ntm::crypto
