// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_recorder.hpp"

namespace ntm::control {

namespace {

// Of what goes on: records written anew in each round.
constexpr std::size_t most_told_anew = 16;
// Of what goes on being scarce, as workers do.
constexpr Duration told_again_after = std::chrono::minutes{1};

admin::Json json_of(const RecordSinks::Counters& counters) {
    return {{"sent", counters.sent}, {"lost", counters.lost}};
}

}  // namespace

NatRecorder::NatRecorder(
    const NaptConfig& config,
    relay::NaptEvents& events,
    std::unique_ptr<RecordSinks> sinks,
    const Moment& begun
)
    : events_{events}, ledger_{config.addresses, config.block_size}, sinks_{std::move(sinks)} {
    put({begun.wall, Change::begins, std::nullopt, nullptr, RunBegan{}});
}

void NatRecorder::follow(
    const DirectorCommand& command, const PathBook& paths, const Moment& moment
) {
    if (const auto* const one = std::get_if<InstallPath>(&command)) {
        return set_path(one->path, paths, moment);
    }
    if (const auto* const one = std::get_if<ReplacePath>(&command)) {
        return set_path(one->path, paths, moment);
    }
    if (const auto* const one = std::get_if<RemovePath>(&command)) {
        return ledger_.remove_path(one->id, moment.wall);
    }
    if (const auto* const one = std::get_if<OpenSubscriber>(&command)) {
        return ledger_.open(one->number, one->tenancy);
    }
    if (const auto* const one = std::get_if<CloseSubscriber>(&command)) {
        ledger_.close(one->number, moment.now, moment.wall);
    }
}

void NatRecorder::set_path(
    const tables::RelayPath& path, const PathBook& paths, const Moment& moment
) {
    const RelayedPath* const held = paths.find(path.id);
    // A later command of the same batch is about the path as it is held by then.
    const bool is_as_commanded =
        held != nullptr && held->end && path.end && held->end->number == path.end->subscriber;
    if (!is_as_commanded) {
        ledger_.remove_path(path.id, moment.wall);
        return;
    }
    const Subscriber& who = held->end->subscriber;
    const tables::RelayLeg& leg = path.leg(Role::initiator);
    ledger_.set_path(
        {path.id,
         held->end->number,
         {0, who.fqdn, who.key, held->dc, who.vipv4, who.vipv6},
         leg.is_bound ? std::optional{leg.remote} : std::nullopt},
        moment.wall
    );
}

std::size_t NatRecorder::tend(const Scarcities& scarcities, const Moment& moment) {
    std::array<napt::Event, most_events> events;
    const std::size_t count = events_.take(events);
    for (std::size_t i = 0; i < count; ++i) {
        ledger_.take(events[i], moment.wall_of(events[i].at));
    }
    note_losses(moment);
    note_refusals(scarcities, moment);
    ledger_.tend(moment.now, moment.wall);
    ledger_.go_on_walking(most_told_anew, moment.wall);
    for (const NatRecord& record : ledger_.take_records()) {
        put(record);
    }
    sinks_->flush(moment.now, moment.wall);
    return count;
}

void NatRecorder::note_losses(const Moment& moment) {
    const std::uint64_t by_workers = events_.lost() - lost_before_;
    lost_before_ += by_workers;
    const auto files = sinks_->files();
    const std::uint64_t by_disk = files ? lost_by_disk_.take(*files) : 0;
    if (by_workers + by_disk != 0) {
        const RecordsLost lost{by_workers + by_disk};
        put({moment.wall, Change::begins, std::nullopt, nullptr, lost});
    }
    if (by_disk != 0) {
        ledger_.begin_walk();
    }
}

void NatRecorder::note_refusals(const Scarcities& scarcities, const Moment& moment) {
    for (std::size_t i = 0; i < scarcities.size(); ++i) {
        const Scarcity& scarce = scarcities[i];
        Noted& noted = noted_[i];
        if (scarce.refused == noted.refused || moment.now < noted.again) {
            continue;
        }
        noted = {scarce.refused, moment.now + told_again_after};
        Shortage shortage;
        shortage.of = scarce.of;
        shortage.limit = scarce.limit;
        put({moment.wall, Change::begins, std::nullopt, nullptr, shortage});
    }
}

void NatRecorder::put(const NatRecord& record) {
    ++recorded_;
    if (sinks_->put(record)) {
        ledger_.begin_walk();
    }
}

admin::Json NatRecorder::counters() const {
    admin::Json json{
        {"recorded", recorded_},
        {"lost_by_workers", events_.lost()},
        {"of_nobody_known", ledger_.unknown()}};
    if (const auto files = sinks_->files()) {
        json["files"] = json_of(*files);
    }
    if (const auto ipfix = sinks_->ipfix()) {
        json["ipfix"] = json_of(*ipfix);
    }
    if (const auto syslog = sinks_->syslog()) {
        json["syslog"] = json_of(*syslog);
    }
    return json;
}

}  // namespace ntm::control
