// SPDX-License-Identifier: BSD-3-Clause
// What counts for the legs of a relay's paths, as an ICMP error, and as a COOKIE answer (docs/counters.md):
// summed up of what is seen of the packets, and held against the relay's own counters.
#pragma once

#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace ntm::malformed {

class WatchedLegs {
  public:
    // A path's place among the relay's counters.
    void add_path(PathId id, tables::Slot slot) { paths_[id].slot = slot; }

    // An IP packet of that length.
    void expect(PathId path, Role from, std::size_t length) { leg(path, from).add(length); }
    // One of which it does not show whether it counts.
    void allow(PathId path, Role from, std::size_t length);
    void expect_error(DropReason reason) { ++errors_[static_cast<std::size_t>(reason)]; }
    void expect_cookie() { ++cookies_; }

    // Throws BrokenPromise. What might have counted has, from here on, or has not.
    void check(
        const std::vector<relay::PathCounters>& paths, const relay::WorkerCounters& counters
    );

  private:
    struct Sum {
        std::uint64_t packets = 0;
        std::uint64_t bytes = 0;

        void add(std::size_t length) {
            ++packets;
            bytes += length;
        }
        friend bool operator==(const Sum&, const Sum&) = default;
    };
    struct Path {
        tables::Slot slot = 0;
        std::array<Sum, 2> legs;  // by Role
    };
    [[nodiscard]] Sum& leg(PathId path, Role from) {
        return paths_.at(path).legs[static_cast<std::size_t>(from)];
    }
    static void settle(Sum& expected, const Sum& allowed, const Sum& counted);

    std::map<PathId, Path> paths_;
    std::map<std::pair<PathId, Role>, Sum> allowed_;
    std::array<std::uint64_t, drop_reason_count> errors_{};
    std::uint64_t cookies_ = 0;
};

}  // namespace ntm::malformed
