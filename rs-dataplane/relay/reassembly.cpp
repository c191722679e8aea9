// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/reassembly.hpp"

#include "common/base/byte_order.hpp"
#include "common/base/rate_limit.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ipv4.hpp"

#include <algorithm>
#include <bit>

namespace ntm::relay {

namespace {

using napt::nowhere;

constexpr int given_up_at_once = 8;

constexpr std::uint8_t bit_of(Ecn ecn) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(ecn));
}

// RFC 3168 section 5.3: who met congestion with one fragment has met it with the packet. Nothing: its
// ends would not learn of it.
std::optional<Ecn> ecn_of_whole(std::uint8_t seen, Ecn first) noexcept {
    if ((seen & bit_of(Ecn::ce)) == 0) {
        return first;
    }
    return (seen & bit_of(Ecn::not_ect)) == 0 ? std::optional{Ecn::ce} : std::nullopt;
}

// A subscriber, or a host: by its IPv4 address, or the /64 that an IPv6 host has all of.
std::uint64_t source_of(const FragmentedPacketKey& key) noexcept {
    return key.origin > fragment_origin::hairpinned ? key.origin : key.source.first;
}

// Where a packet of that many pieces may stand: one bucket for each on average.
std::size_t bucket_count(const Reassembly::Plan& plan) noexcept {
    return std::bit_ceil(std::size_t{plan.fragments});
}

}  // namespace

std::unique_ptr<Reassembly> Reassembly::make(
    const Plan& plan, Dropped& dropped, std::uint64_t seed
) {
    std::unique_ptr<Reassembly> made{new Reassembly{plan, dropped, seed}};
    if (made->pieces_.capacity() == 0 || made->packets_.capacity() == 0) {
        return nullptr;
    }
    return made;
}

Reassembly::Reassembly(const Plan& plan, Dropped& dropped, std::uint64_t seed)
    : plan_{plan},
      dropped_{dropped},
      seed_{seed},
      pieces_{napt::RecordPool<Piece>::make(plan.fragments)},
      packets_{napt::RecordPool<Incomplete>::make(plan.fragments)},
      buckets_(bucket_count(plan), nowhere),
      sources_(bucket_count(plan)) {}

std::size_t Reassembly::bytes_for(const Plan& plan) noexcept {
    return tables::LargeArray<Piece>::mapped_bytes(plan.fragments) +
           tables::LargeArray<Incomplete>::mapped_bytes(plan.fragments) +
           bucket_count(plan) * (sizeof(Position) + sizeof(Source));
}

Reassembly::Added Reassembly::add(
    const IpFragment& fragment, Instant now, std::uint8_t* whole
) noexcept {
    if (fragment.body().size() > sizeof Piece::bytes) {
        return {DropReason::fragment_too_long};
    }
    if (fragment.is_whole()) {
        return take_whole(fragment, whole);
    }
    tend(now);
    const FragmentedPacketKey& key = fragment.key();
    const auto bucket = static_cast<std::uint32_t>(key.hash(seed_) % buckets_.size());
    const auto source = static_cast<std::uint32_t>(mix(source_of(key) ^ seed_) % sources_.size());
    make_room(source);
    Position at = find(key, bucket);
    if (at == nowhere) {
        at = begin(fragment, bucket, source, now);
    }
    Incomplete& packet = packets_[at];
    if (packet.given_up != DropReason::none) {
        return {packet.given_up};
    }
    Position before = nowhere;
    switch (find_place(packet, fragment, before)) {
        case Place::taken_by_the_same:
            return {DropReason::fragment_joined};
        case Place::contradicted:
            give_up(packet, DropReason::fragment_overlap);
            return {DropReason::fragment_overlap};
        case Place::free:
            break;
    }
    if (packet.piece_count == most_of_a_packet) {
        give_up(packet, DropReason::fragment_quota);
        return {DropReason::fragment_quota};
    }
    insert(packet, fragment, before);
    const bool is_complete = packet.end != 0 && packet.there == packet.end;
    return is_complete ? join(at, whole) : Added{};
}

void Reassembly::tend(Instant now) noexcept {
    for (int i = 0; i < given_up_at_once; ++i) {
        const Position oldest = by_age_.oldest;
        if (oldest == nowhere || now - packets_[oldest].begun < plan_.lifetime) {
            return;
        }
        end(oldest, DropReason::fragment_timeout);
    }
}

