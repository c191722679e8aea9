// SPDX-License-Identifier: BSD-3-Clause
#include "control/ntmctl/opened_frame.hpp"

#include "common/base/random.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ipv4.hpp"
#include "common/packet/packet_builder.hpp"
#include "common/packet/udp.hpp"
#include "common/protocol/sealed.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ntm::control {

namespace {

constexpr PathId path{0x0102030405060708};
constexpr int ethernet = 1;
constexpr std::string_view inner = "E, an inner packet";

class OpenedFrame : public testing::Test {
  protected:
    OpenedFrame() {
        protocol::KeyLogLine line;
        line.kind = protocol::KeyLogLine::Kind::path_secret;
        line.id = path.value;
        line.secret = secret_.clone();
        keys_.add(std::move(line));
    }
    Bytes sealed() { return *sealer_.seal(as_bytes(inner)); }
    FrameFate open(Bytes& frame, int link_type = ethernet, bool is_whole = true) {
        return open_frame({frame, link_type, is_whole}, Port{9770}, keys_, counts_);
    }
    [[nodiscard]] static bool has_inner(const Bytes& frame) {
        return as_text(frame).find(inner) != std::string::npos;
    }

    SeededRandom random_{1};
    Secret32 secret_{random_.bytes<32>()};
    protocol::DataSealer sealer_{secret_, crypto::Suite::aes_128_gcm, path, Role::initiator};
    protocol::CaptureKeys keys_;
    CaptureCounts counts_;
};

PacketBuilder in_ipv4() {
    return eth().ipv4("192.0.2.1", "198.51.100.20").udp(40000, 9770);
}

// The UDP checksum holds: over the pseudo header and the datagram it sums up to all ones.
bool has_valid_udp_checksum(const Bytes& frame) {
    const auto ip = Ipv4View::parse(ByteView{frame}.subspan(14));
    const ByteView datagram = ip->payload();
    const auto length = static_cast<std::uint16_t>(datagram.size());
    const WordSum sum = sum_words({ip->source_bytes(), 8}) +
                        sum_pseudo_header(ip_protocol::udp, length) + sum_words(datagram);
    return fold(sum) == 0xffff;
}

TEST_F(OpenedFrame, KeepsAllAroundTheNtmPacket) {
    const Bytes before = in_ipv4().payload(sealed()).build();
    Bytes frame = before;
    EXPECT_EQ(open(frame), FrameFate::kept);
    ASSERT_EQ(frame.size(), before.size());
    EXPECT_TRUE(has_inner(frame));
    EXPECT_TRUE(std::equal(before.begin(), before.begin() + 40, frame.begin()));  // to the checksum
    EXPECT_TRUE(has_valid_udp_checksum(before));
    EXPECT_TRUE(has_valid_udp_checksum(frame));
    EXPECT_EQ(counts_.opened[0], 1U);
}

TEST_F(OpenedFrame, IsFoundBehindEveryKnownLinkLayer) {
    const Bytes frame = in_ipv4().payload(sealed()).build();
    const Bytes ip(frame.begin() + 14, frame.end());
    const auto behind = [&](Bytes head) {
        append(head, ip);
        return head;
    };
    Bytes cooked(16, 0);
    cooked[14] = 0x08;
    Bytes cooked_2(20, 0);
    cooked_2[0] = 0x08;
    Bytes tagged(frame.begin(), frame.begin() + 12);
    append(tagged, Bytes{0x81, 0, 0, 5, 0x88, 0xa8, 0, 6, 0x08, 0});
    const std::pair<int, Bytes> cases[] = {
        {1, behind(tagged)},
        {12, ip},
        {101, ip},
        {113, behind(cooked)},
        {228, ip},
        {276, behind(cooked_2)}};
    for (auto [link_type, bytes] : cases) {
        ASSERT_TRUE(is_known_link_type(link_type));
        open(bytes, link_type);
        EXPECT_TRUE(has_inner(bytes)) << link_type;
    }
    Bytes ipv6 = eth().ipv6("2001:db8::1", "2001:db8::2").udp(9770, 5).payload(sealed()).build();
    open(ipv6);
    EXPECT_TRUE(has_inner(ipv6));
    EXPECT_FALSE(is_known_link_type(0));
}

TEST_F(OpenedFrame, LeavesAChecksumOfZeroAsItIs) {
    Bytes frame = in_ipv4().udp_checksum(0).payload(sealed()).build();
    open(frame);
    EXPECT_TRUE(has_inner(frame));
    EXPECT_EQ(frame[40], 0);
    EXPECT_EQ(frame[41], 0);
}

TEST_F(OpenedFrame, CountsWhatIsNotOpenedByReason) {
    Bytes other_port = eth().ipv4("192.0.2.1", "192.0.2.2").udp(1, 2).payload(sealed()).build();
    Bytes fragment = in_ipv4().fragment_field(0x2000).payload(sealed()).build();
    Bytes cut = in_ipv4().payload(sealed()).truncate_to(60).build();
    Bytes unknown = in_ipv4().ntm(PathId{5}).payload_of(32).build();
    Bytes opened_before = in_ipv4().ntm(path).ntm_version(15).payload_of(32).build();
    Bytes cookie = in_ipv4().ntm(PathId{0}, 4).payload_of(56).build();
    Bytes handshake = in_ipv4().ntm(PathId{0}, 3).payload_of(150).build();
    const Bytes before = other_port;
    EXPECT_EQ(open(other_port), FrameFate::kept);
    EXPECT_EQ(other_port, before);
    EXPECT_EQ(open(fragment), FrameFate::kept);
    EXPECT_EQ(open(cut, ethernet, false), FrameFate::kept);
    EXPECT_EQ(open(unknown), FrameFate::kept);
    EXPECT_EQ(open(opened_before), FrameFate::left_out);
    EXPECT_EQ(open(cookie), FrameFate::kept);
    EXPECT_EQ(open(handshake), FrameFate::kept);
    EXPECT_EQ(counts_.packets, 7U);
    EXPECT_EQ(counts_.not_ntm, 2U);
    EXPECT_EQ(counts_.cut_short, 1U);
    EXPECT_EQ(counts_.no_key, 1U);
    EXPECT_EQ(counts_.looks_opened, 1U);
    EXPECT_EQ(counts_.cookie, 1U);
    EXPECT_EQ(counts_.handshake, 1U);
}

// Whatever the bytes are: each frame is counted, in no more than one place.
TEST_F(OpenedFrame, SurvivesAnyBytes) {
    const Bytes good = in_ipv4().payload(sealed()).build();
    constexpr int types[] = {1, 12, 101, 113, 228, 229, 276, 9999};
    for (int round = 0; round < 20000; ++round) {
        Bytes frame = good;
        frame.resize(random_.below(good.size() + 1));
        frame.shrink_to_fit();
        for (int i = 0; i < 3 && !frame.empty(); ++i) {
            frame[random_.below(frame.size())] = static_cast<std::uint8_t>(random_.number());
        }
        open(frame, types[random_.below(std::size(types))], random_.below(2) == 0);
    }
    EXPECT_EQ(counts_.packets, 20000U);
}

}  // namespace

}  // namespace ntm::control
