// SPDX-License-Identifier: BSD-3-Clause
// The relay's data plane without DPDK's ports: the real relay table, settings box, grace period and
// pipeline, one worker, and buffers of this file's own. Does what dpdk/'s worker does with a burst,
// and holds the counters' balance after each.
#pragma once

#include "common/base/result.hpp"
#include "rs-dataplane/relay/pipeline.hpp"
#include "rs-dataplane/relay/settings_box.hpp"
#include "rs-dataplane/tables/grace_period.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ntm::simulation {

class RelayPlane {
  public:
    struct Output {
        struct Punted {
            relay::PuntClass punt_class;
            Bytes frame;
        };
        std::vector<Bytes> transmitted;
        std::vector<Punted> punted;
    };

    // `token_key` as the control side has it.
    RelayPlane(relay::Settings settings, const Secret<16>& token_key, std::uint64_t seed);

    [[nodiscard]] tables::RelayTable::Writer table() { return table_->writer(); }
    [[nodiscard]] relay::SettingsBox::Writer settings() {
        return relay::SettingsBox::Writer{*box_};
    }
    [[nodiscard]] tables::GracePeriod& grace_period() noexcept { return *grace_period_; }
    [[nodiscard]] const relay::WorkerCounters& counters() const noexcept { return *counters_; }
    [[nodiscard]] const relay::PathCounters& path(tables::Slot slot) const noexcept {
        return paths_[slot];
    }

    // Runs frames through the pipeline, 32 at most at once.
    [[nodiscard]] Output receive(const std::vector<Bytes>& frames, Instant now);
    // A frame of the kernel's (or the control thread's socket) goes out.
    [[nodiscard]] Bytes inject(Bytes frame);
    // received + injected + made = transmitted + punted + dropped + held; the sentence if not.
    [[nodiscard]] std::optional<std::string> find_imbalance() const;

  private:
    void receive_burst(std::span<const Bytes> frames, Output& output, Instant now);
    void carry_out(const Packet& packet, Output& output);

    std::unique_ptr<tables::GracePeriod> grace_period_;
    std::unique_ptr<tables::RelayTable> table_;
    std::unique_ptr<relay::SettingsBox> box_;
    std::unique_ptr<relay::WorkerCounters> counters_;
    std::vector<relay::PathCounters> paths_;
    std::optional<tables::GracePeriod::Worker> worker_;
    std::unique_ptr<relay::Pipeline> pipeline_;
};

}  // namespace ntm::simulation
