// SPDX-License-Identifier: BSD-3-Clause
// The control thread's part: changes paths and settings under the workers, takes what they punt,
// and injects.
#pragma once

#include "common/base/random.hpp"
#include "rs-dataplane/dpdk/exception_rings.hpp"
#include "rs-dataplane/relay/settings_box.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <vector>

namespace ntm::concurrency {

class ControlThread final : public relay::PuntSink {
  public:
    struct Parts {
        tables::RelayTable::Writer table;
        std::uint64_t path_count;  // Path IDs are below it
        relay::SettingsBox::Writer settings;
        dpdk::ExceptionRings* rings;
        std::uint16_t workers;
        std::uint32_t to_inject;  // for each worker
        std::uint64_t seed;
    };
    explicit ControlThread(const Parts& parts)
        : parts_{parts}, random_{parts.seed}, injected_(parts.workers), punted_(parts.workers) {}

    void do_step();
    // Takes what workers that are gone have punted; frees all that was replaced.
    void finish();

    void take(const relay::PuntedFrame& frame) override;

    [[nodiscard]] std::uint64_t changes_of_paths() const noexcept { return changes_of_paths_; }
    [[nodiscard]] std::uint32_t punted(std::uint16_t worker) const { return punted_[worker]; }
    [[nodiscard]] std::uint64_t wrong_punted() const noexcept { return wrong_punted_; }
    [[nodiscard]] std::size_t waiting() const noexcept { return parts_.table.waiting(); }

  private:
    void change_a_path();
    void inject();
    [[nodiscard]] std::uint16_t draw_mark();

    Parts parts_;
    SeededRandom random_;
    std::vector<std::uint32_t> injected_;  // by worker
    std::vector<std::uint32_t> punted_;    // by worker
    std::uint64_t changes_of_paths_ = 0;
    std::uint64_t wrong_punted_ = 0;
};

}  // namespace ntm::concurrency
