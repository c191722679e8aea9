// SPDX-License-Identifier: BSD-3-Clause
// IPFIX byte by byte. C-12.
#include "control/nat_records/ipfix.hpp"

#include "tests/unit/control/nat_records/world.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::control {
namespace {

using namespace testing;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant start{seconds{1000}};

// Version, length, time of export, sequence number, domain.
std::string header(const std::string& length, const std::string& sequence) {
    return "000a" + length + "6b0d4920" + sequence + "00000009";
}

const std::string template_set =
    "0002008c"
    "01000006"
    "01430008"
    "00e60001"
    "00080004"
    "00e10004"
    "01690002"
    "016a0002"
    "01010006"
    "01430008"
    "00e60001"
    "001b0010"
    "01190010"
    "01690002"
    "016a0002"
    "01020009"
    "01430008"
    "00e60001"
    "00080004"
    "00e10004"
    "00040001"
    "00070002"
    "00e30002"
    "000c0004"
    "000b0002"
    "01030009"
    "01430008"
    "00e60001"
    "001b0010"
    "01190010"
    "00040001"
    "00070002"
    "00e30002"
    "001c0010"
    "000b0002";

// The first of them has the templates before what is asked for.
class IpfixTest : public ::testing::Test {
  protected:
    std::vector<IpfixMessage> take(Instant now = start) { return exporter_.take(now, ten_o_clock); }
    void add(Change change, const What& what) { exporter_.add(record(change, what, ten_o_clock)); }
    static std::string hex(const IpfixMessage& message) { return to_hex(message.bytes); }

    IpfixExporter exporter_{{.domain = 9, .templates_every = minutes{10}}};
};

TEST_F(IpfixTest, TemplatesComeFirstAndAgainWhenTheirTimeHasCome) {
    const auto first = take();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(hex(first[0]), header("009c", "00000000") + template_set);
    EXPECT_EQ(first[0].records, 0U);
    EXPECT_TRUE(take(start + minutes{10} - seconds{1}).empty());
    const auto again = take(start + minutes{10});
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(hex(again[0]), hex(first[0])) << "templates do not count";
}

TEST_F(IpfixTest, BlocksAreEvents16And17) {
    static_cast<void>(take());
    add(Change::begins, block4());
    add(Change::ends, block4());
    add(Change::begins, block6());
    const auto messages = take();
    ASSERT_EQ(messages.size(), 1U);
    const std::string time = "000001a22be5a500";
    EXPECT_EQ(
        hex(messages[0]),
        header("006f", "00000000") +                                                //
            "0100002e" + time + "10" + "c6120001" + "c6336414" + "8000" + "80ff" +  //
            time + "11" + "c6120001" + "c6336414" + "8000" + "80ff" +               //
            "01010031" + time + "10" + "fd006e74006d00000000000000000001" +
            "20010db8000100000000000000000020" + "a000" + "a0ff"
    );
    EXPECT_EQ(messages[0].records, 3U);
}

TEST_F(IpfixTest, SessionsAreEvents4And5) {
    static_cast<void>(take());
    add(Change::begins, session4());
    add(Change::ends, session6());
    const auto messages = take();
    ASSERT_EQ(messages.size(), 1U);
    const std::string time = "000001a22be5a500";
    EXPECT_EQ(
        hex(messages[0]),
        header("0074", "00000000") +  //
            "01020020" + time + "04" + "c6120001" + "c6336414" + "06" + "1388" + "8002" +
            "cb007150" + "01bb" +  //
            "01030044" + time + "05" + "fd006e74006d00000000000000000001" +
            "20010db8000100000000000000000020" + "11" + "1389" + "a001" +
            "20010db8000200000000000000000080" + "0035"
    );
}

TEST_F(IpfixTest, CountsTheRecordsThatWentBefore) {
    add(Change::begins, block4());
    add(Change::ends, block4());
    static_cast<void>(take());
    add(Change::begins, block4());
    EXPECT_EQ(hex(take().at(0)).substr(16, 8), "00000002");
    add(Change::begins, block4());
    EXPECT_EQ(hex(take().at(0)).substr(16, 8), "00000003");
}

TEST_F(IpfixTest, NoMessageIsTooLongAndNoRecordIsLeftOut) {
    for (std::uint16_t i = 0; i < 100; ++i) {
        add(Change::begins, block6());
        add(Change::begins, session4());
    }
    std::size_t records = 0;
    for (const IpfixMessage& message : take()) {
        EXPECT_LE(message.bytes.size(), IpfixExporter::most_bytes);
        EXPECT_EQ(
            hex(message).substr(4, 4),
            to_hex(Bytes{
                static_cast<std::uint8_t>(message.bytes.size() >> 8),
                static_cast<std::uint8_t>(message.bytes.size())})
        );
        records += message.records;
    }
    EXPECT_EQ(records, 200U);
    EXPECT_TRUE(take().empty());
}

TEST_F(IpfixTest, HasNoEventForTheRest) {
    static_cast<void>(take());
    add(Change::goes_on, block4());
    add(Change::begins, RealAddress{at("192.0.2.1:4000")});
    exporter_.add({ten_o_clock, Change::begins, {}, nullptr, RunBegan{}});
    EXPECT_TRUE(take().empty());
}

}  // namespace
}  // namespace ntm::control
