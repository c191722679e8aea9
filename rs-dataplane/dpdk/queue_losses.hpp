// SPDX-License-Identifier: BSD-3-Clause
// What the kernel had no room for in the queues of a port that is one of its devices. It counts that at
// the sockets behind the port, and the drivers of DPDK 22.11 do not pass it on: `imissed` stays 0 for
// AF_PACKET, and for AF_XDP while it is the receive ring that is full.
#pragma once

#include <cstdint>
#include <vector>

namespace ntm::dpdk {

// File descriptors of this process, for AF_XDP and AF_PACKET. A driver opens one for each queue, and
// does not say which.
[[nodiscard]] std::vector<int> packet_sockets();

class QueueLosses {
  public:
    QueueLosses() = default;
    // Of the sockets that were opened since there were only `others`.
    [[nodiscard]] static QueueLosses since(const std::vector<int>& others);

    // Frames since the start.
    [[nodiscard]] std::uint64_t count() noexcept;

  private:
    std::vector<int> xdp_sockets_;
    std::vector<int> packet_sockets_;
    std::uint64_t taken_ = 0;  // of packet_sockets_, whose counts are reset when they are read
};

}  // namespace ntm::dpdk
