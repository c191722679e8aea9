// SPDX-License-Identifier: BSD-3-Clause
// What a NAPT takes a TCP connection for, edge by edge. T-2, T-2a, T-4, T-5, V-1, V-2, V-7.
#include "rs-dataplane/napt/tcp_tracking.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

// The next segments of two hosts that keep to the rules: a line of words such as "in syn", "out ack".
class Talk {
  public:
    // A word in front of the kind says who sends; "blind" that it is not he, who does not know the
    // numbers either.
    TcpTimer say(const std::string& line) {
        const Side from = line.starts_with("in ") ? Side::inside : Side::outside;
        const std::string kind = line.substr(line.rfind(' ') + 1);
        TcpSegment segment = segment_of(from, kind);
        if (line.find(" blind ") != std::string::npos) {
            segment.sequence += 70'000;
            segment.acknowledgement += 70'000;
        } else if (segment.has_syn || segment.has_fin) {
            ++next_[static_cast<std::size_t>(from)];
        }
        if (!tracking_) {
            tracking_.emplace(from, segment);
            return TcpTimer::transitory;
        }
        return tracking_->pass(from, segment);
    }
    [[nodiscard]] TcpState state() const { return tracking_->state(); }
    [[nodiscard]] bool is_proven() const { return tracking_->is_proven(); }

  private:
    [[nodiscard]] TcpSegment segment_of(Side from, const std::string& kind) const {
        TcpSegment segment;
        segment.sequence = next_[static_cast<std::size_t>(from)];
        segment.acknowledgement = next_[static_cast<std::size_t>(other(from))];
        segment.has_syn = kind == "syn" || kind == "synack";
        segment.has_ack = kind != "syn" && kind != "rst";
        segment.has_fin = kind == "fin";
        segment.has_text = kind == "text";
        segment.has_rst = kind == "rst" || kind == "rstack";
        if (kind == "rstack") {
            segment.sequence = 0;  // of a host where nobody listens: RFC 9293 section 3.5.2
        }
        return segment;
    }

    // Near the end, so that numbers run over.
    std::array<std::uint32_t, 2> next_{0xfffffffe, 0xffff0000};
    std::optional<TcpTracking> tracking_;
};

struct Case {
    std::vector<std::string> before;
    std::string last;
    TcpState state;
    TcpTimer timer;
};

using enum TcpState;
constexpr TcpTimer goes_on = TcpTimer::goes_on;
constexpr TcpTimer short_time = TcpTimer::transitory;
constexpr TcpTimer long_time = TcpTimer::established;

const std::vector<std::string> by_inside{"in syn"};
const std::vector<std::string> by_outside{"out syn"};
const std::vector<std::string> asked{"out syn", "in synack"};
const std::vector<std::string> standing{"in syn", "out synack", "in ack"};

std::vector<std::string> operator+(std::vector<std::string> before, const std::string& line) {
    before.push_back(line);
    return before;
}

