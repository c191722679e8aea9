// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/find_path.hpp"

#include "common/base/touch.hpp"

namespace ntm::relay {

static_assert(tables::RelayTable::batch == burst_size);

void find_path(
    Burst& burst, Lane& lane, const tables::RelayTable::Reader& table, const PathCounters* counters
) noexcept {
    if (lane.is_empty()) {
        return;
    }
    std::array<tables::RelayTable::Wanted, burst_size> wanted;
    for (std::size_t i = 0; i < lane.size(); ++i) {
        const Packet& packet = burst.packets[lane[i]];
        wanted[i] = {packet.path_id, packet.role};
    }
    tables::RelayTable::Found found;
    table.find({wanted.data(), lane.size()}, found);

    std::size_t next = 0;
    lane.apply(burst, [&](Packet& packet) noexcept {
        const std::size_t at = next++;
        const tables::RelayEntry* entry = found.entries[at];
        if (entry == nullptr) [[unlikely]] {
            return DropReason::unknown_path;
        }
        packet.passage = &entry->passages[static_cast<std::size_t>(packet.role)];
        packet.slot = found.slots[at];
        __builtin_prefetch(packet.passage);
        touch(&counters[packet.slot]);
        return DropReason::none;
    });
}

}  // namespace ntm::relay
