// SPDX-License-Identifier: BSD-3-Clause
// S-12: secrets leave a program by its key log alone, and by that only when it was asked for one.
#include "common/protocol/key_log.hpp"

#include "common/base/random.hpp"
#include "common/protocol/noise_ik.hpp"
#include "common/protocol/ntm_header.hpp"
#include "tests/unit/common/protocol/signaling_world.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::protocol {

namespace {

constexpr PathId path{0x0102030405060708};

Secret32 secret_of_ones() {
    Secret32 secret;
    for (std::uint8_t& byte : secret.mutable_view()) {
        byte = 0x11;
    }
    return secret;
}

std::string ones() {
    std::string text;
    for (int i = 0; i < 64; ++i) {
        text += '1';
    }
    return text;
}

KeyLogLine parsed(const std::string& line) {
    auto result = parse_key_log_line(line);
    EXPECT_TRUE(result && *result) << line;
    return result && *result ? std::move(**result) : KeyLogLine{};
}

TEST(KeyLog, WritesOneLineForEachSecret) {
    std::string text;
    const KeyLog log{[&](std::string_view line) {
        text += line;
    }};
    log.begin_run("ntm-test", BootId{0xb007});
    log.note_signal_key(SessionId{0xabc}, {crypto::Suite::aes_256_gcm, secret_of_ones().view()});
    log.note_path_secret(path, 7, crypto::Suite::chacha20_poly1305, secret_of_ones());
    log.note_leg_secret(path, 8, Role::responder, secret_of_ones());
    log.note_epoch_secret(path, 9, crypto::Suite::aes_128_gcm, secret_of_ones());
    EXPECT_EQ(
        text,
        "NTM_RUN 000000000000b007 ntm-test\n"
        "NTM_SIGNAL 0000000000000abc " +
            ones() +
            "\n"
            "NTM_PATH 0102030405060708 7 2 " +
            ones() +
            "\n"
            "NTM_LEG 0102030405060708 8 1 " +
            ones() +
            "\n"
            "NTM_EPOCH 0102030405060708 9 1 " +
            ones() + "\n"
    );
}

TEST(KeyLog, IsReadBackAsItWasWritten) {
    const KeyLogLine signal = parsed("NTM_SIGNAL 0000000000000abc " + ones() + "\n");
    EXPECT_EQ(signal.kind, KeyLogLine::Kind::signal_key);
    EXPECT_EQ(signal.id, 0xabcU);
    EXPECT_TRUE(signal.secret == secret_of_ones());
    const KeyLogLine of_path = parsed("NTM_PATH 0102030405060708 7 2 " + ones());
    EXPECT_EQ(of_path.kind, KeyLogLine::Kind::path_secret);
    EXPECT_EQ(of_path.id, path.value);
    EXPECT_EQ(of_path.revision, 7U);
    EXPECT_EQ(of_path.suite, crypto::Suite::chacha20_poly1305);
    const KeyLogLine of_leg = parsed("  NTM_LEG 0102030405060708 8 1 " + ones() + "\r\n");
    EXPECT_EQ(of_leg.kind, KeyLogLine::Kind::leg_secret);
    EXPECT_EQ(of_leg.role, Role::responder);
    const KeyLogLine of_epoch = parsed("NTM_EPOCH 0102030405060708 9 2 " + ones());
    EXPECT_EQ(of_epoch.kind, KeyLogLine::Kind::epoch_secret);
    EXPECT_EQ(of_epoch.epoch, 9U);
    EXPECT_EQ(of_epoch.suite, crypto::Suite::chacha20_poly1305);
}

TEST(KeyLog, PassesOverLinesWithoutASecret) {
    for (const char* line :
         {"", "\n", "# a comment", "NTM_RUN 000000000000b007 ntm-test", "NTM_NEW 1"}) {
        const auto result = parse_key_log_line(line);
        ASSERT_TRUE(result) << line;
        EXPECT_FALSE(result->has_value()) << line;
    }
}

TEST(KeyLog, RefusesBrokenLines) {
    for (const std::string& line :
         {"NTM_SIGNAL " + ones(),
          "NTM_SIGNAL 123 " + ones(),
          "NTM_SIGNAL 000000000000000g " + ones(),
          std::string{"NTM_SIGNAL 0000000000000abc 1111"},
          "NTM_PATH 0102030405060708 7 5 " + ones(),
          "NTM_PATH 0102030405060708 7 255 " + ones(),
          "NTM_PATH 0102030405060708 -1 1 " + ones(),
          "NTM_PATH 0102030405060708 4294967296 1 " + ones(),
          "NTM_EPOCH 0102030405060708 7 5 " + ones(),
          "NTM_EPOCH 0102030405060708 1 " + ones(),
          "NTM_LEG 0102030405060708 7 2 " + ones(),
          "NTM_LEG 0102030405060708 7 1 1 " + ones()}) {
        EXPECT_FALSE(parse_key_log_line(line)) << line;
    }
}

TEST(KeyLog, IsOffUnlessAskedFor) {
    const KeyLog log;
    EXPECT_FALSE(log.is_on());
    log.begin_run("ntm-test", BootId{1});
    log.note_signal_key(SessionId{1}, {});
    log.note_path_secret(path, 1, crypto::Suite::aes_128_gcm, {});
    log.note_leg_secret(path, 1, Role::initiator, {});
    log.note_epoch_secret(path, 1, crypto::Suite::aes_128_gcm, {});
}

// Every SIGNAL packet, both ways, opens with the key that stood in the log before it was sent.
TEST(KeyLog, HoldsTheKeysOfASessionBeforeItsFirstPacket) {
    World world;
    const crypto::KeyPair node_key = crypto::KeyPair::generate(world.random);
    const crypto::KeyPair dc_key = crypto::KeyPair::generate(world.random);
    Host& node = world.add({at("192.0.2.1:9770")}, node_key, false);
    Host& dc = world.add({at("192.0.2.2:9770")}, dc_key, false);
    std::map<std::uint64_t, Secret32> keys;
    for (Host* host : {&node, &dc}) {
        Signaling::Settings settings{
            (host == &node ? node_key : dc_key).clone(),
            {world.random.number()},
            Secret<16>{world.random.bytes<16>()}};
        settings.key_log = KeyLog{[&](std::string_view line) {
            KeyLogLine read = parsed(std::string{line});
            keys[read.id] = std::move(read.secret);
        }};
        host->signaling = std::make_unique<Signaling>(std::move(settings), world.random);
    }
    node.signaling->add_peer(dc_key.public_key(), PeerKind::dc);
    dc.signaling->add_peer(node_key.public_key(), PeerKind::node);
    node.signaling->set_endpoints(dc_key.public_key(), dc.addresses);
    unsigned opened = 0;
    world.filter = [&](const Sent& sent) {
        const auto header = NtmHeader::parse(sent.payload);
        if (header && header->type == PacketType::signal) {
            const auto key = keys.find(header->id);
            EXPECT_NE(key, keys.end());
            if (key != keys.end()) {
                crypto::Aead aead{{crypto::Suite::aes_256_gcm, key->second.view()}};
                crypto::Nonce nonce{};
                store(nonce.data() + 4, Be64::from_host(header->counter));
                const ByteView all{sent.payload};
                Bytes plaintext(all.size() - NtmHeader::size - crypto::tag_size);
                opened +=
                    aead.open(
                        nonce, all.first(NtmHeader::size), all.subspan(NtmHeader::size), plaintext
                    )
                        ? 1U
                        : 0U;
            }
        }
        return true;
    };
    node.signaling->connect(dc_key.public_key(), false, world.now);
    world.run_for(seconds{1});
    EXPECT_EQ(keys.size(), 2U);
    EXPECT_EQ(opened, 2U);  // the empty one that confirms, and its answer
}

}  // namespace

}  // namespace ntm::protocol
