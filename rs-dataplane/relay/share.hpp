// SPDX-License-Identifier: BSD-3-Clause
// Which worker of an RS-N has a subscriber, with his keys' counters and all that the NAPT knows of him. The
// public ports are parted among the workers evenly, so that what comes from outside finds its worker too.
#pragma once

#include "rs-dataplane/napt/bindings.hpp"
#include "rs-dataplane/relay/reassembly.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <cstdint>

namespace ntm::relay {

using WorkerNumber = std::uint8_t;

[[nodiscard]] constexpr WorkerNumber owner_of(
    tables::SubscriberNumber subscriber, WorkerNumber workers
) noexcept {
    return static_cast<WorkerNumber>(subscriber % workers);
}

struct Share {
    WorkerNumber worker = 0;
    WorkerNumber workers = 1;

    [[nodiscard]] bool is_all() const noexcept { return workers == 1; }
    [[nodiscard]] WorkerNumber owner_of(tables::SubscriberNumber subscriber) const noexcept {
        return relay::owner_of(subscriber, workers);
    }
    // Who puts a packet together whose fragments have that hash.
    [[nodiscard]] WorkerNumber gatherer_of(std::uint64_t hash) const noexcept {
        return static_cast<WorkerNumber>(hash % workers);
    }
    // This worker, if it is nobody's.
    [[nodiscard]] WorkerNumber owner_of_port(std::uint16_t port, const PublicSettings& settings)
        const noexcept {
        if (!settings.has_port(port)) {
            return worker;
        }
        const unsigned ports = settings.last_port - settings.first_port + 1U;
        return static_cast<WorkerNumber>((port - settings.first_port) / (ports / workers));
    }
};

// What a worker has of the whole: an even share of the memory and of the blocks of ports, whose number is
// a multiple of the workers'.
[[nodiscard]] napt::Bindings::Plan plan_of(const Share& share, napt::Bindings::Plan whole) noexcept;
// An even share of what may be held, but room for two packets; one source's may all be here, unless that
// were more than half of it.
[[nodiscard]] Reassembly::Plan plan_of(const Share& share, Reassembly::Plan whole) noexcept;

}  // namespace ntm::relay
