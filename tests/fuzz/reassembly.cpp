// SPDX-License-Identifier: BSD-3-Clause
// Fragments as one input lists them: an event's first byte says which packet one is of, or that its bytes
// come as they are, or that time passes.
// Promises: as much is held as there may be, and what came was refused, held or counted when it went; a
// whole packet is one by its own length and header, holds the bytes that its fragments had, and comes
// whole again when it is cut; nothing is written beyond it.
#include "rs-dataplane/relay/reassembly.hpp"

#include "common/base/byte_order.hpp"
#include "common/packet/ipv4.hpp"
#include "rs-dataplane/relay/fragment_cutter.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

namespace ntm::fuzz {

namespace {

using namespace relay;

constexpr Reassembly::Plan plan{80, 70, std::chrono::seconds{10}};

bool is_ipv6(ByteView packet) {
    return packet[0] >> 4 == 6;
}
std::size_t header_length(ByteView packet) {
    return is_ipv6(packet) ? Ipv6View::size : Ipv4View::smallest;
}

// Of the packet of that number, which has this byte there.
std::uint8_t byte_at(std::uint8_t number, std::size_t at) {
    return static_cast<std::uint8_t>(at * 11 + at / 256 + number);
}

struct Place {
    std::uint8_t number = 0;  // of the packet; odd: IPv6
    std::size_t offset = 0;
    std::size_t length = 0;
    bool is_last = false;
};

Bytes fragment_at(const Place& place) {
    const bool of_ipv6 = place.number % 2 != 0;
    const std::size_t header =
        of_ipv6 ? Ipv6View::size + IpFragment::ipv6_header : Ipv4View::smallest;
    Bytes packet(header + place.length);
    const auto put = [&packet](std::size_t at, std::size_t value) {
        store(packet.data() + at, Be16::from_host(static_cast<std::uint16_t>(value)));
    };
    if (of_ipv6) {
        packet[0] = 0x60;
        put(4, packet.size() - Ipv6View::size);
        packet[6] = ip_protocol::fragment;
        packet[8] = 0x20;
        packet[40] = ip_protocol::udp;
        put(42, place.offset | (place.is_last ? 0U : 1U));
        packet[47] = place.number;
    } else {
        packet[0] = 0x45;
        put(2, packet.size());
        packet[5] = place.number;
        put(6, place.offset / 8 | (place.is_last ? 0U : 0x2000U));
        packet[9] = ip_protocol::udp;
        packet[12] = 203;
    }
    for (std::size_t i = 0; i < place.length; ++i) {
        packet[header + i] = byte_at(place.number, place.offset + i);
    }
    return packet;
}

class Watched {
  public:
    // The whole packet, if it is one now.
    Bytes add(const Bytes& packet) {
        if (!IpFragment::is_one(packet)) {
            return {};
        }
        const auto fragment = IpFragment::parse(packet, fragment_origin::outside);
        if (!fragment) {
            return {};
        }
        // Of exactly that size, so that a sanitizer sees a byte beyond.
        Bytes room(longest_whole);
        const Reassembly::Added added = table_->add(*fragment, now_, room.data());
        taken_ += added.reason == DropReason::none ? 1 : 0;
        expect_balance();
        room.resize(added.length);
        if (!room.empty()) {
            check_whole(room, added.longest_fragment);
        }
        return room;
    }
    void pass(std::uint8_t seconds) {
        now_ += std::chrono::seconds{seconds};
        table_->tend(now_);
        expect_balance();
    }

  private:
    void expect_balance() const {
        std::uint64_t gone = 0;
        for (const Counter& counter : dropped_) {
            gone += counter.value();
        }
        demand(table_->held() <= plan.fragments, "no more is held than there may be");
        demand(taken_ == gone + table_->held(), "what was taken is held, or was counted");
    }
    static void check_whole(const Bytes& whole, std::uint16_t longest_fragment) {
        if (is_ipv6(whole)) {
            const auto ip = Ipv6View::parse(whole);
            demand(ip && Ipv6View::size + ip->payload_length() == whole.size(), "it is whole");
        } else {
            const auto ip = Ipv4View::parse(whole);
            demand(ip && ip->total_length() == whole.size(), "it is whole");
            demand(ip->has_valid_checksum() && !ip->is_fragment(), "it is no fragment");
        }
        if (FragmentCutter::can_cut(whole, longest_fragment)) {
            demand(
                cut_and_join(whole, longest_fragment) == whole, "it is cut and comes whole again"
            );
        }
    }
    static Bytes cut_and_join(const Bytes& whole, std::uint16_t most) {
        FragmentCutter cutter{whole, most, 1};
        Bytes body;
        while (!cutter.is_done()) {
            Bytes fragment(most);
            fragment.resize(cutter.write_next(fragment.data()));
            if (fragment == whole) {
                return whole;
            }
            const auto read = IpFragment::parse(fragment, fragment_origin::outside);
            demand(read.has_value(), "a fragment that was cut is one");
            demand(read->offset() == body.size(), "it stands where it says");
            demand(read->is_last() == cutter.is_done(), "the last one is the last");
            append(body, read->body());
        }
        Bytes joined{
            whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(header_length(whole))};
        append(joined, body);
        return joined;
    }

    Reassembly::Dropped dropped_;
    std::unique_ptr<Reassembly> table_ = Reassembly::make(plan, dropped_, 1);
    std::uint64_t taken_ = 0;
    Instant now_;
};

}  // namespace

void set_up() {}

void run(ByteView bytes) {
    Watched watched;
    Input input{bytes};
    // Its bytes might be among those of a packet that is known.
    bool has_foreign = false;
    while (!input.is_empty()) {
        const std::uint8_t what = input.byte();
        if (what >= 0xf0) {
            watched.pass(input.byte());
            continue;
        }
        if (what >= 0xe0) {
            const ByteView taken = input.take(input.byte());
            watched.add({taken.begin(), taken.end()});
            has_foreign = true;
            continue;
        }
        const std::size_t offset = std::size_t{input.byte()} * 8;
        const std::size_t length = input.byte();
        const auto number = static_cast<std::uint8_t>(what & 0x0f);
        const Bytes whole = watched.add(fragment_at({number, offset, length, (what & 0x10) != 0}));
        const std::size_t header = whole.empty() ? 0 : header_length(whole);
        for (std::size_t at = header; at < whole.size() && !has_foreign; ++at) {
            demand(whole[at] == byte_at(number, at - header), "it holds what its fragments had");
        }
    }
}

}  // namespace ntm::fuzz