const Case cases[] = {
    // Opened from inside.
    {by_inside, "in syn", opened_inside, short_time},
    {by_inside, "in ack", opened_inside, goes_on},
    {by_inside, "out ack", opened_inside, goes_on},
    {by_inside, "out synack", established, long_time},
    {by_inside, "out syn", established, long_time},  // both at once
    {by_inside, "out rstack", reset, short_time},
    {by_inside + "in syn", "out rstack", reset, short_time},  // the second one, with another number
    {by_inside, "out blind rst", opened_inside, goes_on},
    {by_inside, "in rst", reset, short_time},
    // From outside: nothing that comes from there keeps it, nor does a refusal.
    {by_outside, "out syn", opened_outside, goes_on},
    {by_outside, "out ack", opened_outside, goes_on},
    {by_outside, "in synack", answered, short_time},
    {by_outside, "in syn", established, long_time},
    {by_outside, "in rstack", reset, goes_on},
    {by_outside, "out rst", reset, short_time},
    // Answered: it stands when he who asked has shown that he has the answer, or something follows it.
    {asked, "in synack", answered, short_time},
    {asked, "out syn", answered, goes_on},
    {asked, "out blind ack", answered, goes_on},
    {asked, "out blind fin", answered, goes_on},
    {asked, "out ack", established, long_time},
    {asked + "out blind ack", "out ack", established, long_time},
    {asked, "out fin", closed_outside, goes_on},
    {asked, "in ack", answered, short_time},  // to what is out of the window: anybody's
    {asked, "in text", established, long_time},
    {asked, "in fin", closed_inside, long_time},
    {asked, "in rst", reset, short_time},
    {asked, "out rst", reset, short_time},
    {asked, "out blind rst", answered, goes_on},
    // Standing: kept by what goes out.
    {standing, "in ack", established, long_time},
    {standing, "out ack", established, goes_on},
    {standing, "in fin", closed_inside, long_time},
    {standing, "out fin", closed_outside, goes_on},
    {standing, "out blind syn", established, goes_on},
    {standing, "in rst", reset, short_time},
    {standing, "out rst", reset, short_time},
    {standing, "out blind rst", established, goes_on},
    {standing, "out blind rstack", established, goes_on},
    {standing + "out blind syn", "out rst", reset, short_time},
    {standing + "out blind ack", "in rst", reset, short_time},
    // Half closed: the other half goes on for as long as it likes.
    {standing + "in fin", "out ack", closed_inside, goes_on},
    {standing + "in fin", "in ack", closed_inside, long_time},
    {standing + "in fin", "in fin", closed_inside, long_time},
    {standing + "in fin", "out fin", closed, short_time},
    {standing + "in fin", "out rst", reset, short_time},
    {standing + "out fin", "in ack", closed_outside, long_time},
    {standing + "out fin", "out ack", closed_outside, goes_on},
    {standing + "out fin", "out fin", closed_outside, goes_on},
    {standing + "out fin", "in fin", closed, short_time},
    // Closed from both sides: passes on until its time is over.
    {standing + "in fin" + "out fin", "in ack", closed, goes_on},
    {standing + "in fin" + "out fin", "out ack", closed, goes_on},
    {standing + "in fin" + "out fin", "out fin", closed, goes_on},
    {standing + "in fin" + "out fin", "in rst", closed, goes_on},
    {standing + "in fin" + "out fin", "out syn", closed, goes_on},
    {standing + "in fin" + "out fin", "in syn", opened_inside, short_time},
    {standing + "in fin" + "out fin" + "out syn", "in synack", answered, short_time},
    {standing + "in fin" + "out fin" + "out syn" + "in synack", "out rst", reset, short_time},
    // Reset, or so it seemed.
    {standing + "out rst", "out rst", reset, goes_on},
    {standing + "out rst", "in ack", established, long_time},
    {standing + "out rst", "out ack", established, goes_on},
    {standing + "out rst", "in fin", closed_inside, long_time},
    {standing + "out rst", "in syn", opened_inside, short_time},
    {standing + "out rst" + "out syn", "in synack", answered, short_time},
};

TEST(TcpTracking, each_edge_leads_where_the_rfcs_say) {
    for (const Case& one : cases) {
        Talk talk;
        std::string said;
        for (const std::string& line : one.before) {
            talk.say(line);
            said += line + ", ";
        }
        EXPECT_EQ(talk.say(one.last), one.timer) << said << one.last;
        EXPECT_EQ(talk.state(), one.state) << said << one.last;
    }
}

// From when on a connection is one that both ends know of.
TEST(TcpTracking, one_begun_outside_is_proven_by_who_has_seen_the_answer) {
    const auto is_proven = [](const std::vector<std::string>& lines) {
        Talk talk;
        for (const std::string& line : lines) {
            talk.say(line);
        }
        return talk.is_proven();
    };
    EXPECT_TRUE(is_proven(by_inside));
    EXPECT_FALSE(is_proven(by_outside));
    EXPECT_TRUE(is_proven(by_outside + "in syn")) << "the inside began it too";
    EXPECT_FALSE(is_proven(asked));
    EXPECT_TRUE(is_proven(asked + "out ack"));
    EXPECT_FALSE(is_proven(asked + "in ack"));
    EXPECT_TRUE(is_proven(asked + "in text"));
    EXPECT_TRUE(is_proven(asked + "in fin"));
    for (const char* end : {"out rst", "in rst"}) {
        EXPECT_FALSE(is_proven(asked + end));
        EXPECT_FALSE(is_proven(asked + end + "out blind ack"));
        EXPECT_FALSE(is_proven(asked + end + "out syn" + "in synack")) << "begun anew";
        EXPECT_TRUE(is_proven(asked + end + "in syn"));
    }
    EXPECT_TRUE(is_proven(standing + "out rst" + "out syn" + "in synack")) << "it was";
}

TEST(TcpTracking, the_numbers_of_a_new_connection_count_in_it) {
    Talk talk;
    for (const char* line : {"in syn", "out synack", "in ack", "in fin", "out fin", "in syn"}) {
        talk.say(line);
    }
    EXPECT_EQ(talk.say("out rstack"), TcpTimer::transitory);
    EXPECT_EQ(talk.state(), reset);
}

TEST(TcpTracking, only_a_bare_syn_opens) {
    EXPECT_TRUE(TcpTracking::opens({.has_syn = true}));
    EXPECT_FALSE(TcpTracking::opens({.has_syn = true, .has_ack = true}));
    EXPECT_FALSE(TcpTracking::opens({.has_syn = true, .has_fin = true}));
    EXPECT_FALSE(TcpTracking::opens({.has_syn = true, .has_rst = true}));
    EXPECT_FALSE(TcpTracking::opens({.has_ack = true}));
    EXPECT_FALSE(TcpTracking::opens({}));
}

}  // namespace
}  // namespace ntm::napt
