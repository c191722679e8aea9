// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/element_ring.hpp"

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

namespace ntm::dpdk {

Result<RawRing, std::string> RawRing::create(
    const std::string& name, unsigned element_size, unsigned size
) {
    rte_ring* const ring = rte_ring_create_elem(
        name.c_str(),
        element_size,
        size,
        static_cast<int>(rte_socket_id()),
        RING_F_SP_ENQ | RING_F_SC_DEQ
    );
    if (ring == nullptr) {
        return Unexpected{std::string{"no memory for a ring: "} + rte_strerror(rte_errno)};
    }
    return RawRing{ring, element_size};
}

RawRing::~RawRing() {
    rte_ring_free(ring_);
}

bool RawRing::put(const void* element) noexcept {
    return rte_ring_sp_enqueue_elem(ring_, const_cast<void*>(element), element_size_) == 0;
}

std::size_t RawRing::take(void* elements, std::size_t most) noexcept {
    return rte_ring_sc_dequeue_burst_elem(
        ring_, elements, element_size_, static_cast<unsigned>(most), nullptr
    );
}

}  // namespace ntm::dpdk
