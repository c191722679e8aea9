// SPDX-License-Identifier: BSD-3-Clause
// Carries frames between the workers' exception path and the TAPs: what a worker punts goes to its
// port's TAP, what the kernel sends there goes out of the port.
#pragma once

#include "control/tap_device.hpp"
#include "rs-dataplane/relay/exception_path.hpp"

#include <cstdint>
#include <vector>

namespace ntm::control {

struct TapCounters {
    std::uint64_t to_kernel = 0;
    std::uint64_t kernel_refused = 0;  // the TAP did not take the frame
    std::uint64_t from_kernel = 0;
    std::uint64_t not_injected = 0;  // the workers' ring was full
};

class TapBridge final : private relay::PuntSink {
  public:
    // `taps` in the order of the ports.
    TapBridge(std::vector<TapDevice> taps, relay::ExceptionPath& exception_path)
        : taps_{std::move(taps)}, counters_(taps_.size()), exception_path_{&exception_path} {}

    // Moves at most `most` punted frames to the kernel; returns how many.
    std::size_t punts_to_kernel(std::size_t most) { return exception_path_->poll(*this, most); }
    // Moves at most `most` of the kernel's frames on a port to the workers; returns how many.
    std::size_t kernel_to_port(std::size_t port, std::size_t most);

    [[nodiscard]] const std::vector<TapDevice>& taps() const noexcept { return taps_; }
    [[nodiscard]] const TapCounters& counters(std::size_t port) const { return counters_[port]; }

  private:
    void take(const relay::PuntedFrame& frame) override;

    std::vector<TapDevice> taps_;
    std::vector<TapCounters> counters_;
    relay::ExceptionPath* exception_path_;
};

}  // namespace ntm::control
