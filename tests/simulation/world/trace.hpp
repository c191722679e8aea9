// SPDX-License-Identifier: BSD-3-Clause
// What happened in a run, as one number: two runs of one seed must have the same. With
// NTM_SIMULATION_TRACE set every packet is written to stderr as well.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/datagram.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <string_view>

namespace ntm::simulation {

class Trace {
  public:
    Trace();
    void note(Instant now, std::string_view what, std::string_view where, const Datagram& datagram);
    void note(Instant now, std::string_view what);
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
    [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }

  private:
    void mix(ByteView bytes) noexcept;
    void mix(std::uint64_t number) noexcept;

    bool is_verbose_;
    std::uint64_t hash_ = 0xcbf29ce484222325U;
    std::uint64_t packets_ = 0;
};

// "DATA responder 12 path 0123456789abcdef" and the like, for people.
[[nodiscard]] std::string describe_packet(ByteView payload);

}  // namespace ntm::simulation
