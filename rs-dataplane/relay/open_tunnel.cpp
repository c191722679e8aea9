// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/open_tunnel.hpp"

#include "common/base/byte_order.hpp"
#include "common/base/touch.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/udp.hpp"
#include "rs-dataplane/relay/inner_header.hpp"
#include "rs-dataplane/tables/relay_entry.hpp"

#include <optional>

namespace ntm::relay {

namespace {

constexpr std::size_t around_sealed = UdpView::size + NtmView::size;

// For the text; nothing if the packet is cut off.
std::optional<std::size_t> room_in(const Packet& packet, crypto::Suite suite) noexcept {
    const std::size_t front = packet.udp_at + around_sealed;
    if (packet.length < front) {
        return std::nullopt;
    }
    return crypto::text_room(suite, packet.length - front);
}

std::uint64_t counter_of(const crypto::CipherJob& job) noexcept {
    constexpr std::uint64_t counter_bits = (std::uint64_t{1} << 48) - 1;
    return load<Be64>(job.header).to_host() & counter_bits;
}

// The ends, and their keys.
void fetch(const Burst& burst, const Lane& lane) noexcept {
    const auto end_of = [](const Packet& packet) noexcept {
        return packet.passage->end(Role::initiator);
    };
    for (std::size_t i = 0; i < lane.size(); ++i) {
        touch(end_of(burst.packets[lane[i]]));
    }
    for (std::size_t i = 0; i < lane.size(); ++i) {
        touch(&end_of(burst.packets[lane[i]])->keys->opening.key);
    }
}

crypto::CipherJob job_for(
    const Packet& packet, const crypto::AeadKey& key, std::size_t text_room
) noexcept {
    crypto::CipherJob job;
    job.key = key.bytes.view().data();
    job.header = packet.begin + packet.udp_at + UdpView::size;
    job.key_number = packet.slot;
    job.text_length = static_cast<std::uint16_t>(text_room);
    job.suite = key.suite;
    return job;
}

// The inner packet of one that is authentic.
DropReason unwrap(
    Packet& packet,
    const crypto::CipherJob& job,
    crypto::ReplayWindow& received,
    const LegsSeen& seen
) noexcept {
    if (!job.is_good) {
        return DropReason::bad_tag;
    }
    const std::uint64_t counter = counter_of(job);
    if (!received.check(counter)) {
        return DropReason::replayed;  // by another of this burst
    }
    received.update(counter);
    seen.counters[packet.slot].legs[0].note_seen(seen.now_seconds);
    if (job.text_length == 0) {
        return DropReason::keep_alive;
    }
    const auto before = static_cast<std::uint16_t>(job.text() - packet.begin);
    packet.shrink_front(static_cast<std::uint16_t>(before - inner_at));
    packet.trim_to(static_cast<std::uint16_t>(inner_at + job.text_length));
    return DropReason::none;
}

}  // namespace

void open_tunnel(
    Burst& burst, Lane& lane, EndedPackets& ended, crypto::BurstCipher& cipher, const LegsSeen& seen
) noexcept {
    std::array<crypto::CipherJob, burst_size> jobs;
    std::size_t count = 0;
    fetch(burst, lane);
    lane.apply(burst, [&](Packet& packet) noexcept {
        const auto number = static_cast<std::size_t>(&packet - burst.packets.data());
        const tables::TunnelEnd* end = packet.passage->end(Role::initiator);
        ended.ends[number] = end;
        ended.outer_ecn[number] = ecn_of(traffic_class_of(packet.begin + EthernetView::size));
        const auto room = room_in(packet, end->suite);
        if (!room) {
            return DropReason::truncated_data;
        }
        const tables::EndKeys::Opening& opening = end->keys->opening;
        const crypto::CipherJob job = job_for(packet, opening.key, *room);
        if (!opening.received.check(counter_of(job))) {
            return DropReason::replayed;
        }
        jobs[count++] = job;
        return DropReason::none;
    });
    cipher.open({jobs.data(), count});
    std::size_t next = 0;
    lane.apply(burst, [&](Packet& packet) noexcept {
        const auto number = static_cast<std::size_t>(&packet - burst.packets.data());
        return unwrap(packet, jobs[next++], ended.ends[number]->keys->opening.received, seen);
    });
}

}  // namespace ntm::relay
