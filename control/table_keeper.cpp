// SPDX-License-Identifier: BSD-3-Clause
#include "control/table_keeper.hpp"

#include <algorithm>
#include <utility>

namespace ntm::control {

namespace {

// The DC may ask for less than the relay gives everybody, and not for more; 0: it asks for nothing.
std::uint32_t limit_of(std::uint32_t asked, std::uint32_t given) noexcept {
    return asked == 0 ? given : std::min(asked, given);
}

}  // namespace

void TableKeeper::carry_out(const DirectorCommand& command) {
    waiting_.push_back(command);
    work_off();
}

void TableKeeper::tend() {
    writer_.reclaim();
    work_off();
}

void TableKeeper::work_off() {
    while (!waiting_.empty() && attempt(waiting_.front()) != Outcome::later) {
        waiting_.pop_front();
    }
}

std::vector<PathId> TableKeeper::take_refused() {
    return std::exchange(refused_, {});
}

TableKeeper::Outcome TableKeeper::attempt(const DirectorCommand& command) {
    if (const auto* const one = std::get_if<InstallPath>(&command)) {
        return install(one->path);
    }
    if (const auto* const one = std::get_if<ReplacePath>(&command)) {
        return replace(one->path);
    }
    if (const auto* const one = std::get_if<RemovePath>(&command)) {
        places_.erase(one->id);
        // A path that the table refused is not there to be removed.
        return writer_.remove(one->id) ? Outcome::done : Outcome::refused;
    }
    if (const auto* const one = std::get_if<OpenSubscriber>(&command)) {
        napt::Limits limits = office_.limits;
        limits.ports = limit_of(one->most_ports, limits.ports);
        limits.sessions = limit_of(one->most_sessions, limits.sessions);
        return tell(relay::OpenSubscriber{one->number, one->vipv4, one->vipv6, limits, one->tenancy}
        );
    }
    if (const auto* const one = std::get_if<CloseSubscriber>(&command)) {
        return tell(relay::CloseSubscriber{one->number});
    }
    if (std::holds_alternative<CloseLeftSubscribers>(command)) {
        return close_left();
    }
    return Outcome::done;
}

TableKeeper::Outcome TableKeeper::close_left() {
    for (std::size_t worker = 0; worker < observation_->worker_count(); ++worker) {
        if (tell(relay::CloseLeft{static_cast<relay::WorkerNumber>(worker)}) == Outcome::later) {
            return Outcome::later;
        }
    }
    return Outcome::done;
}

TableKeeper::Outcome TableKeeper::tell(const relay::SubscriberOrder& order) {
    const bool is_taken = office_.orders == nullptr || office_.orders->put(order);
    return is_taken ? Outcome::done : Outcome::later;
}

TableKeeper::Outcome TableKeeper::install(const tables::RelayPath& path) {
    const auto slot = writer_.insert(path);
    if (slot) {
        places_[path.id] = Place{*slot, observation_->path(*slot)};
        return Outcome::done;
    }
    // Full, and nothing is on its way out that would make room: waiting does not help.
    if (slot.error() == tables::TableError::full && writer_.waiting() != 0) {
        return Outcome::later;
    }
    refused_.push_back(path.id);
    return Outcome::refused;
}

TableKeeper::Outcome TableKeeper::replace(const tables::RelayPath& path) {
    const auto slot = writer_.replace(path);
    if (slot) {
        return Outcome::done;
    }
    if (slot.error() == tables::TableError::full && writer_.waiting() != 0) {
        return Outcome::later;
    }
    if (slot.error() == tables::TableError::not_own) {
        ++foreign_refused_;
    }
    // One that ends here does not go on as it was: its subscriber may be gone, and his number another's.
    const bool goes_on = slot.error() == tables::TableError::not_own && !path.end;
    if (slot.error() != tables::TableError::unknown && !goes_on) {
        refused_.push_back(path.id);
        places_.erase(path.id);
        static_cast<void>(writer_.remove(path.id).has_value());
    }
    return Outcome::refused;
}

std::optional<relay::PathView> TableKeeper::view(PathId id) const {
    const auto place = places_.find(id);
    if (place == places_.end()) {
        return std::nullopt;
    }
    relay::PathView counted = observation_->path(place->second.slot);
    for (std::size_t i = 0; i < counted.size(); ++i) {
        counted[i].packets -= place->second.before[i].packets;
        counted[i].bytes -= place->second.before[i].bytes;
        // A slot's time of an earlier path says nothing about this one.
        if (counted[i].packets == 0) {
            counted[i].last_seen_seconds = 0;
        }
    }
    return counted;
}

}  // namespace ntm::control
