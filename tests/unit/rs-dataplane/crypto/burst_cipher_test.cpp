// SPDX-License-Identifier: BSD-3-Clause
// The burst cipher against OpenSSL's (common/crypto/data_cipher.hpp), which the nodes seal and open with.
#include "rs-dataplane/crypto/burst_cipher.hpp"

#include "common/base/random.hpp"
#include "common/crypto/data_cipher.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::crypto {
namespace {

constexpr std::size_t header_size = CipherJob::header_size;
constexpr std::uint16_t longest = 2000;

Bytes draw(SeededRandom& random, std::size_t length) {
    Bytes bytes(length);
    random.fill(bytes);
    return bytes;
}

// A header, a text, and the packet that is made of them.
struct Sample {
    Sample(
        SeededRandom& random, Suite its_suite, std::uint16_t text_length, std::uint32_t its_number
    )
        : suite{its_suite},
          number{its_number},
          key{draw(random, key_size(its_suite))},
          header{random.bytes<header_size>()},
          text{draw(random, text_length)} {
        lay_out();
    }

    // As it is to be sealed.
    void lay_out() {
        packet.assign(header.begin(), header.end());
        packet.resize(header_size + iv_size(suite));
        append(packet, text);
        packet.resize(header_size + sealed_size(suite, text.size()));
    }
    [[nodiscard]] CipherJob job(std::size_t text_length) {
        return {
            .key = key.data(),
            .header = packet.data(),
            .key_number = number,
            .text_length = static_cast<std::uint16_t>(text_length),
            .suite = suite};
    }
    [[nodiscard]] CipherJob sealing() { return job(text.size()); }
    [[nodiscard]] CipherJob opening() {
        return job(text_room(suite, packet.size() - header_size).value());
    }
    // As a node would send it.
    [[nodiscard]] Bytes sealed_by_openssl() const {
        Bytes sealed{header.begin(), header.end()};
        sealed.resize(packet.size());
        const MutableByteView behind = MutableByteView{sealed}.subspan(header_size);
        DataCipher{AeadKey{suite, key}}.seal(header, text, behind);
        return sealed;
    }

