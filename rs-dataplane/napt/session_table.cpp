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

Position SessionTable::find_peer(const Mapping& mapping, const OutsideTuple& tuple) const noexcept {
    const Position at = find_new([&](const Session& session) {
        return session.admits_its_address() && session.has_remote_of(tuple);
    });
    return at != nowhere ? at : find_settled_peer(mapping, tuple);
}

bool SessionTable::admits(Position at, const OutsideTuple& tuple) const noexcept {
    return at != nowhere && records_[at].admits_its_address() && records_[at].has_remote_of(tuple);
}

Position SessionTable::find_settled_peer(const Mapping& mapping, const OutsideTuple& tuple)
    const noexcept {
    if (admits(mapping.first_session, tuple)) {
        return mapping.first_session;
    }
    return peers_.find(peer_hash(tuple), [&](Position at) {
        return records_[at].has_remote_of(tuple);
    });
}

void SessionTable::enter_peer(Position at) noexcept {
    if (at != nowhere && records_[at].admits_its_address()) {
        static_cast<void>(peers_.insert(peer_hash(records_[at].outside()), at));
    }
}

// False: it does not stand for its remote address there.
bool SessionTable::leave_peer(Position at) noexcept {
    return at != nowhere && records_[at].admits_its_address() &&
           peers_.erase(peer_hash(records_[at].outside()), at);
}

// Each index has room for as many as there are records, so that no insertion fails.
void SessionTable::add(Mapping& mapping, Position at, const Checks& checks) noexcept {
    by_outside_.fetch(checks.outside);
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
    link(*oldest.mapping, oldest.at);
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
    link(mapping, at);
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
    link(mapping, at);
    count_open(mapping, records_[at]);
}

// Before those of its remote address, or else before all.
void SessionTable::link(Mapping& mapping, Position at) noexcept {
    Session& session = records_[at];
    const Position head = mapping.first_session;
    session.next = head;
    if (head != nowhere && session.admits_its_address()) {
        const Position older = find_settled_peer(mapping, session.outside());
        session.next = older == nowhere ? head : older;
    }
    if (session.next == head) {
        if (!session.admits_its_address() || !admits(head, session.outside())) {
            enter_peer(head);
        }
        session.previous = nowhere;
        mapping.first_session = at;
    } else {
        static_cast<void>(leave_peer(session.next));
        enter_peer(at);
        session.previous = records_[session.next].previous;
        records_[session.previous].next = at;
    }
    if (session.next != nowhere) {
        records_[session.next].previous = at;
    }
}

// If this one stood for its remote address, the one behind it does from now on.
void SessionTable::unlink(Mapping& mapping, Position at) noexcept {
    const Session& session = records_[at];
    if (session.filter == Filter::endpoint_independent) {
        --mapping.open_sessions;
    }
    if (mapping.first_session == at) {
        // What becomes the head is found there.
        static_cast<void>(leave_peer(session.next));
        mapping.first_session = session.next;
    } else {
        if (leave_peer(at) && admits(session.next, session.outside())) {
            enter_peer(session.next);
        }
        records_[session.previous].next = session.next;
    }
    if (session.next != nowhere) {
        records_[session.next].previous = session.previous;
    }
}

}  // namespace ntm::napt
