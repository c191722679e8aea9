// SPDX-License-Identifier: BSD-3-Clause
#include "tests/malformed/watched_relay.hpp"

#include "rs-dataplane/relay/classify.hpp"
#include "rs-dataplane/relay/hairpin.hpp"
#include "tests/malformed/burst_buffers.hpp"
#include "tests/malformed/oracle.hpp"
#include "tests/malformed/switching.hpp"

#include <algorithm>
#include <functional>

#include <rte_eal.h>
#include <rte_log.h>

namespace ntm::malformed {

namespace {

using namespace relay::testing;

std::vector<tables::RelayPath> all_paths() {
    std::vector<tables::RelayPath> paths{
        bound_path(mn4, cn4), bound_path(mn6, cn6), bound_path(mn4, cn6), bound_path(mn6, cn4)};
    for (std::uint64_t id = 2; id <= 4; ++id) {
        paths[id - 1].id = {id};
    }
    for (std::uint64_t id = 5; id <= 9; ++id) {
        paths.push_back(bound_path(mn4, cn4));
        paths.back().id = {id};
    }
    paths[4].leg(Role::responder) = {};
    paths[5].leg(Role::initiator).previous_remote = mn4_before;
    paths[5].leg(Role::initiator).previous_local = rs4;
    paths[6].leg(Role::responder).next_hop = tables::no_next_hop;
    paths[7].leg(Role::responder).next_hop = 2;
    paths[8].leg(Role::responder).next_hop = 3;
    return paths;
}

bool same_lane(const Lane& one, const Lane& other) {
    if (one.size() != other.size()) {
        return false;
    }
    for (std::size_t i = 0; i < one.size(); ++i) {
        if (one[i] != other[i]) {
            return false;
        }
    }
    return true;
}

}  // namespace

struct WatchedRelay::Slots {
    BurstBuffers run;
    BurstBuffers short_way;
    BurstBuffers long_way;
};

void start_eal() {
    rte_log_set_global_level(RTE_LOG_ERR);
    static std::array<const char*, 9> arguments{
        "relay",
        "--no-huge",
        "--no-shconf",
        "--no-pci",
        "--no-telemetry",
        "-m",
        "64",
        "--lcores",
        "0@(0-1)"};
    hold(rte_eal_init(arguments.size(), const_cast<char**>(arguments.data())) >= 0, "EAL starts");
}

relay::Settings WatchedRelay::usual_settings() {
    relay::Settings made = relay::testing::settings();
    made.sessions = relay::SessionSet{{live_session}};
    made.cookie_nonces = relay::NonceSet{{live_nonce}};
    made.public_side = WatchedRsN::public_side();
    made.targets = relay::TargetFilter{
        {own_public.ipv4, own_public.ipv6, other_public.ipv4, other_public.ipv6}};
    made.next_hops.push_back({{router1, rs_mac1}, 1, 1500, false});
    made.next_hops.push_back({{router1, rs_mac1}, 1, small_mtu, true});
    return made;
}

WatchedRelay::WatchedRelay(relay::Settings settings)
    : settings_{std::move(settings)},
      period_{*tables::GracePeriod::create(1)},
      table_{*tables::RelayTable::create(64, settings_.own, *period_)},
      paths_{all_paths()},
      path_counters_(table_->slot_count()),
      pipeline_{
          {table_->reader(), path_counters_.data(), &counters_, &token_key_, 1, &rs_n_.rs_n()}},
      slots_{std::make_unique<Slots>()} {
    rs_n_.rs_n().make_frames_by(made_);
    paths_.insert(paths_.end(), rs_n_.paths().begin(), rs_n_.paths().end());
    for (const tables::RelayPath& each : paths_) {
        hold(table_->writer().insert(each).has_value(), "the path fits the table");
    }
    for (const tables::RelayPath& each : paths_) {
        tables::RelayTable::Found found;
        const tables::RelayTable::Wanted wanted{each.id, Role::initiator};
        table_->reader().find({&wanted, 1}, found);
        hold(found.entries[0] != nullptr, "the path is in the table");
        entries_.push_back(*found.entries[0]);
        legs_.add_path(each.id, found.slots[0]);
    }
}

WatchedRelay::~WatchedRelay() = default;

void WatchedRelay::check_table() const {
    for (const tables::RelayEntry& entry : entries_) {
        tables::RelayTable::Found found;
        const tables::RelayTable::Wanted wanted{entry.path_id(), Role::initiator};
        table_->reader().find({&wanted, 1}, found);
        hold(
            found.entries[0] != nullptr && std::memcmp(found.entries[0], &entry, sizeof entry) == 0,
            "the table is as it was"
        );
    }
}

// The short way through classify decides as the long one.
void WatchedRelay::compare_ways(std::span<const WireFrame> frames) {
    BurstBuffers& one = slots_->short_way;
    BurstBuffers& other = slots_->long_way;
    one.fill(frames);
    other.fill(frames);
    relay::Lanes short_way;
    relay::Lanes long_way;
    relay::classify(one.burst, short_way, settings_);
    relay::classify_the_long_way(other.burst, long_way, settings_);
    hold(
        same_lane(short_way.tunnel, long_way.tunnel) && same_lane(short_way.punt, long_way.punt) &&
            same_lane(short_way.leg, long_way.leg) &&
            same_lane(short_way.cookie, long_way.cookie) &&
            same_lane(short_way.general, long_way.general),
        "both ways through classify sort alike"
    );
    for (std::size_t i = 0; i < short_way.tunnel.size(); ++i) {
        const Packet& a = one.burst.packets[short_way.tunnel[i]];
        const Packet& b = other.burst.packets[short_way.tunnel[i]];
        hold(
            a.path_id == b.path_id && a.role == b.role && a.length == b.length &&
                a.udp_at == b.udp_at && a.own_address == b.own_address &&
                a.ip_length == b.ip_length && a.is_ipv6 == b.is_ipv6,
            "both ways through classify find out the same"
        );
    }
}

std::span<const Packet> WatchedRelay::run(std::span<const WireFrame> frames, Instant now) {
    compare_ways(frames);
    BurstBuffers& buffers = slots_->run;
    buffers.fill(frames);
    counters_.received.add(frames.size());
    was_answered_ = {};
    const RemadePackets::Dropped dropped_before = WatchedFragments::values_of(counters_.dropped);
    pipeline_.run(buffers.burst, settings_, now);
    rs_n_.rs_n().tend(now);
    RemadePackets::Dropped dropped = WatchedFragments::values_of(counters_.dropped);
    std::ranges::transform(dropped, dropped_before, dropped.begin(), std::minus{});
    const std::span<const Packet> packets{buffers.burst.packets.data(), frames.size()};
    const std::vector<MadeFrame> made = made_.take();
    remade_.check({frames, packets, made, settings_.next_hops, now}, dropped);
    for (const MadeFrame& each : made) {
        count_made(each.packet);
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
        check(frames[i], packets[i], i, now);
    }
    check_balance();
    hold(
        counters_.held.value() == rs_n_.fragments().held(), "what is held waits for the rest of it"
    );
    legs_.check(path_counters_, counters_);
    return packets;
}

void WatchedRelay::check(
    const WireFrame& frame, const Packet& packet, std::size_t number, Instant now
) {
    const std::uint8_t* const came = slots_->run.frame(number);
    hold(
        packet.begin >= came - frame.headroom &&
            packet.begin + packet.length <= came + frame.bytes.size() + frame.tailroom,
        "a frame stays in its buffer"
    );
    switch (packet.fate) {
        case Fate::hand_over:
            throw BrokenPromise{"there is nobody to hand a packet over to"};
        case Fate::pending:
            throw BrokenPromise{"every packet has a fate"};
        case Fate::held:
            return;  // it shows in the balance
        case Fate::transmit:
            counters_.transmitted.add(1);
            check_transmitted(frame, packet, number, now);
            return;
        case Fate::punt:
            count_punted(packet);
            hold(
                packet.port == frame.port && packet.length <= frame.bytes.size() &&
                    std::ranges::equal(packet.bytes(), frame.bytes.first(packet.length)),
                "a punted frame is as it came"
            );
            return;
        case Fate::drop:
            count_dropped(packet);
            if (relay::is_hairpinned(packet)) {
                rs_n_.expect_from_node(frame);  // before it turned round
            }
            return;
    }
}

void WatchedRelay::count_punted(const Packet& packet) {
    hold(packet.punt_class < relay::punt_class_count, "a punt has a class");
    counters_.punted[packet.punt_class].add(1);
}

void WatchedRelay::count_dropped(const Packet& packet) {
    hold(
        packet.reason != DropReason::none && packet.reason < DropReason::count_ &&
            describe(packet.reason).place != DropPlace::glue,
        "a drop has a reason of the pipeline's"
    );
    counters_.dropped[static_cast<std::size_t>(packet.reason)].add(1);
}

void WatchedRelay::count_made(const Packet& packet) {
    switch (packet.fate) {
        case Fate::transmit:
            counters_.transmitted.add(1);
            return;
        case Fate::punt:
            count_punted(packet);
            return;
        case Fate::drop:
            count_dropped(packet);
            return;
        default:
            throw BrokenPromise{"a frame that is made goes on, or is dropped"};
    }
}

void WatchedRelay::check_transmitted(
    const WireFrame& frame, const Packet& packet, std::size_t number, Instant now
) {
    const PlainFrame came{frame.bytes};
    // What it was dropped for, and its sender told.
    const bool is_told = packet.reason != DropReason::none;
    if (is_told) {
        legs_.expect_error(packet.reason);
    }
    if (!came.is_to(settings_.ntm_port)) {
        is_told ? rs_n_.check_told_general_node(frame, packet, settings_.next_hops)
                : rs_n_.check_in(frame, packet, settings_.next_hops);
        return;
    }
    hold(came.ntm.size() >= 16 && came.ntm[0] >> 4 == 1, "what is transmitted came as NTM");
    const std::uint8_t type = came.ntm[0] & 0x0f;
    if (type == 4) {
        check_cookie(frame, packet, settings_, mint_, now);
        was_answered_[number] = true;
        legs_.expect_cookie();
        return;
    }
    hold(type == 0 || type == 5, "only DATA and END are relayed");
    if (path_of(came.ntm).end && relay::is_hairpinned(packet)) {
        is_told ? rs_n_.check_told_of_turned(frame, packet, settings_.next_hops)
                : rs_n_.check_turned(frame, packet, settings_.next_hops);
        return;
    }
    if (path_of(came.ntm).end) {
        is_told ? rs_n_.check_told_node(frame, packet, settings_.next_hops)
                : rs_n_.check_out(frame, packet, settings_.next_hops);
        return;
    }
    hold(!is_told, "nobody is told of what is switched");
    check_switched(frame, packet, path_of(came.ntm), settings_.next_hops);
    legs_.expect(came.path(), static_cast<Role>(came.ntm[1] & 1), came.length() - 14);
}

const tables::RelayPath& WatchedRelay::path_of(ByteView ntm) const {
    const PathId id{load<Be64>(ntm.data() + 8).to_host()};
    const auto found = std::ranges::find(paths_, id, &tables::RelayPath::id);
    hold(found != paths_.end(), "what is relayed has a path");
    return *found;
}

void WatchedRelay::check_balance() const {
    std::uint64_t ended = counters_.transmitted.value() + counters_.held.value();
    for (const relay::Counter& counter : counters_.punted) {
        ended += counter.value();
    }
    for (const relay::Counter& counter : counters_.dropped) {
        ended += counter.value();
    }
    hold(
        counters_.received.value() + counters_.injected.value() + counters_.made.value() == ended,
        "received + injected + made = transmitted + punted + dropped + held"
    );
}

}  // namespace ntm::malformed
