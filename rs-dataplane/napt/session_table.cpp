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

Position SessionTable::find_peer(const OutsideTuple& tuple) const noexcept {
    const Position at = find_new([&](const Session& session) {
        return session.admits_its_address() && session.has_remote_of(tuple);
    });
    return at != nowhere ? at : find_settled_peer(tuple, peer_hash(tuple));
}

Position SessionTable::find_settled_peer(const OutsideTuple& tuple, std::uint64_t hash)
    const noexcept {
    return peers_.find(hash, [&](Position at) { return records_[at].has_remote_of(tuple); });
}

// Each index has room for as many as there are records, so that no insertion fails.
void SessionTable::add(Mapping& mapping, Position at, const Checks& checks) noexcept {
    by_outside_.fetch(checks.outside);
    peers_.fetch(checks.peer);
    if (new_count_ == most_new) {
        settle_oldest();
    }
    Session& session = records_[at];
    session.next = session.previous = nowhere;
    New& added = new_[(first_new_ + new_count_++) % most_new];
    added.at = at;
    added.mapping = &mapping;
    added.checks = checks;
    static_cast<void>(by_inside_.insert(checks.inside, at));
    count_open(mapping, session);
    tables::keep_order();
    session.seal = checks.seal;
}

void SessionTable::settle_oldest() noexcept {
    const New& oldest = new_[first_new_];
    static_cast<void>(by_outside_.insert(oldest.checks.outside, oldest.at));
    link(*oldest.mapping, oldest.at, oldest.checks.peer);
    first_new_ = (first_new_ + 1) % most_new;
    --new_count_;
}

void SessionTable::settle() noexcept {
    while (new_count_ != 0) {
        settle_oldest();
    }
}

void SessionTable::count_open(Mapping& mapping, const Session& session) noexcept {
    if (session.filter == Filter::endpoint_independent) {
        ++mapping.open_sessions;
        mapping.open_path = session.path;
    }
}

void SessionTable::adopt(Mapping& mapping, Position at) noexcept {
    static_cast<void>(by_inside_.insert(hash_(records_[at].inside().words()), at));
    static_cast<void>(by_outside_.insert(hash_(records_[at].outside().words()), at));
    link(mapping, at, peer_hash(records_[at].outside()));
    count_open(mapping, records_[at]);
}

void SessionTable::remove(Mapping& mapping, Position at) noexcept {
    settle();
    unlink(mapping, at);
    by_inside_.erase(hash_(records_[at].inside().words()), at);
    by_outside_.erase(hash_(records_[at].outside().words()), at);
    records_[at].seal = 0;
    tables::keep_order();
    records_.give_back(at);
}

void SessionTable::set_path(Mapping& mapping, Position at, PathId path, Filter filter) noexcept {
    settle();
    unlink(mapping, at);
    records_[at].path = path;
    records_[at].filter = filter;
    link(mapping, at, peer_hash(records_[at].outside()));
    count_open(mapping, records_[at]);
}

void SessionTable::link(Mapping& mapping, Position at, std::uint64_t peer_hash) noexcept {
    Session& session = records_[at];
    session.next = mapping.first_session;
    if (session.admits_its_address()) {
        const Position older = find_settled_peer(session.outside(), peer_hash);
        if (older != nowhere) {
            static_cast<void>(peers_.erase(peer_hash, older));
            session.next = older;
        }
        static_cast<void>(peers_.insert(peer_hash, at));
    }
    session.previous = session.next == nowhere ? nowhere : records_[session.next].previous;
    Position& link =
        session.previous == nowhere ? mapping.first_session : records_[session.previous].next;
    link = at;
    if (session.next != nowhere) {
        records_[session.next].previous = at;
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