    Suite suite;
    std::uint32_t number;
    Bytes key;
    std::array<std::uint8_t, header_size> header;
    Bytes text;
    Bytes packet;
};

Bytes text_of(const CipherJob& job) {
    return {job.text(), job.text() + job.text_length};
}

class BurstCipherTest : public testing::Test {
  protected:
    BurstCipherTest() {
        auto made = BurstCipher::create();
        EXPECT_TRUE(made) << made.error();
        cipher = *std::move(made);
    }
    std::vector<CipherJob> seal(std::vector<Sample>& samples) {
        std::vector<CipherJob> jobs;
        jobs.reserve(samples.size());
        for (Sample& sample : samples) {
            jobs.push_back(sample.sealing());
        }
        cipher->seal(jobs);
        return jobs;
    }
    std::vector<CipherJob> open(std::vector<Sample>& samples) {
        std::vector<CipherJob> jobs;
        jobs.reserve(samples.size());
        for (Sample& sample : samples) {
            jobs.push_back(sample.opening());
        }
        cipher->open(jobs);
        return jobs;
    }
    // What a worker could see: bursts of any size, suites mixed, keys that share places in the cache.
    std::vector<Sample> draw_burst(std::size_t size) {
        std::vector<Sample> burst;
        for (std::size_t i = 0; i < size; ++i) {
            const Suite suite = all_suites.at(random.below(all_suites.size()));
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
    for (const Suite suite : all_suites) {
        for (std::uint16_t length = 0; length <= longest; ++length) {
            std::vector<Sample> one;
            one.emplace_back(random, suite, length, length);
            ASSERT_TRUE(seal(one)[0].is_good) << text_of(suite) << ' ' << length;
            ASSERT_EQ(one[0].packet, one[0].sealed_by_openssl()) << text_of(suite) << ' ' << length;
            const CipherJob opened = open(one)[0];
            ASSERT_TRUE(opened.is_good) << text_of(suite) << ' ' << length;
            ASSERT_EQ(text_of(opened), one[0].text) << text_of(suite) << ' ' << length;
        }
    }
}

TEST_F(BurstCipherTest, bursts_of_mixed_suites_and_keys_are_sealed_and_opened_each_as_alone) {
    for (std::size_t size = 1; size <= 64; ++size) {
        std::vector<Sample> burst = draw_burst(size);
        for (const CipherJob& job : seal(burst)) {
            ASSERT_TRUE(job.is_good);
        }
        for (const Sample& sample : burst) {
            ASSERT_EQ(sample.packet, sample.sealed_by_openssl());
        }
        const std::vector<CipherJob> opened = open(burst);
        for (std::size_t i = 0; i < size; ++i) {
            ASSERT_TRUE(opened[i].is_good);
            ASSERT_EQ(text_of(opened[i]), burst[i].text);
        }
    }
}

TEST_F(BurstCipherTest, a_burst_of_one_suite_has_a_key_for_each_packet) {
    for (const Suite suite : all_suites) {
        std::vector<Sample> burst;
        for (std::uint32_t i = 0; i < 64; ++i) {
            burst.emplace_back(random, suite, static_cast<std::uint16_t>(64 + i), i % 3);
        }
        seal(burst);
        for (const Sample& sample : burst) {
            ASSERT_EQ(sample.packet, sample.sealed_by_openssl()) << text_of(suite);
        }
    }
}

// Keys come back often enough to move into the cache and to drive one another out of it.
TEST_F(BurstCipherTest, keys_that_share_a_place_do_not_disturb_one_another) {
    const std::vector<Sample> keys = draw_burst(20);
    for (int round = 0; round < 500; ++round) {
        std::vector<Sample> burst;
        for (std::size_t i = 0; i < 32; ++i) {
            Sample sample = keys[random.below(keys.size())];
            random.fill(sample.header);
            random.fill(sample.text);
            sample.lay_out();
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
    for (const Suite suite : all_suites) {
        for (int i = 0; i < 3; ++i) {
            std::vector<Sample> one;
            one.emplace_back(random, suite, 100, 7);
            for (int again = 0; again < 4; ++again) {
                one[0].lay_out();
                seal(one);
                EXPECT_EQ(one[0].packet, one[0].sealed_by_openssl());
            }
        }
    }
}

TEST_F(BurstCipherTest, every_flipped_bit_is_noticed_and_the_text_wiped) {
    for (const Suite suite : all_suites) {
        if (suite == Suite::none) {
            continue;
        }
        std::vector<Sample> one;
        one.emplace_back(random, suite, 40, 1);
        const Bytes sealed = one[0].sealed_by_openssl();
        for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
            one[0].packet = sealed;
            one[0].packet[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            const CipherJob opened = open(one)[0];
            EXPECT_FALSE(opened.is_good) << text_of(suite) << ' ' << bit;
            EXPECT_EQ(text_of(opened), Bytes(opened.text_length));
        }
    }
}

TEST_F(BurstCipherTest, what_is_cut_off_is_refused) {
    for (const Suite suite : all_suites) {
        if (suite == Suite::none) {
            continue;
        }
        std::vector<Sample> one;
        one.emplace_back(random, suite, 100, 1);
        const Bytes sealed = one[0].sealed_by_openssl();
        for (std::size_t length = header_size; length < sealed.size(); ++length) {
            if (!text_room(suite, length - header_size)) {
                continue;  // which its caller sees
            }
            one[0].packet.assign(sealed.begin(), sealed.begin() + static_cast<long>(length));
            EXPECT_FALSE(open(one)[0].is_good) << text_of(suite) << ' ' << length;
        }
    }
}

TEST_F(BurstCipherTest, one_forged_packet_does_not_harm_its_neighbours) {
    std::vector<Sample> burst = draw_burst(32);
    burst[13] = Sample{random, Suite::aes_128_cbc_hmac_sha_256, 500, 1};
    for (Sample& sample : burst) {
        sample.packet = sample.sealed_by_openssl();
    }
    burst[13].packet.back() ^= 1;
    const std::vector<CipherJob> jobs = open(burst);
    for (std::size_t i = 0; i < burst.size(); ++i) {
        EXPECT_EQ(jobs[i].is_good, i != 13);
        if (i != 13) {
            EXPECT_EQ(text_of(jobs[i]), burst[i].text);
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
