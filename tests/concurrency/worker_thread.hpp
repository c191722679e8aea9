// SPDX-License-Identifier: BSD-3-Clause
// A worker without ports: in each round it loads the settings, looks a burst of paths up, takes
// injected frames, punts some, and reports, as dpdk::Worker does. On request it makes one mistake
// of those that ThreadSanitizer is there to find.
#pragma once

#include "common/base/random.hpp"
#include "rs-dataplane/dpdk/exception_rings.hpp"
#include "rs-dataplane/relay/settings_box.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <vector>

namespace ntm::concurrency {

enum class Mistake {
    none,
    kept_entry,     // reads table entries while it is offline
    kept_end,       // counts for the ends of paths while it is offline
    kept_settings,  // reads settings while it is offline
    punted_frame,   // writes into a frame that it has punted
};

// What a worker has seen; for others once its thread is joined.
struct WorkerTally {
    std::uint64_t entries = 0;
    std::uint64_t torn_entries = 0;
    std::uint64_t ends = 0;  // of paths that end here, used as their subscriber's worker does
    std::uint64_t changes_of_settings = 0;
    std::uint64_t torn_settings = 0;
    std::uint32_t injected = 0;
    std::uint64_t wrong_injected = 0;
};

class WorkerThread {
  public:
    struct Parts {
        tables::RelayTable::Reader table;
        std::uint64_t path_count;  // Path IDs are below it
        relay::SettingsBox::Reader settings;
        tables::GracePeriod::Worker grace_period;
        dpdk::WorkerRings rings;
        // Subscribers whose numbers have this remainder are assigned to it.
        std::uint32_t number;
        std::uint32_t workers;
        // Numbered from 0 by marked_frame() and tagged. No worker allocates: the pool's own queue
        // would order what the rings alone must order.
        std::vector<rte_mbuf*> to_punt;
        std::uint64_t seed;
        Mistake mistake;
    };
    explicit WorkerThread(Parts parts) : parts_{std::move(parts)}, random_{parts_.seed} {}

    // At least so many rounds, and until it has punted all its frames, has `injected` frames and has
    // seen the settings change often.
    void run(std::uint64_t rounds, std::uint32_t injected);

    [[nodiscard]] const WorkerTally& tally() const noexcept { return tally_; }
    // The injected frames: the caller's to free.
    [[nodiscard]] const std::vector<rte_mbuf*>& kept() const noexcept { return kept_; }

  private:
    void do_round();
    void look_up();
    void check_entries() noexcept;
    void find_ends() noexcept;
    void use_ends() noexcept;
    void check_settings() noexcept;
    void take_injected();
    void punt();
    void sleep();

    Parts parts_;
    SeededRandom random_;
    const relay::Settings* settings_ = nullptr;
    std::array<tables::RelayTable::Wanted, tables::RelayTable::batch> wanted_;
    std::size_t wanted_count_ = 0;
    tables::RelayTable::Found found_;
    std::vector<tables::EndKeys*> ends_;  // of subscribers that are assigned to it
    std::uint16_t last_settings_ = 0;
    std::size_t punted_ = 0;
    std::vector<rte_mbuf*> kept_;
    WorkerTally tally_;
};

}  // namespace ntm::concurrency
