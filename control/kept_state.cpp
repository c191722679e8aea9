// SPDX-License-Identifier: BSD-3-Clause
#include "control/kept_state.hpp"

#include "control/end_keys.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace ntm::control {

namespace {

using KeysByCheck = std::unordered_map<std::uint64_t, KeptEndKeys::Left>;

// Gives each end the keys that its record names.
bool join(
    std::vector<RelayedPath>& paths, const std::vector<std::uint64_t>& checks, KeysByCheck& keys
) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (!paths[i].end) {
            continue;
        }
        const auto its = keys.find(checks[i]);
        if (its == keys.end() || its->second.path != paths[i].id ||
            its->second.keys->subscriber != paths[i].end->number) {
            return false;
        }
        paths[i].end->keys = std::move(its->second.keys);
        keys.erase(its);
    }
    return true;
}

// Whether each number is one subscriber's, and each subscriber has one.
bool are_one_to_one(const std::vector<RelayedPath>& paths, std::uint32_t subscribers) {
    using Name = std::tuple<crypto::PublicKey, Ipv4Address, Ipv6Address>;
    std::map<Name, tables::SubscriberNumber> numbers;
    std::map<tables::SubscriberNumber, Name> names;
    return std::ranges::all_of(paths, [&](const RelayedPath& path) {
        if (!path.end) {
            return true;
        }
        const tables::SubscriberNumber number = path.end->number;
        const Name name{path.dc, path.end->subscriber.vipv4, path.end->subscriber.vipv6};
        return number < subscribers && numbers.emplace(name, number).first->second == number &&
               names.emplace(number, name).first->second == name;
    });
}

}  // namespace

KeptState::Parts KeptState::lay_out(std::uint32_t paths, tables::KeptLayout& layout) {
    // Those of paths and on the shelf, and of replaced entries that workers may still read.
    const std::size_t keys =
        std::size_t{tables::RelayTable::entries_for(paths)} + EndKeyShelf::usual_capacity + 1;
    Parts parts;
    parts.run = layout.add<RunRecords::Slot>(RunRecords::slots_for(1));
    parts.paths = layout.add<PathRecords::Slot>(PathRecords::slots_for(paths));
    parts.keys = layout.add<KeptEndKeys::Record>(keys);
    parts.forgotten = layout.add<std::uint64_t>(ForgottenKeys::bytes / sizeof(std::uint64_t));
    return parts;
}

std::optional<KeptState::Left> KeptState::adopt(std::uint32_t subscribers) {
    auto left = read();
    if (left && are_one_to_one(left->paths, subscribers)) {
        ++left->run.processes;
        put_run(left->run);
        return left;
    }
    given_up_ = paths_.complete();
    left.reset();  // before the room of its keys is cleared
    run_.clear();
    paths_.clear();
    keys_.clear();
    std::ranges::fill(forgotten_, 0);
    return std::nullopt;
}

std::optional<KeptState::Left> KeptState::read() {
    Left left;
    std::vector<std::uint64_t> checks;
    const bool has_paths = paths_.adopt([&](tables::KeptPlace at, const PathRecord& record) {
        left.paths.push_back(control::read(record));
        left.paths.back().kept_at = at;
        checks.push_back(record.end ? record.end->keys : 0);
    });
    const bool has_run = run_.adopt([&](tables::KeptPlace at, const RunRecord& record) {
        run_at_ = at;
        left.run = record;
    });
    std::vector<KeptEndKeys::Left> all;
    KeysByCheck keys;
    if (!has_paths || !has_run || run_at_ == tables::nowhere_kept || !keys_.adopt(all)) {
        return std::nullopt;
    }
    for (KeptEndKeys::Left& one : all) {
        const std::uint64_t check = check_of(one.path, *one.keys);
        keys.emplace(check, std::move(one));
    }
    if (!join(left.paths, checks, keys)) {
        return std::nullopt;
    }
    for (auto& [check, one] : keys) {
        left.laid_aside.push_back(std::move(one));
    }
    return left;
}

void KeptState::begin(BootId boot_id, const Secret<16>& token_key) {
    RunRecord run{boot_id, {}, 1};
    std::ranges::copy(token_key.view(), run.token_key.begin());
    put_run(run);
}

void KeptState::put_run(const RunRecord& run) {
    run_at_ = run_.put(run_at_, [&](RunRecord& record) { record = run; });
}

void KeptState::put(RelayedPath& path) {
    path.kept_at = paths_.put(path.kept_at, [&](PathRecord& record) { write(record, path); });
}

}  // namespace ntm::control