void Reassembly::make_room(std::uint32_t source) noexcept {
    if (sources_[source].pieces >= plan_.of_a_source) {
        end(sources_[source].packets.oldest, DropReason::fragment_quota);
    } else if (pieces_.is_full()) {
        end(by_age_.oldest, DropReason::fragment_crowded_out);
    }
}

Reassembly::Position Reassembly::find(const FragmentedPacketKey& key, std::uint32_t bucket)
    const noexcept {
    Position at = buckets_[bucket];
    while (at != nowhere && packets_[at].key != key) {
        at = packets_[at].next;
    }
    return at;
}

Reassembly::Position Reassembly::begin(
    const IpFragment& fragment, std::uint32_t bucket, std::uint32_t source, Instant now
) noexcept {
    const Position at = packets_.take();
    Incomplete& packet = packets_[at];
    packet = Incomplete{};
    packet.key = fragment.key();
    packet.begun = now;
    packet.bucket = bucket;
    packet.source = source;
    packet.next = buckets_[bucket];
    buckets_[bucket] = at;
    append<&Incomplete::by_age>(by_age_, at);
    append<&Incomplete::of_source>(sources_[source].packets, at);
    return at;
}

Reassembly::Place Reassembly::find_place(
    const Incomplete& packet, const IpFragment& fragment, Position& before
) const noexcept {
    const bool is_beyond_the_end =
        packet.end != 0 &&
        (fragment.is_last() ? fragment.end() != packet.end : fragment.end() >= packet.end);
    if (is_beyond_the_end) {
        return Place::contradicted;
    }
    Position next = packet.pieces;
    while (next != nowhere && pieces_[next].end() <= fragment.offset()) {
        before = next;
        next = pieces_[next].next;
    }
    if (next == nowhere) {
        return Place::free;
    }
    const Piece& piece = pieces_[next];
    const bool is_before_another = fragment.end() <= piece.offset;
    if (is_before_another) {
        return fragment.is_last() ? Place::contradicted : Place::free;
    }
    const ByteView body = fragment.body();
    const bool is_same = piece.offset == fragment.offset() && piece.length == body.size() &&
                         std::equal(body.begin(), body.end(), piece.bytes.begin()) &&
                         (packet.end == piece.end()) == fragment.is_last();
    return is_same ? Place::taken_by_the_same : Place::contradicted;
}

void Reassembly::insert(Incomplete& packet, const IpFragment& fragment, Position before) noexcept {
    const Position at = pieces_.take();
    Piece& piece = pieces_[at];
    Position& link = before == nowhere ? packet.pieces : pieces_[before].next;
    piece.next = link;
    link = at;
    piece.offset = fragment.offset();
    piece.length = static_cast<std::uint16_t>(fragment.body().size());
    std::copy(fragment.body().begin(), fragment.body().end(), piece.bytes.begin());
    ++packet.piece_count;
    ++sources_[packet.source].pieces;
    packet.there = static_cast<std::uint16_t>(packet.there + piece.length);
    packet.longest_fragment = std::max(packet.longest_fragment, fragment.packet_length());
    packet.ecn_seen = static_cast<std::uint8_t>(packet.ecn_seen | bit_of(fragment.ecn()));
    if (fragment.is_last()) {
        packet.end = fragment.end();
    }
    if (fragment.offset() == 0) {
        take_header(packet, fragment);
    }
}

void Reassembly::take_header(Incomplete& packet, const IpFragment& fragment) noexcept {
    const ByteView header = fragment.ip_header();
    std::copy(header.begin(), header.end(), packet.ip_header.begin());
    packet.ecn = fragment.ecn();
    packet.protocol = fragment.protocol();
}

void Reassembly::give_up(Incomplete& packet, DropReason reason) noexcept {
    packet.given_up = reason;
    free_pieces(packet, 1, reason);
}

Reassembly::Added Reassembly::join(Position at, std::uint8_t* whole) noexcept {
    Incomplete& packet = packets_[at];
    const auto ecn = ecn_of_whole(packet.ecn_seen, packet.ecn);
    if (!ecn) {
        end(at, DropReason::congestion_untold);
        return {};
    }
    packet.ecn = *ecn;
    Added added;
    added.length = write(packet, whole);
    added.longest_fragment = packet.longest_fragment;
    end(at, DropReason::fragment_joined);
    return added;
}

