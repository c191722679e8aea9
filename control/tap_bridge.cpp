// SPDX-License-Identifier: BSD-3-Clause
#include "control/tap_bridge.hpp"

namespace ntm::control {

void TapBridge::take(const relay::PuntedFrame& frame) {
    if (frame.port >= taps_.size()) {
        return;
    }
    TapCounters& counters = counters_[frame.port];
    const bool is_taken = taps_[frame.port].write(frame.bytes);
    ++(is_taken ? counters.to_kernel : counters.kernel_refused);
}

std::size_t TapBridge::kernel_to_port(std::size_t port, std::size_t most) {
    TapCounters& counters = counters_[port];
    for (std::size_t count = 0; count < most; ++count) {
        const auto frame = taps_[port].read();
        if (!frame) {
            return count;
        }
        ++counters.from_kernel;
        if (!exception_path_->inject(static_cast<std::uint16_t>(port), *frame)) {
            ++counters.not_injected;
        }
    }
    return most;
}

}  // namespace ntm::control
