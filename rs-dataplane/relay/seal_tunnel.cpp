// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/seal_tunnel.hpp"

#include "common/base/touch.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/udp.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/inner_header.hpp"
#include "rs-dataplane/relay/switch_tunnel.hpp"

namespace ntm::relay {

namespace {

constexpr std::uint8_t data_version_and_type = 0x10;
constexpr std::uint8_t hop_limit_of_tunnel = 64;
// A sender goes no further under one key (docs/protocol.md section 2).
constexpr std::uint64_t last_counter = std::uint64_t{1} << 40;

std::uint16_t outer_size(const tables::Passage& passage) noexcept {
    const std::size_t ip = passage.to_ipv6 ? Ipv6View::size : Ipv4View::smallest;
    return static_cast<std::uint16_t>(ip + UdpView::size + NtmView::size);
}

void write_ntm_header(std::uint8_t* header, PathId path, std::uint64_t counter) noexcept {
    constexpr std::uint64_t first = std::uint64_t{data_version_and_type} << 56 |
                                    std::uint64_t{static_cast<std::uint8_t>(Role::responder)} << 48;
    store(header, Be64::from_host(first | counter));
    store(header + 8, Be64::from_host(path.value));
}

// Room for the headers in front and for what the suite adds, filled but for the UDP checksum, which
// covers the ciphertext.
DropReason wrap(Packet& packet, tables::EndKeys::Sealing& sealing) noexcept {
    const crypto::Suite suite = sealing.key.suite;
    const std::uint16_t outer = outer_size(*packet.passage);
    const std::size_t text = packet.length - inner_at;
    const std::size_t in_front = outer + crypto::iv_size(suite);
    const std::size_t behind = crypto::sealed_size(suite, text) - crypto::iv_size(suite) - text;
    if (packet.headroom < in_front || packet.tailroom() < behind) [[unlikely]] {
        return DropReason::no_headroom;
    }
    if (sealing.next_counter >= last_counter) [[unlikely]] {
        return DropReason::key_used_up;
    }
    packet.grow_front(static_cast<std::uint16_t>(in_front));
    packet.length = static_cast<std::uint16_t>(packet.length + behind);
    packet.udp_at = static_cast<std::uint16_t>(inner_at + outer - NtmView::size - UdpView::size);
    write_ntm_header(
        packet.begin + packet.udp_at + UdpView::size, packet.path_id, sealing.next_counter++
    );
    return DropReason::none;
}

crypto::CipherJob job_for(
    const Packet& packet, const crypto::AeadKey& key, std::size_t text_length
) noexcept {
    crypto::CipherJob job;
    job.key = key.bytes.view().data();
    job.header = packet.begin + packet.udp_at + UdpView::size;
    job.key_number = ~packet.slot;  // not that of the other direction
    job.text_length = static_cast<std::uint16_t>(text_length);
    job.suite = key.suite;
    return job;
}

void write_outer(
    Packet& packet, std::uint8_t traffic_class, const tables::OwnAddresses& own
) noexcept {
    const tables::Passage& passage = *packet.passage;
    switching::Carried carried;
    carried.udp_length = static_cast<std::uint16_t>(packet.length - packet.udp_at);
    carried.traffic_class = traffic_class;
    carried.hop_limit = hop_limit_of_tunnel;
    std::uint8_t* udp = packet.begin + packet.udp_at;
    store(udp, passage.to_ports);
    store(udp + 4, Be16::from_host(carried.udp_length));
    store(udp + 6, std::uint16_t{0});
    if (passage.to_ipv6) {
        switching::write_ipv6(packet, carried, own[passage.to_local]);
        store(packet.begin + switching::type_at, switching::ipv6_type);
    } else {
        switching::write_ipv4(packet, carried);
        store(packet.begin + switching::type_at, switching::ipv4_type);
    }
    const std::uint8_t* ip = packet.begin + switching::ip_at;
    const WordSum addresses = passage.to_ipv6 ? sum_words({ip + 8, 32}) : sum_words({ip + 12, 8});
    store(
        udp + 6,
        udp_checksum_of(
            addresses + sum_pseudo_header(ip_protocol::udp, carried.udp_length) +
            sum_words({udp, carried.udp_length})
        )
    );
}

}  // namespace

std::uint16_t longest_inner(
    const tables::Passage& passage, crypto::Suite suite, std::uint16_t mtu
) noexcept {
    const std::uint16_t outer = outer_size(passage);
    const std::size_t room = mtu < outer ? 0 : std::size_t{mtu} - outer;
    return static_cast<std::uint16_t>(crypto::longest_text(suite, room));
}

void seal_tunnel(
    Burst& burst,
    Lane& lane,
    const EndedPackets& ended,
    crypto::BurstCipher& cipher,
    const Settings& settings
) noexcept {
    std::array<crypto::CipherJob, burst_size> jobs;
    std::array<std::uint8_t, burst_size> traffic_classes;
    std::size_t count = 0;
    for (std::size_t i = 0; i < lane.size(); ++i) {
        touch(&ended.ends[lane[i]]->keys->sealing.key);
    }
    lane.apply(burst, [&](Packet& packet) noexcept {
        const auto number = static_cast<std::size_t>(&packet - burst.packets.data());
        tables::EndKeys::Sealing& sealing = ended.ends[number]->keys->sealing;
        traffic_classes[count] = traffic_class_of(packet.begin + inner_at);
        const std::size_t text_length = packet.length - inner_at;
        const DropReason reason = wrap(packet, sealing);
        if (reason == DropReason::none) [[likely]] {
            jobs[count++] = job_for(packet, sealing.key, text_length);
        }
        return reason;
    });
    cipher.seal({jobs.data(), count});
    std::size_t next = 0;
    lane.apply(burst, [&](Packet& packet) noexcept {
        const std::size_t at = next++;
        if (!jobs[at].is_good) [[unlikely]] {
            return DropReason::not_sealed;
        }
        write_outer(packet, traffic_classes[at], settings.own);
        return finish(packet, settings.next_hops);
    });
}

}  // namespace ntm::relay
