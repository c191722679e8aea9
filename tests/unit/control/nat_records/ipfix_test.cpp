// SPDX-License-Identifier: BSD-3-Clause
// IPFIX byte by byte. C-12.
#include "control/nat_records/ipfix.hpp"

#include "tests/unit/control/nat_records/world.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::control {
namespace {

using namespace test;
using napt::Scarce;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant start{seconds{1000}};

// Version, length, time of export, sequence number, domain.
std::string header(const std::string& length, const std::string& sequence) {
    return "000a" + length + "6b0d4920" + sequence + "00000009";
}

const std::string template_set =
    "00020154"
    "01000007"
    "01430008"
    "00e60001"
    "00080004"
    "00e10004"
    "01690002"
    "016a0002"
    "0173ffff"
    "01010007"
    "01430008"
    "00e60001"
    "001b0010"
    "01190010"
    "01690002"
    "016a0002"
    "0173ffff"
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
    "000b0002"
    "01040006"
    "01430008"
    "00e60001"
    "01d20004"
    "01d90004"
    "00080004"
    "0173ffff"
    "01050006"
    "01430008"
    "00e60001"
    "01d20004"
    "01d90004"
    "001b0010"
    "0173ffff"
    "01060004"
    "01430008"
    "00e60001"
    "00e10004"
    "00040001"
    "01070004"
    "01430008"
    "00e60001"
    "01190010"
    "00040001"
    "01080003"
    "01430008"
    "00e60001"
    "011b0004"
    "01090004"
    "01430008"
    "00e60001"
    "01d20004"
    "01d70004"
    "010a0004"
    "01430008"
    "00e60001"
    "01d20004"
    "01d80004"
    "010b0004"
    "01430008"
    "00e60001"
    "01d20004"
    "01da0004"
    "010c0004"
    "01430008"
    "00e60001"
    "01d20004"
    "01db0004";
const std::string time_of_it = "000001a22be5a500";
// Its length, and mn1.example.test.
const std::string name = "106d6e312e6578616d706c652e74657374";

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
    EXPECT_EQ(hex(first[0]), header("0164", "00000000") + template_set);
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
    EXPECT_EQ(
        hex(messages[0]),
        header("00a2", "00000000") + "01000050" +                                   //
            time_of_it + "10" + "c6120001" + "c6336414" + "8000" + "80ff" + name +  //
            time_of_it + "11" + "c6120001" + "c6336414" + "8000" + "80ff" + name +  //
            "01010042" + time_of_it + "10" + "fd006e74006d00000000000000000001" +   //
            "20010db8000100000000000000000020" + "a000" + "a0ff" + name
    );
    EXPECT_EQ(messages[0].records, 3U);
}

TEST_F(IpfixTest, SessionsAreEvents4And5) {
    static_cast<void>(take());
    add(Change::begins, session4());
    add(Change::ends, session6());
    const auto messages = take();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(
        hex(messages[0]),
        header("0074", "00000000") +  //
            "01020020" + time_of_it + "04" + "c6120001" + "c6336414" + "06" + "1388" + "8002" +
            "cb007150" + "01bb" +  //
            "01030044" + time_of_it + "05" + "fd006e74006d00000000000000000001" +
            "20010db8000100000000000000000020" + "11" + "1389" + "a001" +
            "20010db8000200000000000000000080" + "0035"
    );
}

TEST_F(IpfixTest, ShortagesAreEvents3And12And13) {
    static_cast<void>(take());
    add(Change::begins, Shortage{Scarce::subscriber_ports, Family::ipv4, 1024, {}, 0});
    add(Change::begins, Shortage{Scarce::subscriber_sessions, Family::ipv6, 8192, {}, 0});
    add(Change::begins, Shortage{Scarce::address_ports, Family::ipv4, 0, ip("198.51.100.20"), 17});
    add(Change::begins, Shortage{Scarce::address_ports, Family::ipv6, 0, ip("2001:db8:1::20"), 6});
    add(Change::begins, Shortage{Scarce::addresses, Family::ipv6, 0, {}, 0});
    add(Change::begins, Shortage{Scarce::sessions, Family::ipv4, 65536, {}, 0});
    add(Change::begins, Shortage{Scarce::mappings, Family::ipv4, 65536, {}, 0});
    add(Change::begins, Shortage{Scarce::subscribers, Family::ipv4, 4096, {}, 0});
    add(Change::begins, Shortage{Scarce::fragments, Family::ipv4, 2048, {}, 0});
    const auto messages = take();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(
        hex(messages[0]),
        header("0105", "00000000") +                                                        //
            "0104002a" + time_of_it + "0d" + "00000003" + "00000400" + "c6120001" + name +  //
            "01050036" + time_of_it + "0d" + "00000003" + "00002000" +                      //
            "fd006e74006d00000000000000000001" + name +                                     //
            "01060012" + time_of_it + "0c" + "c6336414" + "11" +                            //
            "0107001e" + time_of_it + "0c" + "20010db8000100000000000000000020" + "06" +    //
            "01080011" + time_of_it + "03" + "00000006" +                                   //
            "01090015" + time_of_it + "0d" + "00000001" + "00010000" +                      //
            "010a0015" + time_of_it + "0d" + "00000002" + "00010000" +                      //
            "010b0015" + time_of_it + "0d" + "00000004" + "00001000" +                      //
            "010c0015" + time_of_it + "0d" + "00000005" + "00000800"
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
