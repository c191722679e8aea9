// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/hand_over_rings.hpp"

#include <algorithm>
#include <array>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

namespace ntm::dpdk {

Result<std::unique_ptr<HandOverRings>, std::string> HandOverRings::create(std::size_t workers) {
    std::unique_ptr<HandOverRings> made{new HandOverRings};
    for (std::size_t worker = 0; worker < workers; ++worker) {
        rte_ring* const ring = rte_ring_create(
            ("ntm_hand_over_" + std::to_string(worker)).c_str(),
            size,
            static_cast<int>(rte_socket_id()),
            RING_F_SC_DEQ
        );
        if (ring == nullptr) {
            return Unexpected{std::string{"no memory for a ring: "} + rte_strerror(rte_errno)};
        }
        made->rings_.push_back(ring);
    }
    return made;
}

HandOverRings::~HandOverRings() {
    for (std::size_t worker = 0; worker < rings_.size(); ++worker) {
        std::array<rte_mbuf*, 32> frames;
        while (const std::size_t count = take(worker, frames)) {
            rte_pktmbuf_free_bulk(frames.data(), static_cast<unsigned>(count));
        }
        rte_ring_free(rings_[worker]);
    }
}

std::size_t HandOverRings::put(std::size_t worker, std::span<rte_mbuf* const> frames) noexcept {
    return rte_ring_enqueue_burst(
        rings_[worker],
        reinterpret_cast<void* const*>(frames.data()),
        static_cast<unsigned>(frames.size()),
        nullptr
    );
}

std::size_t HandOverRings::put_fragments(
    std::size_t worker, std::span<rte_mbuf* const> frames
) noexcept {
    const unsigned in_use = rte_ring_count(rings_[worker]);
    const std::size_t room = most_with_fragments - std::min(in_use, most_with_fragments);
    return put(worker, frames.first(std::min(room, frames.size())));
}

std::size_t HandOverRings::take(std::size_t worker, std::span<rte_mbuf*> frames) noexcept {
    return rte_ring_dequeue_burst(
        rings_[worker],
        reinterpret_cast<void**>(frames.data()),
        static_cast<unsigned>(frames.size()),
        nullptr
    );
}

}  // namespace ntm::dpdk
