// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/memory_need.hpp"

#include "common/packet/burst.hpp"
#include "rs-dataplane/crypto/burst_cipher.hpp"
#include "rs-dataplane/dpdk/exception_rings.hpp"
#include "rs-dataplane/dpdk/hand_over_rings.hpp"
#include "rs-dataplane/dpdk/napt_event_rings.hpp"
#include "rs-dataplane/dpdk/port.hpp"
#include "rs-dataplane/dpdk/subscriber_ring.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/fragment_gatherer.hpp"
#include "rs-dataplane/relay/share.hpp"
#include "rs-dataplane/tables/large_array.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <bit>

#include <unistd.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

namespace ntm::dpdk {

namespace {

using tables::LargeArray;

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t huge_page = 2 * mebibyte;

// Statistics of captures for each queue that there could be, both ways, and the data of ports.
constexpr std::size_t own_bytes =
    std::size_t{2} * RTE_MAX_ETHPORTS * RTE_MAX_QUEUES_PER_PORT * 64 + mebibyte / 2;

std::size_t ring_bytes(std::size_t items, unsigned item_size) {
    const auto count = static_cast<unsigned>(std::bit_ceil(items));
    const ssize_t bytes = rte_ring_get_memsize_elem(item_size, count);
    return bytes < 0 ? 0 : static_cast<std::size_t>(bytes);
}

std::size_t pool_bytes(unsigned buffers, std::size_t page) {
    const auto item = static_cast<std::uint32_t>(sizeof(rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE);
    rte_mempool_objsz sizes{};
    const std::size_t each = rte_mempool_calc_obj_size(item, 0, &sizes);
    const std::size_t header =
        sizeof(rte_mempool) + sizeof(rte_mempool_cache) * RTE_MAX_LCORE + RTE_CACHE_LINE_SIZE;
    const std::size_t in_a_page = page / each;
    return (buffers + in_a_page - 1) / in_a_page * page + header +
           ring_bytes(std::size_t{buffers} + 1, sizeof(void*));
}

// As rte_hash_create takes it for a table of these entries with lock-free readers and buckets that
// can be extended: entries, two arrays of buckets of a cache line, and the lists of what is free.
std::size_t hash_bytes(std::size_t entries) {
    constexpr std::size_t entries_a_bucket = 8;
    constexpr std::size_t bucket = 64;
    constexpr std::size_t entry = 16;  // the key and a pointer
    const std::size_t keys = entries + 1;
    const std::size_t buckets = std::bit_ceil(entries) / entries_a_bucket;
    return 2 * buckets * bucket + keys * entry + keys * sizeof(std::uint32_t) +
           ring_bytes(keys, sizeof(std::uint32_t)) + ring_bytes(buckets + 1, sizeof(std::uint32_t));
}

}  // namespace

std::size_t MemoryNeed::eal_bytes() const noexcept {
    std::size_t sum = 0;
    for (const Part& part : parts) {
        sum += part.is_of_eal ? part.bytes : 0;
    }
    return sum;
}

std::size_t MemoryNeed::table_bytes() const noexcept {
    std::size_t sum = 0;
    for (const Part& part : parts) {
        sum += part.is_of_eal ? 0 : part.bytes;
    }
    return sum;
}

unsigned buffers_needed(std::size_t ports, std::size_t workers, bool has_napt) {
    const std::size_t in_queues = ports * workers * ring_size * 4;
    const std::size_t handed_over = has_napt && workers > 1 ? HandOverRings::size : 0;
    const std::size_t punted = std::size_t{2} * ExceptionRings::size;
    const std::size_t cached = std::size_t{2} * buffer_cache_size;
    const std::size_t elsewhere = workers * (punted + handed_over + cached + 4 * burst_size);
    return static_cast<unsigned>(in_queues + elsewhere);
}

MemoryNeed memory_need(const RelaySize& size, Pages pages) {
    const std::size_t page =
        pages == Pages::huge ? huge_page : static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t room = tables::RelayTable::entries_for(size.paths);
    const std::size_t slots = room + 1;
    const std::size_t cells = std::bit_ceil(std::size_t{size.paths} * 4);
    const unsigned buffers = buffers_needed(size.ports, size.workers, size.napt.has_value());
    MemoryNeed need{{
        {"packet buffers", pool_bytes(buffers, page), true},
        {"DPDK's own", own_bytes, true},
        {"rings to the kernel",
         size.workers * 2 * ring_bytes(ExceptionRings::size, sizeof(void*)),
         true},
        {"relay table: hash", hash_bytes(room), true},
        {"relay table: front", LargeArray<std::uint64_t>::mapped_bytes(cells), false},
        {"relay table: entries",
         LargeArray<void*>::mapped_bytes(slots) +
             LargeArray<tables::RelayEntry>::mapped_bytes(room + 1) + room * sizeof(void*),
         false},
        {"paths' counters",
         size.workers * LargeArray<relay::PathCounters>::mapped_bytes(slots),
         false},
    }};
    if (size.napt) {
        const relay::Share share{0, static_cast<relay::WorkerNumber>(size.workers)};
        const std::size_t each = napt::Bindings::bytes_for(relay::plan_of(share, *size.napt)) +
                                 crypto::BurstCipher::bytes();
        need.parts.push_back({"NAPT", size.workers * each, false});
        const std::size_t held =
            relay::FragmentGatherer::bytes_for(relay::plan_of(share, size.fragments));
        need.parts.push_back({"fragments that wait", size.workers * held, false});
        const std::size_t rings = ring_bytes(HandOverRings::size, sizeof(void*)) +
                                  ring_bytes(SubscriberRings::size, sizeof(relay::SubscriberOrder));
        need.parts.push_back({"rings to workers", size.workers * rings, true});
    }
    if (size.tells_napt_events) {
        const std::size_t each = ring_bytes(NaptEventRings::size, sizeof(napt::Event));
        need.parts.push_back({"rings for NAT records", size.workers * each, true});
    }
    return need;
}

std::size_t eal_megabytes(const MemoryNeed& need) {
    constexpr std::size_t spare = 64 * mebibyte;
    // Ordinary pages are one heap, in which the largest piece must find room in one place.
    const std::size_t bytes = need.eal_bytes() + need.eal_bytes() / 16 + spare;
    return (bytes + mebibyte - 1) / mebibyte;
}

}  // namespace ntm::dpdk
