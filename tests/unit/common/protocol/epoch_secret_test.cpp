// SPDX-License-Identifier: BSD-3-Clause
// The secrets of a path's epochs, against the value that tests/interop/check_values.py makes from
// docs/protocol.md alone.
#include "common/protocol/epoch_secret.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

crypto::KeyPair pair_of(std::uint8_t fill) {
    std::array<std::uint8_t, 32> bytes{};
    bytes.fill(fill);
    return crypto::KeyPair::from_private(Secret32{bytes});
}

// 000102..1f, the secret of docs/protocol.md section 6.
Secret32 path_secret() {
    std::array<std::uint8_t, 32> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(i);
    }
    return Secret32{bytes};
}

struct Exchange {
    crypto::KeyPair asker = pair_of(1);
    crypto::KeyPair answerer = pair_of(2);
    crypto::KeyPair asker_static = pair_of(3);
    crypto::KeyPair answerer_static = pair_of(4);
    Secret32 before = path_secret();
    EpochExchange known{
        PathId{0x0102030405060708},
        1,
        asker.public_key(),
        answerer.public_key(),
        asker_static.public_key(),
        answerer_static.public_key()};

    [[nodiscard]] std::optional<Secret32> at_asker() const {
        return epoch_secret_of_asker(before, known, {asker, asker_static});
    }
    [[nodiscard]] std::optional<Secret32> at_answerer() const {
        return epoch_secret_of_answerer(before, known, {answerer, answerer_static});
    }
};

TEST(EpochSecret, agrees_with_the_check_value_at_both_ends) {
    const Exchange exchange;
    ASSERT_TRUE(exchange.at_asker());
    EXPECT_EQ(
        to_hex(exchange.at_asker()->view()),
        "d018805380b8b31c5679ba6be604a47cbe565388ff079f02c74c3b565fde24d8"
    );
    EXPECT_EQ(exchange.at_asker(), exchange.at_answerer());
}

TEST(EpochSecret, depends_on_all_that_the_exchange_is_about) {
    std::set<std::string> all{to_hex(Exchange{}.at_asker()->view())};
    const auto add = [&all](auto change) {
        Exchange exchange;
        change(exchange);
        all.insert(to_hex(exchange.at_asker()->view()));
    };
    add([](Exchange& at) { at.before.mutable_view()[31] ^= 1; });
    add([](Exchange& at) { at.known.path_id.value ^= 1; });
    add([](Exchange& at) { at.known.epoch = 2; });
    add([](Exchange& at) { at.asker = pair_of(9); });
    add([](Exchange& at) { at.asker_static = pair_of(9); });
    add([](Exchange& at) { at.known.asker = pair_of(9).public_key(); });
    add([](Exchange& at) { at.known.answerer = pair_of(9).public_key(); });
    add([](Exchange& at) { at.known.asker_static = pair_of(9).public_key(); });
    add([](Exchange& at) { at.known.answerer_static = pair_of(9).public_key(); });
    EXPECT_EQ(all.size(), 10U);
}

// Whoever has the path secret and sees the exchange, but neither of an end's private keys, as a DC and
// a relay together: each of the three results is needed.
TEST(EpochSecret, needs_a_private_key_of_either_kind) {
    const Exchange exchange;
    const crypto::KeyPair guess = pair_of(9);
    const auto by_static_key = epoch_secret_of_answerer(
        exchange.before, exchange.known, {guess, exchange.answerer_static}
    );
    const auto by_ephemeral_key =
        epoch_secret_of_answerer(exchange.before, exchange.known, {exchange.answerer, guess});
    EXPECT_NE(by_static_key, exchange.at_asker());
    EXPECT_NE(by_ephemeral_key, exchange.at_asker());
}

TEST(EpochSecret, takes_no_key_that_agrees_on_nothing) {
    Exchange exchange;
    exchange.known.answerer = {};
    EXPECT_FALSE(exchange.at_asker());
    exchange = {};
    exchange.known.answerer_static = {};
    EXPECT_FALSE(exchange.at_asker());
    exchange = {};
    exchange.known.asker = {};
    EXPECT_FALSE(exchange.at_answerer());
    exchange = {};
    exchange.known.asker_static = {};
    EXPECT_FALSE(exchange.at_answerer());
}

}  // namespace
}  // namespace ntm::protocol
