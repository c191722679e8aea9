// SPDX-License-Identifier: BSD-3-Clause
#include "control/path_book.hpp"

#include <algorithm>
#include <utility>

namespace ntm::control {

namespace {

BookAnswer refused(v1::Status status, std::string text) {
    return {status, std::move(text), BookAnswer::Change::none, 0};
}

BookAnswer stale(std::uint32_t held) {
    return {
        v1::STATUS_STALE,
        "revision " + std::to_string(held) + " is held",
        BookAnswer::Change::none,
        held};
}

BookAnswer forgotten() {
    return refused(
        v1::STATUS_PATH_ID_TAKEN,
        "this path secret may have been in use here, and how far is forgotten: draw again"
    );
}

BookAnswer others_secret() {
    return refused(
        v1::STATUS_PATH_ID_TAKEN,
        "this path secret was in use here for another subscriber: draw again"
    );
}

bool has_same_secrets(const RelayedPath& path, const PathOrder& order) {
    return path.legs[0].secret == order.legs[0].secret &&
           path.legs[1].secret == order.legs[1].secret;
}

}  // namespace

BookAnswer PathBook::direct(PathOrder order, const crypto::PublicKey& dc, Instant now) {
    RelayedPath* const path = find(order.id);
    if (path != nullptr && path->dc != dc) {
        return refused(v1::STATUS_PATH_ID_TAKEN, "another path has this id: draw again");
    }
    if (path != nullptr) {
        return change(*path, std::move(order), now);
    }
    return add(std::move(order), dc, now);
}

BookAnswer PathBook::add(PathOrder order, const crypto::PublicKey& dc, Instant now) {
    const auto buried = tombstones_.find(order.id);
    if (buried != tombstones_.end() && buried->second.until > now) {
        if (buried->second.dc != dc) {
            return refused(v1::STATUS_PATH_ID_TAKEN, "another path had this id: draw again");
        }
        if (order.revision <= buried->second.revision) {
            return stale(buried->second.revision);
        }
    }
    if (paths_.size() >= capacity_) {
        const std::string most = std::to_string(capacity_);
        return refused(v1::STATUS_FULL, "the relay holds " + most + " paths already");
    }
    auto end = make_end(order, dc, nullptr);
    if (!end) {
        return end.error();
    }
    RelayedPath path;
    path.id = order.id;
    path.dc = dc;
    path.revision = order.revision;
    path.directed = now;
    path.expires = now + order.lifetime;
    for (std::size_t i = 0; i < path.legs.size(); ++i) {
        path.legs[i].secret = std::move(order.legs[i].secret);
        path.legs[i].proven = order.legs[i].proven;
    }
    wake(path.id, path.expires);
    ++counts_[dc];
    BookAnswer answer = put_end(path, *std::move(end), BookAnswer::Change::added);
    keep(paths_.emplace(path.id, std::move(path)).first->second);
    return answer;
}

BookAnswer PathBook::change(RelayedPath& path, PathOrder order, Instant now) {
    if (order.revision < path.revision) {
        return stale(path.revision);
    }
    if (order.revision == path.revision && !has_same_secrets(path, order)) {
        return refused(v1::STATUS_PATH_ID_TAKEN, "another path of yours has this id: draw again");
    }
    if (order.revision == path.revision) {
        extend(path, order.lifetime, now);
        keep(path);
        return {};
    }
    auto end = make_end(order, path.dc, &path);
    if (!end) {
        return end.error();
    }
    extend(path, order.lifetime, now);
    path.revision = order.revision;
    for (std::size_t i = 0; i < path.legs.size(); ++i) {
        Leg& leg = path.legs[i];
        leg.proven = order.legs[i].proven;
        // The binding was made with the old secret: whoever holds the new one binds anew. A leg
        // that keeps its secret keeps its binding, so that a change at one end is not felt at the
        // other.
        if (!(leg.secret == order.legs[i].secret)) {
            leg.secret = std::move(order.legs[i].secret);
            leg.binding.reset();
            leg.previous.reset();
            leg.last_request.reset();
            leg.next_hop = tables::no_next_hop;
        }
    }
    BookAnswer answer = put_end(path, *std::move(end), BookAnswer::Change::replaced);
    keep(path);
    return answer;
}

void PathBook::adopt(KeptState::Left left) {
    for (KeptEndKeys::Left& one : left.laid_aside) {
        key_shelf_.lay_aside(one.path, std::move(one.keys));
    }
    for (RelayedPath& path : left.paths) {
        ++counts_[path.dc];
        wake(path.id, path.expires);
        for (const Leg& leg : path.legs) {
            if (leg.previous) {
                wake(path.id, leg.previous->until);
            }
        }
        if (path.end) {
            subscribers_.rejoin(path.end->number, path.dc, path.end->subscriber);
        }
        paths_.emplace(path.id, std::move(path));
    }
    subscribers_.free_the_rest();
}

void PathBook::keep(RelayedPath& path) {
    if (kept_ != nullptr) {
        kept_->put(path);
    }
}

void PathBook::extend(RelayedPath& path, Duration lifetime, Instant now) {
    path.expires = now + lifetime;
    wake(path.id, path.expires);
}

Result<PathBook::NewEnd, BookAnswer> PathBook::make_end(
    PathOrder& order, const crypto::PublicKey& dc, const RelayedPath* held
) {
    if (!order.end) {
        return NewEnd{};
    }
    const auto joined = subscribers_.join(dc, order.end->subscriber);
    if (!joined) {
        return Unexpected{
            refused(v1::STATUS_FULL, "the NAPT has as many subscribers as it may have")};
    }
    auto keys = take_keys(order, joined->number, held);
    if (!keys) {
        static_cast<void>(subscribers_.leave(joined->number));
        return Unexpected{keys.error()};
    }
    NewEnd made;
    made.opens_subscriber = joined->is_first;
    made.end = std::make_unique<RelayEnd>();
    made.end->subscriber = std::move(order.end->subscriber);
    made.end->number = joined->number;
    made.end->keys = *std::move(keys);
    made.end->general_nodes = std::move(order.end->general_nodes);
    return made;
}

Result<std::shared_ptr<tables::EndKeys>, BookAnswer> PathBook::take_keys(
    const PathOrder& order, tables::SubscriberNumber subscriber, const RelayedPath* held
) {
    const auto fresh = key_maker_.make(order.id, order.end->suite, order.legs[0].secret);
    fresh->subscriber = subscriber;
    const bool stays = held != nullptr && held->end && are_same(*held->end->keys, *fresh);
    auto keys = stays ? held->end->keys : key_shelf_.take(order.id, fresh);
    if (!keys) {
        return Unexpected{forgotten()};
    }
    if (keys == fresh) {
        keys = settle(order.id, std::move(keys));
    }
    if (!keys) {
        return Unexpected{refused(v1::STATUS_FULL, "the relay keeps as many keys as it may")};
    }
    // Two workers may not count under one secret, however short a time.
    if (keys->subscriber != subscriber) {
        if (!stays) {
            key_shelf_.lay_aside(order.id, std::move(keys));
        }
        return Unexpected{others_secret()};
    }
    return keys;
}

std::shared_ptr<tables::EndKeys> PathBook::settle(
    PathId path, std::shared_ptr<tables::EndKeys> keys
) {
    return kept_ == nullptr ? std::move(keys) : kept_->keys().keep(path, *keys);
}

BookAnswer PathBook::put_end(RelayedPath& path, NewEnd made, BookAnswer::Change change) {
    BookAnswer answer{v1::STATUS_OK, "", change, 0, made.opens_subscriber};
    const std::unique_ptr<RelayEnd> before = std::exchange(path.end, std::move(made.end));
    if (!before) {
        return answer;
    }
    if (!path.end || path.end->keys != before->keys) {
        key_shelf_.lay_aside(path.id, std::move(before->keys));
    }
    if (subscribers_.leave(before->number)) {
        answer.closed_subscriber = before->number;
    }
    return answer;
}

BookAnswer PathBook::release(
    PathId id, std::uint32_t revision, const crypto::PublicKey& dc, Instant now
) {
    const RelayedPath* const path = find(id);
    if (path == nullptr) {
        const auto buried = tombstones_.find(id);
        if (buried != tombstones_.end() && buried->second.dc != dc) {
            return refused(v1::STATUS_NOT_PERMITTED, "this path was another DC's");
        }
        bury(id, dc, revision, now);
        return {};
    }
    if (path->dc != dc) {
        return refused(v1::STATUS_NOT_PERMITTED, "this path is another DC's");
    }
    if (revision < path->revision) {
        return stale(path->revision);
    }
    BookAnswer answer{v1::STATUS_OK, "", BookAnswer::Change::removed, 0};
    answer.closed_subscriber = erase(id);
    bury(id, dc, revision, now);
    return answer;
}

void PathBook::bury(PathId id, const crypto::PublicKey& dc, std::uint32_t revision, Instant now) {
    Tombstone& tombstone = tombstones_[id];
    tombstone.dc = dc;
    tombstone.revision = std::max(tombstone.revision, revision);
    tombstone.until = now + tombstone_kept;
    wake(id, tombstone.until);
}

std::optional<tables::SubscriberNumber> PathBook::erase(PathId id) {
    const auto found = paths_.find(id);
    if (found == paths_.end()) {
        return std::nullopt;
    }
    --counts_[found->second.dc];
    if (kept_ != nullptr) {
        kept_->remove(found->second);
    }
    const BookAnswer answer = put_end(found->second, {}, BookAnswer::Change::removed);
    paths_.erase(found);
    return answer.closed_subscriber;
}

RelayedPath* PathBook::find(PathId id) {
    const auto found = paths_.find(id);
    return found == paths_.end() ? nullptr : &found->second;
}

const RelayedPath* PathBook::find(PathId id) const {
    const auto found = paths_.find(id);
    return found == paths_.end() ? nullptr : &found->second;
}

std::size_t PathBook::count_of(const crypto::PublicKey& dc) const {
    const auto found = counts_.find(dc);
    return found == counts_.end() ? 0 : found->second;
}

void PathBook::wake(PathId id, Instant at) {
    due_.push({at, id});
}

Instant PathBook::next_due() const {
    return due_.empty() ? Instant::never() : due_.top().at;
}

std::vector<PathId> PathBook::take_due(Instant now) {
    std::vector<PathId> ids;
    while (!due_.empty() && due_.top().at <= now) {
        const PathId id = due_.top().id;
        due_.pop();
        const auto buried = tombstones_.find(id);
        if (buried != tombstones_.end() && buried->second.until <= now) {
            tombstones_.erase(buried);
        }
        ids.push_back(id);
    }
    return ids;
}

}  // namespace ntm::control
