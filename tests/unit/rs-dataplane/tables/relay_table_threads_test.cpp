// SPDX-License-Identifier: BSD-3-Clause
// Readers and the writer at once. Every entry a reader gets must be whole and of the path it asked
// for, as long as it has not reported. Under ThreadSanitizer (meson -Db_sanitize=thread, with
// tests/unit/rs-dataplane/tables/tsan.supp) this also shows that nothing is freed too early.
#include "common/base/random.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace ntm::tables {
namespace {

const Endpoint rs = *Endpoint::parse("198.51.100.20:9770");

// An entry whose parts all say the same number, so that a torn one shows.
RelayPath marked_path(std::uint64_t id, std::uint16_t mark) {
    const Endpoint node{Ipv4Address::from_host(0x0a000000U | mark), Port{mark}};
    return {{id}, {{{true, node, rs, {}, {}, mark}, {true, node, rs, {}, {}, mark}}}};
}

bool is_whole(const RelayEntry& entry, PathId id) {
    const std::uint16_t mark = entry.passages[0].next_hop;
    for (const Passage& passage : entry.passages) {
        const auto address = load<Ipv4Address>(passage.to_address.data() + 4).to_host();
        if (passage.path_id != id || passage.next_hop != mark || address != (0x0a000000U | mark) ||
            load<Be16>(passage.to_ports.data() + 2).to_host() != mark) {
            return false;
        }
    }
    return true;
}

struct Tally {
    std::atomic<std::uint64_t> found{0};
    std::atomic<std::uint64_t> torn{0};
};

void read_until(
    const std::atomic<bool>& is_done,
    const RelayTable& table,
    GracePeriod::Worker worker,
    Tally& tally,
    std::uint64_t seed
) {
    SeededRandom random{seed};
    const RelayTable::Reader reader = table.reader();
    worker.go_online();
    while (!is_done.load()) {
        std::array<RelayTable::Wanted, RelayTable::batch> ids;
        for (RelayTable::Wanted& wanted : ids) {
            wanted = {{random.below(200)}, static_cast<Role>(random.below(2))};
        }
        RelayTable::Found found;
        reader.find(ids, found);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (found.entries[i] != nullptr) {
                tally.found.fetch_add(1, std::memory_order_relaxed);
                tally.torn.fetch_add(is_whole(*found.entries[i], ids[i].id) ? 0 : 1);
            }
        }
        worker.report();
        if (random.below(64) == 0) {
            worker.go_offline();
            std::this_thread::yield();
            worker.go_online();
        }
    }
    worker.go_offline();
}

TEST(RelayTableThreads, ReadersSeeWholeEntriesWhileTheWriterChangesThem) {
    constexpr std::uint64_t seed = 7;
    SCOPED_TRACE(seed);
    const auto period = std::move(*GracePeriod::create(2));
    const auto table = std::move(*RelayTable::create(200, OwnAddresses{{rs.address}}, *period));
    std::atomic<bool> is_done{false};
    Tally tally;
    std::thread first{[&] {
        read_until(is_done, *table, period->worker(0), tally, seed + 1);
    }};
    std::thread second{[&] {
        read_until(is_done, *table, period->worker(1), tally, seed + 2);
    }};

    RelayTable::Writer writer = table->writer();
    SeededRandom random{seed};
    std::uint64_t changes = 0;
    for (int step = 0; step < 100'000 || tally.found.load() < 10'000; ++step) {
        const std::uint64_t id = random.below(200);
        const RelayPath path =
            marked_path(id, static_cast<std::uint16_t>(1 + random.below(60'000)));
        const bool is_changed = random.below(2) == 0 ? writer.insert(path) || writer.replace(path)
                                                     : static_cast<bool>(writer.remove({id}));
        changes += is_changed ? 1U : 0U;
        writer.reclaim();
    }
    is_done = true;
    first.join();
    second.join();
    writer.reclaim();
    EXPECT_EQ(tally.torn.load(), 0U);
    EXPECT_GT(changes, 10'000U);
    EXPECT_EQ(writer.waiting(), 0U);
}

}  // namespace
}  // namespace ntm::tables
