// SPDX-License-Identifier: BSD-3-Clause
// What memory a relay of a given size takes, known before EAL starts: what comes from EAL's heap (in
// hugepages, if there are any) by the sizes that DPDK's own functions give, and the tables that are
// mapped beside it. All of it is taken at the start.
#pragma once

#include "rs-dataplane/napt/bindings.hpp"
#include "rs-dataplane/relay/reassembly.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ntm::dpdk {

struct MemoryNeed {
    struct Part {
        std::string what;
        std::size_t bytes = 0;
        bool is_of_eal = false;
    };
    std::vector<Part> parts;

    [[nodiscard]] std::size_t eal_bytes() const noexcept;
    [[nodiscard]] std::size_t table_bytes() const noexcept;
};

struct RelaySize {
    std::size_t ports = 1;
    std::size_t workers = 1;
    std::uint32_t paths = 65536;
    std::optional<napt::Bindings::Plan> napt{};
    bool tells_napt_events = false;
    relay::Reassembly::Plan fragments{};
};

// Packet buffers of the data plane: all queues full both ways, what rings and caches hold, and some
// to work with. Several workers with a NAPT hand packets over to one another.
inline constexpr unsigned buffer_cache_size = 256;
[[nodiscard]] unsigned buffers_needed(std::size_t ports, std::size_t workers, bool has_napt);

// A packet buffer lies in one page, so ordinary pages hold fewer of them.
enum class Pages : std::uint8_t { ordinary, huge };
[[nodiscard]] MemoryNeed memory_need(const RelaySize& size, Pages pages);

// The memory that EAL is to have: its part of the need, and room for drivers, for what EAL keeps to
// itself, and for holes between large pieces.
[[nodiscard]] std::size_t eal_megabytes(const MemoryNeed& need);

}  // namespace ntm::dpdk
