// SPDX-License-Identifier: BSD-3-Clause
// Bursts of frames to and from a relay's RS-N, as one input lists them: the packets of nodes, sealed
// under the keys of their paths, those of general nodes, frames as they are, and time. An event's first
// byte says which and what is made right of the packet first: its addresses and ports, so that it
// concerns somebody, and its checksums, so that what stands behind them is reached; or, of a node's
// packet, the checksums alone.
// Promises: those of WatchedRelay and WatchedRsN.
#include "tests/fuzz/target.hpp"
#include "tests/malformed/inner_packet.hpp"
#include "tests/malformed/watched_relay.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace ntm::fuzz {

namespace {

using namespace relay::testing;
using namespace malformed;

// Bits of an event's first byte; the two lowest ones say what it is.
constexpr std::uint8_t as_it_is = 0x10;
namespace from_node {
constexpr unsigned path_at = 2;  // two bits
constexpr std::uint8_t congested = 0x20;
constexpr std::uint8_t damaged = 0x40;
constexpr std::uint8_t repeated = 0x80;
}  // namespace from_node
namespace from_general_node {
constexpr std::uint8_t no_tailroom = 0x04;
constexpr std::uint8_t no_headroom = 0x08;
constexpr std::uint8_t another_sender = 0x20;
constexpr std::uint8_t another_port = 0x40;
constexpr std::uint8_t good_checksum = 0x80;
}  // namespace from_general_node

const PathId node_paths[] = {first_ended, second_ended, exit_ended, nobodys_ended};

// A clock goes only on, and so does not for ever.
WatchedRelay& the_relay(bool is_anew) {
    static std::optional<WatchedRelay> made;
    if (is_anew) {
        made.emplace(WatchedRelay::usual_settings());
    }
    return *made;
}

class Events {
  public:
    Events(WatchedRelay& relay, Instant& now) : relay_{relay}, now_{now} {
        // Until all ports may be given out again.
        now_ = now_ + std::chrono::seconds{121};
        relay_.rs_n().forget(now_);
    }

    void send(std::uint8_t what, std::uint8_t which, Bytes packet) {
        const PathId path = node_paths[what >> from_node::path_at & 3U];
        if (packet.size() >= header_length(packet)) {
            if ((what & as_it_is) == 0) {
                address_from_node(packet, path, which);
            } else if (which % 2 == 1) {
                repair(packet);
            }
        }
        WatchedRsN& rs_n = relay_.rs_n();
        Bytes datagram = rs_n.seal(path, packet);
        if ((what & from_node::damaged) != 0) {
            datagram[which % datagram.size()] ^= static_cast<std::uint8_t>(1U << which % 8);
        }
        Bytes frame = rs_n.frame_from_node(path, datagram);
        if ((what & from_node::congested) != 0) {
            congest(frame);
        }
        if ((what & from_node::repeated) != 0) {
            add({frame});
        }
        add({std::move(frame)});
    }

    void receive(std::uint8_t what, std::uint8_t which, Bytes packet) {
        if ((what & as_it_is) == 0 && packet.size() >= header_length(packet) + 8) {
            address_to_us(packet, what, which);
        }
        Arriving arriving{WatchedRsN::frame_from_general_node(packet)};
        arriving.headroom = (what & from_general_node::no_headroom) != 0 ? 0 : 128;
        arriving.tailroom = (what & from_general_node::no_tailroom) != 0 ? 0 : 64;
        arriving.marks = (what & from_general_node::good_checksum) != 0
                             ? ReceiveMarks::good_ipv4_checksum
                             : ReceiveMarks::none;
        add(std::move(arriving));
    }

    void receive_as_it_is(std::uint8_t which, ByteView frame) {
        Arriving arriving{{frame.begin(), frame.end()}};
        arriving.port = which & 1;
        arriving.marks = which >> 1 & 7;
        add(std::move(arriving));
    }

    // The burst ends.
    void pass(std::uint8_t seconds) {
        std::vector<WireFrame> frames;
        frames.reserve(arriving_.size());
        for (const Arriving& each : arriving_) {
            frames.push_back({each.bytes, each.port, each.marks, each.headroom, each.tailroom});
        }
        relay_.run(frames, now_);
        arriving_.clear();
        now_ = now_ + std::chrono::seconds{seconds};
    }

