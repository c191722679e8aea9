// SPDX-License-Identifier: BSD-3-Clause
// Puts IP packets together again from their fragments, in any order (RFC 791, RFC 5722, RFC 8200
// section 4.5). What waits has been copied, so that no packet buffer does; the memory is taken at the
// start, and parted: of one source no more than so much waits, and what is over makes the oldest go,
// the source's own first. A packet whose fragments contradict each other is given up with those
// that are still to come.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/napt/record_pool.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/ip_fragment.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ntm::relay {

class Reassembly {
  public:
    static constexpr std::uint16_t most_of_a_packet = 64;  // fragments

    struct Plan {
        std::uint32_t fragments = 1024;                // that wait
        std::uint32_t of_a_source = 128;               // of them; above most_of_a_packet
        Duration lifetime = std::chrono::seconds{30};  // of a packet's first one that comes
    };
    using Dropped = std::array<Counter, drop_reason_count>;

    // Nothing: there is no memory. `dropped` counts those that have waited when they go. `seed`: random.
    [[nodiscard]] static std::unique_ptr<Reassembly> make(
        const Plan& plan, Dropped& dropped, std::uint64_t seed
    );
    [[nodiscard]] static std::size_t bytes_for(const Plan& plan) noexcept;

    // What became of a fragment.
    struct Added {
        // none: it is here, or was, and counts in `dropped` when it goes.
        DropReason reason = DropReason::none;
        // Of the whole packet, if this was the last that it lacked; else 0.
        std::uint16_t length = 0;
        std::uint16_t longest_fragment = 0;  // of the whole packet's
    };
    // `whole`: room for longest_whole bytes, where the whole packet is written.
    [[nodiscard]] Added add(const IpFragment& fragment, Instant now, std::uint8_t* whole) noexcept;
    // Gives up a few of those whose time is over.
    void tend(Instant now) noexcept;

    [[nodiscard]] std::uint32_t held() const noexcept { return pieces_.in_use(); }

  private:
    using Position = napt::Position;
    struct Links {
        Position older = napt::nowhere;
        Position newer = napt::nowhere;
    };
    // Of a fragment, what it carries.
    struct Piece {
        Position next = napt::nowhere;  // of its packet, by offset
        std::uint16_t offset = 0;
        std::uint16_t length = 0;
        std::array<std::uint8_t, 2040> bytes;

        [[nodiscard]] std::uint16_t end() const noexcept {
            return static_cast<std::uint16_t>(offset + length);
        }
    };
    // A packet of which there are pieces, one at least.
    struct Incomplete {
        Position next = napt::nowhere;  // with the same hash
        FragmentedPacketKey key;
        Instant begun;
        Links by_age;
        Links of_source;
        std::uint32_t bucket = 0;
        std::uint32_t source = 0;
        Position pieces = napt::nowhere;
        std::uint16_t piece_count = 0;
        std::uint16_t there = 0;  // bytes
        std::uint16_t end = 0;    // 0: the last piece has not come
        std::uint16_t longest_fragment = 0;
        DropReason given_up = DropReason::none;
        std::uint8_t ecn_seen = 0;  // a bit for each Ecn
        Ecn ecn = Ecn::not_ect;     // of the first piece
        std::uint8_t protocol = 0;
        std::array<std::uint8_t, Ipv6View::size> ip_header{};  // of the first piece
    };
    struct List {
        Position oldest = napt::nowhere;
        Position newest = napt::nowhere;
    };
    struct Source {
        List packets;
        std::uint32_t pieces = 0;
    };
    enum class Place : std::uint8_t { free, taken_by_the_same, contradicted };

    Reassembly(const Plan& plan, Dropped& dropped, std::uint64_t seed);

    void make_room(std::uint32_t source) noexcept;
    [[nodiscard]] Position find(const FragmentedPacketKey& key, std::uint32_t bucket)
        const noexcept;
    [[nodiscard]] Position begin(
        const IpFragment& fragment, std::uint32_t bucket, std::uint32_t source, Instant now
    ) noexcept;
    // Where among the packet's pieces it would stand: `before`, or nowhere if it is the first.
    [[nodiscard]] Place find_place(
        const Incomplete& packet, const IpFragment& fragment, Position& before
    ) const noexcept;
    void insert(Incomplete& packet, const IpFragment& fragment, Position before) noexcept;
    static void take_header(Incomplete& packet, const IpFragment& fragment) noexcept;
    // Keeps one piece, so that what the packet takes is bounded as the pieces are.
    void give_up(Incomplete& packet, DropReason reason) noexcept;
    [[nodiscard]] Added join(Position at, std::uint8_t* whole) noexcept;
    [[nodiscard]] Added take_whole(const IpFragment& fragment, std::uint8_t* whole) noexcept;
    // Both return the length of what they have written.
    static std::size_t write_header(const Incomplete& packet, std::uint8_t* whole) noexcept;
    std::uint16_t write(const Incomplete& packet, std::uint8_t* whole) const noexcept;
    void end(Position at, DropReason reason) noexcept;
    void free_pieces(Incomplete& packet, std::uint16_t kept, DropReason reason) noexcept;
    void unlink(Position at) noexcept;

    template <Links Incomplete::*links>
    void append(List& list, Position at) noexcept;
    template <Links Incomplete::*links>
    void remove(List& list, Position at) noexcept;

    Plan plan_;
    Dropped& dropped_;
    std::uint64_t seed_;
    napt::RecordPool<Piece> pieces_;
    napt::RecordPool<Incomplete> packets_;
    std::vector<Position> buckets_;  // by hash of the key
    std::vector<Source> sources_;    // by hash of the source: those whose hashes meet are one
    List by_age_;
};

}  // namespace ntm::relay