// RFC 6946: it has nothing to do with what waits.
Reassembly::Added Reassembly::take_whole(const IpFragment& fragment, std::uint8_t* whole) noexcept {
    Incomplete packet;
    packet.key = fragment.key();
    packet.end = fragment.end();
    take_header(packet, fragment);
    const std::size_t header = write_header(packet, whole);
    std::copy(fragment.body().begin(), fragment.body().end(), whole + header);
    dropped_[static_cast<std::size_t>(DropReason::fragment_joined)].add(1);
    Added added;
    added.length = static_cast<std::uint16_t>(header + packet.end);
    added.longest_fragment = fragment.packet_length();
    return added;
}

// As if it had never been in fragments; IPv4's may be cut again.
std::size_t Reassembly::write_header(const Incomplete& packet, std::uint8_t* whole) noexcept {
    const bool is_ipv4 = packet.key.family == Family::ipv4;
    const std::size_t header = is_ipv4 ? Ipv4View::smallest : Ipv6View::size;
    const auto ecn = static_cast<std::uint8_t>(packet.ecn);
    std::copy_n(packet.ip_header.begin(), header, whole);
    if (is_ipv4) {
        whole[1] = static_cast<std::uint8_t>((whole[1] & 0xfc) | ecn);
        store(whole + 2, Be16::from_host(static_cast<std::uint16_t>(header + packet.end)));
        store(whole + 6, std::uint16_t{0});
        store(whole + 10, std::uint16_t{0});
        store(whole + 10, checksum_of(sum_ipv4_header(whole)));
    } else {
        whole[1] = static_cast<std::uint8_t>((whole[1] & 0xcf) | ecn << 4);
        store(whole + 4, Be16::from_host(packet.end));
        whole[6] = packet.protocol;
    }
    return header;
}

std::uint16_t Reassembly::write(const Incomplete& packet, std::uint8_t* whole) const noexcept {
    const std::size_t header = write_header(packet, whole);
    for (Position at = packet.pieces; at != nowhere; at = pieces_[at].next) {
        const Piece& piece = pieces_[at];
        std::copy_n(piece.bytes.begin(), piece.length, whole + header + piece.offset);
    }
    return static_cast<std::uint16_t>(header + packet.end);
}

void Reassembly::end(Position at, DropReason reason) noexcept {
    Incomplete& packet = packets_[at];
    free_pieces(packet, 0, packet.given_up == DropReason::none ? reason : packet.given_up);
    unlink(at);
    packets_.give_back(at);
}

void Reassembly::free_pieces(Incomplete& packet, std::uint16_t kept, DropReason reason) noexcept {
    while (packet.piece_count > kept) {
        const Position at = packet.pieces;
        packet.pieces = pieces_[at].next;
        pieces_.give_back(at);
        --packet.piece_count;
        --sources_[packet.source].pieces;
        dropped_[static_cast<std::size_t>(reason)].add(1);
    }
}

void Reassembly::unlink(Position at) noexcept {
    const Incomplete& packet = packets_[at];
    Position* link = &buckets_[packet.bucket];
    while (*link != at) {
        link = &packets_[*link].next;
    }
    *link = packet.next;
    remove<&Incomplete::by_age>(by_age_, at);
    remove<&Incomplete::of_source>(sources_[packet.source].packets, at);
}

template <Reassembly::Links Reassembly::Incomplete::*links>
void Reassembly::append(List& list, Position at) noexcept {
    (packets_[at].*links).older = list.newest;
    (list.newest == nowhere ? list.oldest : (packets_[list.newest].*links).newer) = at;
    list.newest = at;
}

template <Reassembly::Links Reassembly::Incomplete::*links>
void Reassembly::remove(List& list, Position at) noexcept {
    const Links of = packets_[at].*links;
    (of.older == nowhere ? list.oldest : (packets_[of.older].*links).newer) = of.newer;
    (of.newer == nowhere ? list.newest : (packets_[of.newer].*links).older) = of.older;
}

}  // namespace ntm::relay