  private:
    struct Arriving {
        Bytes bytes;
        std::uint16_t port = 0;
        std::uint8_t marks = 0;
        std::uint16_t headroom = 128;
        std::uint16_t tailroom = 64;
    };

    void add(Arriving arriving) {
        if (arriving_.size() == burst_size) {
            pass(0);
        }
        arriving_.push_back(std::move(arriving));
    }
    static void congest(Bytes& frame) {
        Bytes packet{frame.begin() + 14, frame.end()};
        const unsigned bits = is_ipv6(packet) ? 0x30 : 0x03;
        packet[1] = static_cast<std::uint8_t>(packet[1] | bits);
        if (!is_ipv6(packet)) {
            repair_ipv4_header(packet);
        }
        std::ranges::copy(packet, frame.begin() + 14);
    }
    void address_from_node(Bytes& packet, PathId path, std::uint8_t which) const {
        const bool is_second = path == second_ended || path == exit_ended;
        const IpAddress& vip = subscribers[is_second ? 1 : 0].vip(is_ipv6(packet));
        const IpAddress& gn_vip = is_ipv6(packet) ? gn_vip6 : gn_vip4;
        put_source(packet, vip);
        if (path != exit_ended) {
            put_destination(packet, gn_vip);
        }
        put_in_quote(packet, {gn_vip, vip, seen(which, is_ipv6(packet)).inside_port, false});
        repair(packet);
    }
    void address_to_us(Bytes& packet, std::uint8_t what, std::uint8_t which) const {
        const IpAddress& gn = is_ipv6(packet) ? gn6 : gn4;
        const Endpoint us = seen(which, is_ipv6(packet)).outside;
        put_destination(packet, us.address);
        if ((what & from_general_node::another_sender) == 0) {
            put_source(packet, gn);
        }
        if (quote_at(packet) != 0) {
            put_in_quote(packet, {us.address, gn, us.port.number, true});
        } else if ((what & from_general_node::another_port) == 0) {
            const std::size_t port_at = header_length(packet) + (is_icmp(packet) ? 4 : 2);
            store(packet.data() + port_at, Be16::from_host(us.port.number));
        }
        repair(packet);
    }
    struct Seen {
        std::uint16_t inside_port = 5;
        Endpoint outside;
    };
    // One of the ports that something went out of, if any did.
    [[nodiscard]] Seen seen(std::uint8_t which, bool is_ipv6) const {
        std::vector<Seen> all;
        for (const auto& [inside, outside] : relay_.rs_n().seen()) {
            if (inside.is_ipv6 == is_ipv6) {
                all.push_back({inside.port, outside});
            }
        }
        if (all.empty()) {
            return {
                .outside = {is_ipv6 ? other_public.ipv6 : other_public.ipv4, {first_public_port}}};
        }
        return all[which % all.size()];
    }

    WatchedRelay& relay_;
    Instant& now_;
    std::vector<Arriving> arriving_;
};

}  // namespace

void set_up() {
    start_eal();
}

void run(ByteView bytes) {
    constexpr std::uint64_t runs_of_a_relay = 1 << 16;
    static std::uint64_t runs = 0;
    static Instant now;
    const bool is_anew = runs++ % runs_of_a_relay == 0;
    if (is_anew) {
        now = Instant{std::chrono::seconds{100}};
    }
    Events events{the_relay(is_anew), now};
    Input input{bytes};
    while (!input.is_empty()) {
        const std::uint8_t what = input.byte();
        const std::uint8_t which = input.byte();
        if (what % 4 == 3) {
            events.pass(which);
            continue;
        }
        const ByteView taken = input.take(input.byte());
        if (what % 4 == 0) {
            events.send(what, which, {taken.begin(), taken.end()});
        } else if (what % 4 == 1) {
            events.receive(what, which, {taken.begin(), taken.end()});
        } else {
            events.receive_as_it_is(which, taken);
        }
    }
    events.pass(0);
}

}  // namespace ntm::fuzz
