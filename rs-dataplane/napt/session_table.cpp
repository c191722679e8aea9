// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/session_table.hpp"

#include "rs-dataplane/tables/kept_layout.hpp"

namespace ntm::napt {

SessionTable::SessionTable(
    std::uint32_t capacity, const tables::FlowHash& hash, std::span<Session> kept
) noexcept
    : hash_{hash},
      records_{
          kept.empty() ? RecordPool<Session>::make(capacity) : RecordPool<Session>::over(kept)},
      by_inside_{tables::FlowIndex::make(capacity)},
      by_outside_{tables::FlowIndex::make(capacity)},
      peers_{tables::FlowIndex::make(capacity)} {
    if (by_inside_.capacity() == 0 || by_outside_.capacity() == 0 || peers_.capacity() == 0) {
        records_ = {};
    }
}

std::uint64_t SessionTable::peer_hash(OutsideTuple tuple) const noexcept {
    tuple.remote_port = 0;
    return hash_(tuple.words());
}

Position SessionTable::find_peer(const OutsideTuple& tuple) const noexcept {
    return peers_.find(peer_hash(tuple), [&](Position at) {
        return records_[at].has_remote_of(tuple);
    });
}

// Each index has room for as many as there are records, so that no insertion fails.
Position SessionTable::add(Mapping& mapping, const Session& session) noexcept {
    const Position at = records_.take();
    records_[at] = session;
    adopt(mapping, at);
    tables::keep_order();
    records_[at].seal = session.check();
    return at;
}

void SessionTable::adopt(Mapping& mapping, Position at) noexcept {
    static_cast<void>(by_inside_.insert(hash_(records_[at].inside().words()), at));
    static_cast<void>(by_outside_.insert(hash_(records_[at].outside().words()), at));
    link(mapping, at);
}

void SessionTable::remove(Mapping& mapping, Position at) noexcept {
    unlink(mapping, at);
    by_inside_.erase(hash_(records_[at].inside().words()), at);
    by_outside_.erase(hash_(records_[at].outside().words()), at);
    records_[at].seal = 0;
    tables::keep_order();
    records_.give_back(at);
}

void SessionTable::set_path(Mapping& mapping, Position at, PathId path, Filter filter) noexcept {
    unlink(mapping, at);
    records_[at].path = path;
    records_[at].filter = filter;
    link(mapping, at);
}

void SessionTable::link(Mapping& mapping, Position at) noexcept {
    Session& session = records_[at];
    const OutsideTuple tuple = session.outside();
    Position before = nowhere;
    if (session.admits_its_address()) {
        before = find_peer(tuple);
        if (before == nowhere) {
            static_cast<void>(peers_.insert(peer_hash(tuple), at));
        }
    }
    Position& link = before == nowhere ? mapping.first_session : records_[before].next;
    session.previous = before;
    session.next = link;
    if (session.next != nowhere) {
        records_[session.next].previous = at;
    }
    link = at;
    if (session.filter == Filter::endpoint_independent) {
        ++mapping.open_sessions;
        mapping.open_path = session.path;
    }
}

void SessionTable::unlink(Mapping& mapping, Position at) noexcept {
    const Session& session = records_[at];
    if (session.filter == Filter::endpoint_independent) {
        --mapping.open_sessions;
    }
    if (session.admits_its_address()) {
        pass_on_peer(at);
    }
    Position& link =
        session.previous == nowhere ? mapping.first_session : records_[session.previous].next;
    link = session.next;
    if (session.next != nowhere) {
        records_[session.next].previous = session.previous;
    }
}

// If this one stood for its remote address, the one behind it does from now on.
void SessionTable::pass_on_peer(Position from) noexcept {
    const Session& session = records_[from];
    const std::uint64_t hash = peer_hash(session.outside());
    if (!peers_.erase(hash, from) || session.next == nowhere) {
        return;
    }
    const Session& next = records_[session.next];
    if (next.admits_its_address() && next.remote == session.remote) {
        static_cast<void>(peers_.insert(hash, session.next));
    }
}

}  // namespace ntm::napt
