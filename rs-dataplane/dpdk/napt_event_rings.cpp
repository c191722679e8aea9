// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/napt_event_rings.hpp"

namespace ntm::dpdk {

void NaptEventRing::put(const napt::Event& event) noexcept {
    if (!ring_.put(event)) {
        lost_.add(1);
    }
}

Result<std::unique_ptr<NaptEventRings>, std::string> NaptEventRings::create(std::size_t workers) {
    auto made = std::make_unique<NaptEventRings>();
    for (std::size_t worker = 0; worker < workers; ++worker) {
        auto ring =
            ElementRing<napt::Event>::create("ntm_napt_events_" + std::to_string(worker), size);
        if (!ring) {
            return Unexpected{ring.error()};
        }
        made->rings_.push_back(std::make_unique<NaptEventRing>(*std::move(ring)));
    }
    return made;
}

std::size_t NaptEventRings::take(std::span<napt::Event> events) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < rings_.size(); ++i) {
        taken += rings_[(first_ + i) % rings_.size()]->take(events.subspan(taken));
    }
    // One that always has something keeps no other waiting.
    first_ = (first_ + 1) % rings_.size();
    return taken;
}

std::uint64_t NaptEventRings::lost() const {
    std::uint64_t sum = 0;
    for (const auto& ring : rings_) {
        sum += ring->lost();
    }
    return sum;
}

}  // namespace ntm::dpdk
