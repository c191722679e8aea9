// SPDX-License-Identifier: BSD-3-Clause
// The numbers by which workers know next hops (tables::NextHopIndex). A number that no path needs
// any more is given back by a sweep, which HopSweep leads: whoever needs a number asks for it again
// between begin_sweep() and end_sweep(); then the others are no longer next hops; and when no
// worker can hold an entry or settings that name them, free_swept() lets them be used again.
#pragma once

#include "common/base/address.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace ntm::control {

// A neighbour whose link address the kernel shall keep.
struct Neighbour {
    int link = 0;
    IpAddress address;
    friend auto operator<=>(const Neighbour&, const Neighbour&) = default;
};

// What workers know under one number. Routes through one neighbour may differ in their MTU.
struct Hop {
    Neighbour neighbour;
    std::uint32_t mtu = 0;  // of the route; 0: the link's
    friend auto operator<=>(const Hop&, const Hop&) = default;
};

class HopNumbers {
  public:
    // `most`: how many numbers there are, for tests.
    explicit HopNumbers(std::size_t most = tables::no_next_hop) : most_{most} {}

    // The number of a hop, which gets one if it has none; no_next_hop if none is left.
    tables::NextHopIndex take(const Hop& hop);
    // The same, and no sweep takes it away.
    tables::NextHopIndex keep(const Hop& hop);

    // One more than the highest number ever given.
    [[nodiscard]] std::size_t end() const noexcept { return slots_.size(); }
    // Nothing for a number that is free or on its way to be.
    [[nodiscard]] const Hop* find(std::size_t number) const noexcept;
    // Whether a hop leads there.
    [[nodiscard]] bool contains(const Neighbour& neighbour) const;

    // Neighbours of hops that have come into use since the last call of take_fresh().
    [[nodiscard]] bool has_fresh() const noexcept { return !fresh_.empty(); }
    [[nodiscard]] std::vector<Neighbour> take_fresh() { return std::exchange(fresh_, {}); }

    // Twice as many numbers are in use as the last sweep left, and some more; or all.
    [[nodiscard]] bool is_sweep_due() const noexcept;
    void begin_sweep();
    // Whether there is any number to be given back.
    [[nodiscard]] bool end_sweep();
    struct Freed {
        std::vector<Neighbour> neighbours;  // to which no hop leads any more
        bool was_full = false;              // somebody was refused a number, and should ask again
    };
    [[nodiscard]] Freed free_swept();

  private:
    enum class Use : std::uint8_t { free, in_use, kept, swept };
    struct Slot {
        Hop hop;
        Use use = Use::free;
        bool is_asked_for = false;  // since the last sweep began
    };
    [[nodiscard]] tables::NextHopIndex find_room();

    std::size_t most_;
    std::vector<Slot> slots_;  // by number
    std::map<Hop, tables::NextHopIndex> numbers_;
    std::vector<tables::NextHopIndex> free_;
    std::vector<Neighbour> fresh_;
    std::size_t left_by_sweep_ = 0;
    bool was_full_ = false;
};

}  // namespace ntm::control
