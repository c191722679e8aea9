// SPDX-License-Identifier: BSD-3-Clause
// Carries the director's commands out on the relay table and keeps, for each path, its slot and
// what the slot's counters were when the path came, so that a path's own counts can be shown.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "control/path_memory.hpp"
#include "control/relay_director.hpp"
#include "rs-dataplane/relay/observation.hpp"
#include "rs-dataplane/relay/subscriber_orders.hpp"
#include "rs-dataplane/tables/grace_period.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ntm::control {

// RS-N: where orders about subscribers go, and what one may have of whom his DC says nothing.
struct SubscriberOffice {
    relay::SubscriberOrders* orders = nullptr;
    napt::Limits limits{};
};

class TableKeeper {
  public:
    TableKeeper(
        tables::RelayTable::Writer writer,
        const relay::Observation& observation,
        const SubscriberOffice& office = {}
    )
        : writer_{writer}, observation_{&observation}, office_{office} {}

    // Of the heap, at most, with no command waiting.
    [[nodiscard]] static constexpr std::size_t bytes_for(std::size_t paths) noexcept;

    // Queues the command and carries out all that can be. SetSessions and SetTargets are not for this table.
    void carry_out(const DirectorCommand& command);
    // Frees what workers have let go of, and goes on with what waited for that.
    void tend();
    // Paths that the table would not take, since the last call: full, or an address not ours.
    [[nodiscard]] std::vector<PathId> take_refused();

    // What came in from each leg since the path was installed; nothing if it is not.
    [[nodiscard]] std::optional<relay::PathView> view(PathId id) const;
    [[nodiscard]] std::size_t backlog() const noexcept { return waiting_.size(); }
    // Changes to an address that is not the relay's; the path went on as it was.
    [[nodiscard]] std::uint64_t foreign_refused() const noexcept { return foreign_refused_; }
    [[nodiscard]] const tables::RelayTable::Writer& writer() const noexcept { return writer_; }

  private:
    struct Place {
        tables::Slot slot = 0;
        relay::PathView before;
    };
    enum class Outcome : std::uint8_t { done, refused, later };
    [[nodiscard]] Outcome attempt(const DirectorCommand& command);
    [[nodiscard]] Outcome install(const tables::RelayPath& path);
    [[nodiscard]] Outcome replace(const tables::RelayPath& path);
    [[nodiscard]] Outcome close_left();
    [[nodiscard]] Outcome tell(const relay::SubscriberOrder& order);
    void work_off();

    tables::RelayTable::Writer writer_;
    const relay::Observation* observation_;
    SubscriberOffice office_;
    std::unordered_map<PathId, Place> places_;
    std::deque<DirectorCommand> waiting_;  // for a grace period, in order
    std::vector<PathId> refused_;
    std::uint64_t foreign_refused_ = 0;
};

constexpr std::size_t TableKeeper::bytes_for(std::size_t paths) noexcept {
    return map_bytes<decltype(places_)>(paths);
}

}  // namespace ntm::control
