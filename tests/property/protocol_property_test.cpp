// SPDX-License-Identifier: BSD-3-Clause
// What is built parses back to itself, and no input harms a parser.
#include "common/base/random.hpp"
#include "common/protocol/cookie.hpp"
#include "common/protocol/ntm_header.hpp"
#include "common/protocol/sealed.hpp"
#include "common/protocol/signaling.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

Bytes random_bytes(RandomSource& random, std::size_t length) {
    Bytes bytes(length);
    random.fill(bytes);
    return bytes;
}

TEST(NtmHeaderProperty, ParseOfBuildIsTheIdentity) {
    SeededRandom random{11};
    for (int step = 0; step < 20'000; ++step) {
        NtmHeader header;
        header.type = static_cast<PacketType>(random.below(6));
        header.flags = static_cast<std::uint8_t>(random.below(256));
        header.counter = random.number() & NtmHeader::counter_mask;
        header.id = random.number();
        Bytes bytes(NtmHeader::size);
        header.write(bytes.data());
        const auto parsed = NtmHeader::parse(bytes);
        ASSERT_TRUE(parsed);
        ASSERT_EQ(*parsed, header) << to_hex(bytes);
    }
}

TEST(NtmHeaderProperty, BuildOfParseIsTheIdentity) {
    SeededRandom random{12};
    for (int step = 0; step < 20'000; ++step) {
        Bytes bytes = random_bytes(random, NtmHeader::size);
        bytes[0] = static_cast<std::uint8_t>(0x10 | random.below(6));
        Bytes built(NtmHeader::size);
        NtmHeader::parse(bytes)->write(built.data());
        ASSERT_EQ(built, bytes);
    }
}

TEST(CookieProperty, ParseOfBuildIsTheIdentity) {
    SeededRandom random{13};
    for (int step = 0; step < 5000; ++step) {
        CookieAnswer answer;
        answer.nonce = random.number();
        random.fill(answer.token);
        answer.boot_id.value = random.number();
        const Bytes address = random_bytes(random, random.below(2) == 0 ? 4 : 16);
        answer.outside = {
            *IpAddress::from_bytes(address), Port{static_cast<std::uint16_t>(random.below(65536))}};
        const auto parsed = parse_cookie_answer(build_cookie_answer(answer));
        ASSERT_TRUE(parsed);
        ASSERT_EQ(parsed->nonce, answer.nonce);
        ASSERT_EQ(parsed->token, answer.token);
        ASSERT_EQ(parsed->boot_id, answer.boot_id);
        ASSERT_EQ(parsed->outside, answer.outside);
        ASSERT_EQ(parse_cookie_ask(build_cookie_ask(answer.nonce)), answer.nonce);
    }
}

TEST(DataProperty, EveryInnerPacketComesBackWhateverTheOrder) {
    SeededRandom random{14};
    for (int round = 0; round < 50; ++round) {
        const Secret32 secret{random.bytes<32>()};
        const PathId path{random.number()};
        const crypto::Suite suite = crypto::all_suites.at(random.below(crypto::all_suites.size()));
        const auto role = static_cast<Role>(random.below(2));
        DataSealer sealer{secret, suite, path, role};
        DataOpener opener{secret, suite, path, other(role)};
        std::vector<std::pair<Bytes, Bytes>> sent;
        for (int i = 0; i < 40; ++i) {
            Bytes inner = random_bytes(random, random.below(1500));
            Bytes sealed = *sealer.seal(inner);
            sent.emplace_back(std::move(inner), std::move(sealed));
        }
        while (!sent.empty()) {
            const auto at = static_cast<std::ptrdiff_t>(random.below(sent.size()));
            const auto opened = opener.open(sent[static_cast<std::size_t>(at)].second);
            ASSERT_TRUE(opened);
            ASSERT_EQ(*opened, sent[static_cast<std::size_t>(at)].first);
            sent.erase(sent.begin() + at);
        }
    }
}

// S-1, S-16: Junk of every length and type, from strangers: counted, never answered.
TEST(SignalingProperty, JunkIsNeverAnswered) {
    SeededRandom random{15};
    Signaling::Settings settings{
        crypto::KeyPair::generate(random), {1}, Secret<16>{random.bytes<16>()}};
    settings.demands_tokens = true;
    settings.handshakes_per_second = 1'000'000;
    Signaling signaling{std::move(settings), random};
    signaling.add_peer(crypto::KeyPair::generate(random).public_key(), PeerKind::node);
    const Instant now{std::chrono::seconds{1}};
    const Endpoint here = *Endpoint::parse("192.0.2.1:9770");
    const Endpoint there = *Endpoint::parse("198.51.100.1:1");
    for (int step = 0; step < 20'000; ++step) {
        Bytes junk = random_bytes(random, random.below(200));
        if (!junk.empty() && random.below(4) != 0) {
            junk[0] = static_cast<std::uint8_t>(0x10 | random.below(7));
        }
        if (junk.size() >= NtmHeader::size && random.below(8) == 0) {
            std::fill_n(junk.begin() + 8, 8, std::uint8_t{0});
        }
        signaling.handle_datagram({here, there, std::move(junk)}, now);
        ASSERT_TRUE(signaling.take_datagrams().empty());
        ASSERT_TRUE(signaling.take_events().empty());
    }
    const SignalingCounters& counters = signaling.counters();
    EXPECT_EQ(counters.received, 20'000U);
    EXPECT_EQ(
        counters.received, counters.bad_handshake + counters.unknown_session + counters.malformed
    );
}

}  // namespace
}  // namespace ntm::protocol
