// SPDX-License-Identifier: BSD-3-Clause
// The records of an RS-N, from what workers tell and the director commands to where they go
// (control/nat_records). Driven by the control thread.
#pragma once

#include "common/admin/message.hpp"
#include "control/napt_config.hpp"
#include "control/nat_records/disk_losses.hpp"
#include "control/nat_records/nat_ledger.hpp"
#include "control/nat_records/record_sinks.hpp"
#include "control/path_book.hpp"
#include "control/relay_director.hpp"
#include "rs-dataplane/relay/napt_events.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace ntm::control {

class NatRecorder {
  public:
    // The same moment by both clocks.
    struct Moment {
        Instant now;
        WallTime wall;

        // An instant close to this one.
        [[nodiscard]] WallTime wall_of(Instant at) const noexcept {
            const auto ago = std::chrono::duration_cast<std::chrono::microseconds>(now - at);
            return {wall.since_epoch - ago};
        }
    };

    // `sinks` is there; `events` outlives it.
    NatRecorder(
        const NaptConfig& config,
        relay::NaptEvents& events,
        std::unique_ptr<RecordSinks> sinks,
        const Moment& begun
    );

    // Of the heap, at most: what is known of each path in two maps, and what waits for the disk.
    [[nodiscard]] static constexpr std::size_t bytes_for(std::size_t paths) noexcept {
        return paths * 256 + RecordFileWriter::most_waiting_bytes;
    }

    // Before workers are told of it. `paths`: as the director has them.
    void follow(const DirectorCommand& command, const PathBook& paths, const Moment& moment);
    // Of a path that the relay table did not take.
    void forget(PathId id, const Moment& moment) { ledger_.remove_path(id, moment.wall); }
    // Of what workers do not tell: how many there may be, and for how many more there was no room, from
    // the start of the process.
    struct Scarcity {
        napt::Scarce of = napt::Scarce::subscribers;
        std::uint32_t limit = 0;
        std::uint64_t refused = 0;
    };
    static constexpr std::size_t scarcity_count = 2;
    using Scarcities = std::array<Scarcity, scarcity_count>;
    // Takes what workers have told, so much at most, and sends what has come of it all; returns how many
    // events there were.
    std::size_t tend(const Scarcities& scarcities, const Moment& moment);

    [[nodiscard]] admin::Json counters() const;

    static constexpr std::size_t most_events = 256;

  private:
    struct Noted {
        std::uint64_t refused = 0;
        Instant again;  // not before
    };

    void set_path(const tables::RelayPath& path, const PathBook& paths, const Moment& moment);
    void note_losses(const Moment& moment);
    void note_refusals(const Scarcities& scarcities, const Moment& moment);
    void put(const NatRecord& record);

    relay::NaptEvents& events_;
    NatLedger ledger_;
    std::unique_ptr<RecordSinks> sinks_;
    std::uint64_t recorded_ = 0;
    std::uint64_t lost_before_ = 0;  // by workers, as last noted
    DiskLosses lost_by_disk_;
    std::array<Noted, scarcity_count> noted_;
};

}  // namespace ntm::control
