// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/exception_rings.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

namespace ntm::dpdk {

namespace {

constexpr unsigned batch = 32;

rte_ring* create_ring(const std::string& name) {
    return rte_ring_create(
        name.c_str(),
        ExceptionRings::size,
        static_cast<int>(rte_socket_id()),
        RING_F_SP_ENQ | RING_F_SC_DEQ
    );
}

void empty(rte_ring* ring) noexcept {
    std::array<rte_mbuf*, batch> frames;
    while (const unsigned count =
               rte_ring_dequeue_burst(ring, reinterpret_cast<void**>(frames.data()), batch, nullptr)
    ) {
        rte_pktmbuf_free_bulk(frames.data(), count);
    }
}

}  // namespace

std::size_t WorkerRings::punt(std::span<rte_mbuf* const> frames) noexcept {
    return rte_ring_enqueue_burst(
        punted_,
        reinterpret_cast<void* const*>(frames.data()),
        static_cast<unsigned>(frames.size()),
        nullptr
    );
}

std::size_t WorkerRings::take_injected(std::span<rte_mbuf*> frames) noexcept {
    return rte_ring_dequeue_burst(
        injected_,
        reinterpret_cast<void**>(frames.data()),
        static_cast<unsigned>(frames.size()),
        nullptr
    );
}

Result<std::unique_ptr<ExceptionRings>, std::string> ExceptionRings::create(
    unsigned workers, std::uint16_t ports, rte_mempool* buffers
) {
    std::unique_ptr<ExceptionRings> rings{new ExceptionRings{ports, buffers}};
    for (unsigned worker = 0; worker < workers; ++worker) {
        const std::string id = std::to_string(worker);
        // Into the list at once, so that a failure frees what was made.
        Pair& pair = rings->pairs_.emplace_back();
        pair.punted = create_ring("ntm_punted_" + id);
        pair.injected = create_ring("ntm_injected_" + id);
        if (pair.punted == nullptr || pair.injected == nullptr) {
            return Unexpected{
                std::string{"no ring for the exception path: "} + rte_strerror(rte_errno)};
        }
    }
    return rings;
}

ExceptionRings::~ExceptionRings() {
    for (const Pair& pair : pairs_) {
        for (rte_ring* ring : {pair.punted, pair.injected}) {
            if (ring != nullptr) {
                empty(ring);
                rte_ring_free(ring);
            }
        }
    }
}

std::size_t ExceptionRings::poll(relay::PuntSink& sink, std::size_t most) {
    std::size_t taken = 0;
    // Begins with another worker each time, so that a busy one does not starve the rest.
    next_polled_ = (next_polled_ + 1) % pairs_.size();
    for (std::size_t i = 0; i < pairs_.size() && taken < most; ++i) {
        rte_ring* ring = pairs_[(next_polled_ + i) % pairs_.size()].punted;
        std::array<rte_mbuf*, batch> frames;
        while (taken < most) {
            const auto wanted = static_cast<unsigned>(std::min<std::size_t>(batch, most - taken));
            const unsigned count = rte_ring_dequeue_burst(
                ring, reinterpret_cast<void**>(frames.data()), wanted, nullptr
            );
            if (count == 0) {
                break;
            }
            for (rte_mbuf* frame : std::span{frames}.first(count)) {
                const FrameTag tag = tag_of(*frame);
                sink.take(
                    {tag.port,
                     static_cast<relay::PuntClass>(tag.punt_class),
                     {rte_pktmbuf_mtod(frame, const std::uint8_t*), frame->data_len}}
                );
            }
            rte_pktmbuf_free_bulk(frames.data(), count);
            taken += count;
        }
    }
    return taken;
}

bool ExceptionRings::inject(std::uint16_t port, ByteView frame) {
    if (port >= ports_) {
        return false;
    }
    rte_mbuf* buffer = rte_pktmbuf_alloc(buffers_);
    if (buffer == nullptr) {
        return false;
    }
    char* to = frame.size() <= rte_pktmbuf_tailroom(buffer)
                   ? rte_pktmbuf_append(buffer, static_cast<std::uint16_t>(frame.size()))
                   : nullptr;
    if (to == nullptr) {
        rte_pktmbuf_free(buffer);
        return false;
    }
    std::memcpy(to, frame.data(), frame.size());
    set_tag(*buffer, {port, 0});
    if (rte_ring_enqueue(pairs_[port % pairs_.size()].injected, buffer) != 0) {
        rte_pktmbuf_free(buffer);
        return false;
    }
    return true;
}

}  // namespace ntm::dpdk
