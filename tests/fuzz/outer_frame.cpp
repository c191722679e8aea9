// SPDX-License-Identifier: BSD-3-Clause
// Frames from the wire into the whole pipeline, in front of a table with paths of all family pairs.
// Input: for each frame a byte for port and marks, its length (2 bytes) and its bytes; up to a burst
// of them. Promises: every packet has one fate, the counters balance, a transmitted frame lies in
// its buffer and is no longer than the next hop takes, and the short way through classify decides
// as the long one.
#include "rs-dataplane/relay/classify.hpp"
#include "rs-dataplane/relay/pipeline.hpp"
#include "rs-dataplane/tables/grace_period.hpp"
#include "rs-dataplane/tables/relay_table.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/unit/rs-dataplane/relay/world.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <rte_eal.h>
#include <rte_log.h>

namespace ntm::fuzz {

namespace {

using namespace relay::testing;

constexpr std::size_t headroom = 128;
constexpr std::size_t tailroom = 64;
constexpr std::size_t longest_frame = 2048;

struct Relay {
    Relay() {
        struct Ends {
            std::uint64_t id;
            const Endpoint& mn;
            const Endpoint& cn;
        };
        const std::array<Ends, 4> pairs{
            {{path.value, mn4, cn4}, {2, mn6, cn6}, {3, mn4, cn6}, {4, mn6, cn4}}};
        for (const Ends& ends : pairs) {
            tables::RelayPath made = bound_path(ends.mn, ends.cn);
            made.id = {ends.id};
            demand(table->writer().insert(made).has_value(), "the path fits the table");
        }
    }
    relay::Settings settings = relay::testing::settings();
    std::unique_ptr<tables::GracePeriod> period = std::move(*tables::GracePeriod::create(1));
    std::unique_ptr<tables::RelayTable> table =
        std::move(*tables::RelayTable::create(64, settings.own, *period));
    std::vector<relay::PathCounters> paths = std::vector<relay::PathCounters>(table->slot_count());
    Secret<16> key;
};

Relay& the_relay() {
    static Relay made;
    return made;
}

using Buffer = std::array<std::uint8_t, headroom + longest_frame + tailroom>;

struct Frames {
    std::array<Buffer, burst_size> buffers;
    Burst burst;
};

void read_frames(Input input, Frames& frames) {
    frames.burst.count = 0;
    while (!input.is_empty() && frames.burst.count < burst_size) {
        const std::uint8_t about = input.byte();
        const ByteView bytes = input.take(input.word() % (longest_frame + 1));
        Buffer& buffer = frames.buffers[frames.burst.count];
        std::ranges::copy(bytes, buffer.begin() + headroom);
        Packet& packet = frames.burst.packets[frames.burst.count++];
        packet = {};
        packet.begin = buffer.data() + headroom;
        packet.length = static_cast<std::uint16_t>(bytes.size());
        packet.headroom = (about & 2) != 0 ? std::uint16_t{0} : std::uint16_t{headroom};
        packet.capacity = static_cast<std::uint16_t>(packet.headroom + bytes.size() + tailroom);
        packet.port = about & 1;
        packet.receive_marks = static_cast<std::uint8_t>(about >> 2 & 7);
    }
}

std::vector<std::uint8_t> members(const Lane& lane) {
    std::vector<std::uint8_t> all;
    for (std::size_t i = 0; i < lane.size(); ++i) {
        all.push_back(lane[i]);
    }
    return all;
}

// Classifies both ways and compares what they find out.
void compare_ways(Input input, const relay::Settings& settings) {
    static Frames one;
    static Frames other;
    read_frames(input, one);
    read_frames(input, other);
    relay::Lanes short_way;
    relay::Lanes long_way;
    relay::classify(one.burst, short_way, settings);
    relay::classify_the_long_way(other.burst, long_way, settings);
    demand(members(short_way.tunnel) == members(long_way.tunnel), "both ways: tunnel packets");
    demand(members(short_way.punt) == members(long_way.punt), "both ways: punts");
    for (const std::uint8_t at : members(short_way.tunnel)) {
        const Packet& a = one.burst.packets[at];
        const Packet& b = other.burst.packets[at];
        demand(
            a.path_id == b.path_id && a.role == b.role && a.length == b.length &&
                a.udp_at == b.udp_at && a.own_address == b.own_address && a.is_ipv6 == b.is_ipv6,
            "both ways: what is found out"
        );
    }
}

void check_transmitted(const Packet& packet, const Frames& frames, std::size_t number) {
    const Buffer& buffer = frames.buffers[number];
    demand(packet.port < 2, "a transmitted packet has a port");
    demand(packet.begin >= buffer.data(), "no frame begins before its buffer");
    demand(
        packet.begin + packet.length <= buffer.data() + buffer.size(),
        "no frame ends behind its buffer"
    );
    demand(packet.length <= 1500 + 14, "no frame is longer than the next hop takes");
}

}  // namespace

void set_up() {
    rte_log_set_global_level(RTE_LOG_ERR);
    static std::array<const char*, 9> arguments{
        "fuzz",
        "--no-huge",
        "--no-shconf",
        "--no-pci",
        "--no-telemetry",
        "-m",
        "64",
        "--lcores",
        "0@(0-1)"};
    demand(rte_eal_init(arguments.size(), const_cast<char**>(arguments.data())) >= 0, "EAL starts");
    the_relay();
}

void run(ByteView bytes) {
    Relay& relay = the_relay();
    static Frames frames;
    compare_ways(Input{bytes}, relay.settings);
    read_frames(Input{bytes}, frames);
    relay::WorkerCounters counters;
    relay::Pipeline pipeline{{relay.table->reader(), relay.paths.data(), &counters, &relay.key, 1}};
    pipeline.run(frames.burst, relay.settings, Instant{std::chrono::seconds{100}});
    for (std::size_t i = 0; i < frames.burst.count; ++i) {
        const Packet& packet = frames.burst.packets[i];
        demand(packet.fate != Fate::pending, "every packet has a fate");
        if (packet.fate == Fate::transmit) {
            check_transmitted(packet, frames, i);
        }
        if (packet.fate == Fate::drop) {
            demand(packet.reason != DropReason::none, "every dropped packet has a reason");
        }
    }
}

}  // namespace ntm::fuzz
