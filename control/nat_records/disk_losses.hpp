// SPDX-License-Identifier: BSD-3-Clause
// When what a disk has lost is told: not to a disk that is full or too slow, but when it takes something again.
#pragma once

#include "control/nat_records/record_sinks.hpp"

#include <cstdint>
#include <utility>

namespace ntm::control {

class DiskLosses {
  public:
    // How many more are to be told of, by how it stands now.
    [[nodiscard]] std::uint64_t take(const RecordSinks::Counters& files) noexcept {
        if (files.lost != lost_) {
            lost_ = files.lost;
            sent_ = files.sent;
        }
        return files.sent == sent_ ? 0 : lost_ - std::exchange(told_, lost_);
    }

  private:
    std::uint64_t lost_ = 0;
    std::uint64_t sent_ = 0;  // when the last was lost
    std::uint64_t told_ = 0;
};

}  // namespace ntm::control
