// SPDX-License-Identifier: BSD-3-Clause
// What the NAPTs of an RS-N's workers tell, on its way to the control thread.
#pragma once

#include "common/base/result.hpp"
#include "rs-dataplane/dpdk/element_ring.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/napt_events.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace ntm::dpdk {

// From one worker.
class NaptEventRing final : public napt::EventSink {
  public:
    explicit NaptEventRing(ElementRing<napt::Event> ring) noexcept : ring_{std::move(ring)} {}

    void put(const napt::Event& event) noexcept override;
    [[nodiscard]] std::size_t take(std::span<napt::Event> events) noexcept {
        return ring_.take(events);
    }
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.value(); }

  private:
    ElementRing<napt::Event> ring_;
    relay::Counter lost_;
};

class NaptEventRings final : public relay::NaptEvents {
  public:
    // Needs EAL.
    [[nodiscard]] static Result<std::unique_ptr<NaptEventRings>, std::string> create(
        std::size_t workers
    );
    [[nodiscard]] NaptEventRing& of(std::size_t worker) noexcept { return *rings_[worker]; }

    [[nodiscard]] std::size_t take(std::span<napt::Event> events) override;
    [[nodiscard]] std::uint64_t lost() const override;

    // What a worker opens in sessions at once, at the worst, between two looks.
    static constexpr unsigned size = 8192;

  private:
    std::vector<std::unique_ptr<NaptEventRing>> rings_;  // by worker
    std::size_t first_ = 0;                              // whose turn it is
};

}  // namespace ntm::dpdk
