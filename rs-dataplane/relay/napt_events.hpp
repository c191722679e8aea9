// SPDX-License-Identifier: BSD-3-Clause
// What the workers' NAPTs tell, on its way to the control thread.
#pragma once

#include "rs-dataplane/napt/event.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ntm::relay {

// Used by the control thread.
class NaptEvents {
  public:
    NaptEvents() = default;
    NaptEvents(const NaptEvents&) = delete;
    NaptEvents& operator=(const NaptEvents&) = delete;
    virtual ~NaptEvents() = default;

    // Fills in what there is, each worker's in order, and returns how many.
    [[nodiscard]] virtual std::size_t take(std::span<napt::Event> events) = 0;
    // Since the start: those for which there was no room.
    [[nodiscard]] virtual std::uint64_t lost() const = 0;
};

}  // namespace ntm::relay
