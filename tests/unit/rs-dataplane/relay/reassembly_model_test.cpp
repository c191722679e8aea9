// SPDX-License-Identifier: BSD-3-Clause
// Fragments made at random against a model that keeps for each byte of each packet whether it is there.
// Rows: M-9.
#include "common/base/random.hpp"
#include "tests/unit/rs-dataplane/relay/reassembly_world.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

namespace ntm::relay::testing {
namespace {

void shuffle(std::vector<Bytes>& all, RandomSource& random) {
    for (std::size_t left = all.size(); left > 1; --left) {
        std::swap(all[left - 1], all[random.below(left)]);
    }
}

std::vector<Bytes> cut_at_random(const Bytes& packet, std::size_t body, RandomSource& random) {
    std::vector<Bytes> fragments;
    std::size_t at = 0;
    while (at < body) {
        const std::size_t length = 8 * (1 + random.below(20));
        const bool has_more = at + length < body;
        fragments.push_back(fragment_of(packet, {at, has_more ? length : body - at, has_more}));
        at += length;
    }
    return fragments;
}

TEST(RandomFragments, in_any_order_and_with_duplicates_give_the_packet_back) {
    SeededRandom random{3};
    Table table{Reassembly::Plan{}};
    for (int round = 0; round < 2000; ++round) {
        const Family family = random.below(2) == 0 ? Family::ipv4 : Family::ipv6;
        const std::size_t body = 8 + random.below(1000);
        const Bytes packet = packet_from(1, family, body);
        std::vector<Bytes> fragments = cut_at_random(packet, body, random);
        if (fragments.size() == 1 && family == Family::ipv4) {
            continue;  // IPv4 has no fragment that is all of a packet
        }
        shuffle(fragments, random);
        const Bytes last = fragments.back();
        fragments.pop_back();
        const auto twice = random.below(fragments.size() + 1);
        for (std::size_t i = 0; i < twice; ++i) {
            fragments.push_back(Bytes{fragments[i]});
        }
        shuffle(fragments, random);
        for (const Bytes& fragment : fragments) {
            ASSERT_FALSE(table.add(fragment).whole) << round;
        }
        ASSERT_EQ(table.add(last).whole, whole_of(packet)) << round;
        ASSERT_EQ(table.held(), 0U);
    }
}

// A packet of up to 64 bytes in fragments of 8.
struct Model {
    std::array<bool, 65> is_there{};
    std::map<std::size_t, Piece> pieces;  // by offset
    std::size_t end = 0;
    bool is_given_up = false;

    [[nodiscard]] bool is_duplicate(const Piece& piece) const {
        const auto found = pieces.find(piece.offset);
        return found != pieces.end() && found->second.length == piece.length &&
               found->second.has_more == piece.has_more;
    }
    [[nodiscard]] bool contradicts(const Piece& piece) const {
        const std::size_t its_end = piece.offset + piece.length;
        for (std::size_t at = piece.offset; at < its_end; ++at) {
            if (is_there[at]) {
                return true;
            }
        }
        const bool is_something_behind =
            std::find(
                is_there.begin() + static_cast<std::ptrdiff_t>(its_end), is_there.end(), true
            ) != is_there.end();
        return piece.has_more ? end != 0 && its_end >= end : end != 0 || is_something_behind;
    }
    void take(const Piece& piece) {
        pieces[piece.offset] = piece;
        for (std::size_t at = piece.offset; at < piece.offset + piece.length; ++at) {
            is_there[at] = true;
        }
        end = piece.has_more ? end : piece.offset + piece.length;
    }
    [[nodiscard]] bool is_complete() const {
        return end != 0 && std::count(is_there.begin(), is_there.end(), true) ==
                               static_cast<std::ptrdiff_t>(end);
    }
};

// One of four, or once in a while one that may contradict them.
Piece some_piece(RandomSource& random) {
    if (random.below(16) != 0) {
        const std::size_t number = random.below(4);
        return {16 * number, 16, number != 3};
    }
    return {8 * random.below(7), 8 * (1 + random.below(2)), random.below(4) != 0};
}

TEST(RandomFragments, that_contradict_each_other_are_told_as_the_model_tells_them) {
    SeededRandom random{4};
    Table table{Reassembly::Plan{}};
    std::map<std::uint32_t, Model> models;
    const Bytes packet = packet_from(1, Family::ipv4, 64);
    std::size_t made = 0;
    std::size_t refused = 0;
    for (int round = 0; round < 50'000; ++round) {
        const auto id =
            static_cast<std::uint32_t>(round / 500 * 8 + static_cast<int>(random.below(8)));
        Model& model = models[id];
        const Piece piece = some_piece(random);
        if (!piece.has_more && piece.offset == 0) {
            continue;
        }
        const Got got = table.add(fragment_of(packet, piece, id));
        if (model.is_given_up) {
            ASSERT_EQ(got.reason, DropReason::fragment_overlap);
        } else if (model.is_duplicate(piece)) {
            ASSERT_EQ(got.reason, DropReason::fragment_joined);
        } else if (model.contradicts(piece)) {
            ASSERT_EQ(got.reason, DropReason::fragment_overlap);
            model.is_given_up = true;
            ++refused;
        } else {
            ASSERT_EQ(got.reason, DropReason::none);
            model.take(piece);
            ASSERT_EQ(got.whole.has_value(), model.is_complete());
            if (got.whole) {
                Bytes expected = packet;
                expected.resize(20 + model.end);
                expected[3] = static_cast<std::uint8_t>(20 + model.end);
                ASSERT_EQ(got.whole, whole_of(expected, id));
                models.erase(id);
                ++made;
            }
        }
        if (round % 500 == 499) {
            table.now = table.now + std::chrono::seconds{60};
            for (int i = 0; i < 4; ++i) {
                table.tend();
            }
            ASSERT_EQ(table.held(), 0U);
        }
    }
    EXPECT_GT(made, 50U);
    EXPECT_GT(refused, 500U);
}

}  // namespace
}  // namespace ntm::relay::testing
