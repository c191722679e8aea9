// SPDX-License-Identifier: BSD-3-Clause
// The seam for frames that are not the workers' business: punted frames go out of the data plane
// to the control thread (which writes them to the port's TAP), and the kernel's frames come in.
// Implemented by dpdk/ with rings; workers make no system call.
#pragma once

#include "common/base/bytes.hpp"
#include "rs-dataplane/relay/punt_class.hpp"

#include <cstddef>
#include <cstdint>

namespace ntm::relay {

struct PuntedFrame {
    std::uint16_t port = 0;  // of the configuration, in its order
    PuntClass punt_class = PuntClass::host;
    ByteView bytes;  // the whole Ethernet frame, valid during the call
};

class PuntSink {
  public:
    virtual ~PuntSink() = default;
    virtual void take(const PuntedFrame& frame) = 0;
};

// For the control thread only.
class ExceptionPath {
  public:
    virtual ~ExceptionPath() = default;
    // Hands over at most `most` waiting frames; returns how many.
    virtual std::size_t poll(PuntSink& sink, std::size_t most) = 0;
    // Queues a whole Ethernet frame for sending on a port. False: it was lost, since the queue is
    // full, there is no buffer, or the frame does not fit one.
    [[nodiscard]] virtual bool inject(std::uint16_t port, ByteView frame) = 0;
};

}  // namespace ntm::relay
