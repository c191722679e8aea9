// SPDX-License-Identifier: BSD-3-Clause
// F-9: what the DC serves first when more comes than it can serve, and what it gives up.
#include "dc/intake.hpp"

#include "common/protocol/ntm_header.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

using namespace std::chrono_literals;
using protocol::NtmHeader;
using protocol::PacketType;

constexpr Instant start{1000s};

// The counter tells one from another.
Datagram datagram(PacketType type, std::uint64_t number, std::uint8_t flags = 0) {
    NtmHeader header;
    header.type = type;
    header.flags = flags;
    header.counter = number;
    Datagram made;
    made.payload.resize(NtmHeader::size);
    header.write(made.payload.data());
    return made;
}
Datagram handshake(std::uint64_t number) {
    return datagram(PacketType::handshake, number);
}
Datagram signal(std::uint64_t number) {
    return datagram(PacketType::signal, number);
}

std::string text_of(const std::vector<Datagram>& datagrams) {
    std::string text;
    for (const Datagram& each : datagrams) {
        const auto header = NtmHeader::parse(each.payload);
        const bool is_first = header->type == PacketType::handshake && !header->is_answer();
        text += (text.empty() ? "" : " ") + std::string{is_first ? "h" : "s"} +
                std::to_string(header->counter);
    }
    return text;
}

TEST(Intake, ServesSessionsInOrderAndTheNewestHandshakeFirst) {
    Intake intake;
    for (std::uint64_t i = 0; i < 4; ++i) {
        intake.add(signal(i), start);
        intake.add(handshake(i), start);
    }
    EXPECT_EQ(text_of(intake.take(3, start)), "s0 h3 s1");
    EXPECT_EQ(text_of(intake.take(100, start)), "s2 h2 s3 h1 h0");
    EXPECT_TRUE(intake.is_empty());
    EXPECT_EQ(text_of(intake.take(100, start)), "");
}

TEST(Intake, LetsNeitherKindWaitForTheWholeOfTheOther) {
    Intake intake;
    for (std::uint64_t i = 0; i < Intake::capacity; ++i) {
        intake.add(signal(i), start);
        intake.add(handshake(i), start);
    }
    for (int turn = 0; turn < 10; ++turn) {
        const std::string text = text_of(intake.take(64, start));
        EXPECT_EQ(std::ranges::count(text, 'h'), 32) << text;
    }
}

TEST(Intake, TakesTheAnswerToItsOwnHandshakeForASessions) {
    Intake intake;
    intake.add(datagram(PacketType::handshake, 0, NtmHeader::flag_answer), start);
    EXPECT_EQ(text_of(intake.take(1, start + 1h)), "s0");
}

TEST(Intake, GivesUpAHandshakeThatItsSenderRepeatsByNow) {
    Intake intake;
    intake.add(handshake(0), start);
    intake.add(signal(0), start);
    intake.add(handshake(1), start + 1ms);
    EXPECT_EQ(text_of(intake.take(100, start + Intake::patience)), "s0 h1");
    EXPECT_EQ(intake.counters().handshakes_given_up, 1U);
    EXPECT_EQ(intake.counters().no_room, 0U);
}

TEST(Intake, KeepsTheNewestHandshakesAndTheOldestOfTheOthers) {
    Intake intake;
    for (std::uint64_t i = 0; i < Intake::capacity + 2; ++i) {
        intake.add(handshake(i), start);
        intake.add(signal(i), start);
    }
    EXPECT_EQ(intake.counters().handshakes_given_up, 2U);
    EXPECT_EQ(intake.counters().no_room, 2U);
    const auto all = intake.take(3 * Intake::capacity, start);
    ASSERT_EQ(all.size(), 2 * Intake::capacity);
    EXPECT_EQ(text_of({all[0], all[1]}), "s0 h" + std::to_string(Intake::capacity + 1));
    EXPECT_EQ(
        text_of({all[all.size() - 2], all.back()}),
        "s" + std::to_string(Intake::capacity - 1) + " h2"
    );
}

// Of what comes at twice the rate that is served, whoever comes is served within the patience or never,
// and as many are served as ever.
TEST(Intake, ServesWhatItCanInTimeUnderLoad) {
    Intake intake;
    std::uint64_t number = 0;
    std::uint64_t served = 0;
    for (Instant now = start; now < start + 10s; now = now + 10ms) {
        for (int i = 0; i < 20; ++i) {
            intake.add(handshake(number++), now);
        }
        for (const Datagram& each : intake.take(10, now)) {
            const std::uint64_t age = number - NtmHeader::parse(each.payload)->counter;
            EXPECT_LE(age, 2000U);
            ++served;
        }
    }
    EXPECT_EQ(served, 10'000U);
}

}  // namespace
}  // namespace ntm::dc
