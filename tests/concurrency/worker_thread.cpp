// SPDX-License-Identifier: BSD-3-Clause
#include "tests/concurrency/worker_thread.hpp"

#include "tests/concurrency/marks.hpp"

#include <algorithm>
#include <span>
#include <thread>

#include <rte_mbuf.h>

namespace ntm::concurrency {

namespace {

constexpr std::uint64_t wanted_changes_of_settings = 100;
constexpr std::size_t burst = 32;

// A mistake that goes on long enough for the control thread to do its part meanwhile, on one
// processor too.
template <typename Touch>
void linger(const Touch& touch) {
    for (int i = 0; i < 20; ++i) {
        touch();
        std::this_thread::yield();
    }
}

ByteView bytes_of(const rte_mbuf* frame) noexcept {
    return {rte_pktmbuf_mtod(frame, const std::uint8_t*), frame->data_len};
}

}  // namespace

void WorkerThread::run(std::uint64_t rounds, std::uint32_t injected) {
    parts_.grace_period.go_online();
    for (std::uint64_t round = 0;
         round < rounds || punted_ < parts_.to_punt.size() || tally_.injected < injected ||
         tally_.changes_of_settings < wanted_changes_of_settings;
         ++round) {
        do_round();
        if (random_.below(64) == 0) {
            sleep();
        }
    }
    parts_.grace_period.go_offline();
}

void WorkerThread::do_round() {
    settings_ = &parts_.settings.load();
    check_settings();
    look_up();
    check_entries();
    find_ends();
    use_ends();
    take_injected();
    punt();
    // What was valid at the head of the burst is valid at its end.
    check_entries();
    check_settings();
    parts_.grace_period.report();
}

void WorkerThread::look_up() {
    wanted_count_ = 1 + random_.below(wanted_.size());
    for (tables::RelayTable::Wanted& wanted : std::span{wanted_}.first(wanted_count_)) {
        wanted = {{random_.below(parts_.path_count)}, static_cast<Role>(random_.below(2))};
    }
    parts_.table.find(std::span{wanted_}.first(wanted_count_), found_);
}

void WorkerThread::check_entries() noexcept {
    for (std::size_t i = 0; i < wanted_count_; ++i) {
        if (found_.entries[i] != nullptr) {
            ++tally_.entries;
            tally_.torn_entries += is_whole(*found_.entries[i], wanted_[i].id) ? 0 : 1;
        }
    }
}

void WorkerThread::find_ends() noexcept {
    ends_.clear();
    for (std::size_t i = 0; i < wanted_count_; ++i) {
        const tables::RelayEntry* entry = found_.entries[i];
        if (entry == nullptr || !is_ended(*entry)) {
            continue;
        }
        const tables::TunnelEnd& end = *entry->passages[0].end(Role::initiator);
        if (end.subscriber % parts_.workers == parts_.number) {
            ends_.push_back(end.keys.get());
        }
    }
}

// Nobody else touches the counters of a subscriber's paths.
void WorkerThread::use_ends() noexcept {
    for (tables::EndKeys* keys : ends_) {
        keys->opening.received.update(keys->sealing.next_counter++);
        ++tally_.ends;
    }
}

void WorkerThread::check_settings() noexcept {
    const std::uint16_t mark = settings_->ntm_port.number;
    tally_.torn_settings += is_whole(*settings_) ? 0 : 1;
    tally_.changes_of_settings += mark != last_settings_ ? 1 : 0;
    last_settings_ = mark;
}

void WorkerThread::take_injected() {
    std::array<rte_mbuf*, burst> frames;
    const std::size_t count = parts_.rings.take_injected(frames);
    for (rte_mbuf* frame : std::span{frames}.first(count)) {
        tally_.wrong_injected += is_frame(bytes_of(frame), tally_.injected) ? 0 : 1;
        ++tally_.injected;
        kept_.push_back(frame);
    }
}

void WorkerThread::punt() {
    const std::size_t left = parts_.to_punt.size() - punted_;
    const std::size_t most = std::min<std::size_t>(left, random_.below(burst + 1));
    const auto frames = std::span{parts_.to_punt}.subspan(punted_, most);
    const std::size_t count = parts_.rings.punt(frames);
    punted_ += count;
    if (parts_.mistake == Mistake::punted_frame && count != 0) {
        linger([&] { *rte_pktmbuf_mtod(frames[count - 1], std::uint8_t*) = 0; });
    }
}

void WorkerThread::sleep() {
    parts_.grace_period.go_offline();
    std::this_thread::yield();
    if (parts_.mistake == Mistake::kept_entry) {
        linger([this] { check_entries(); });
    }
    if (parts_.mistake == Mistake::kept_end) {
        linger([this] { use_ends(); });
    }
    if (parts_.mistake == Mistake::kept_settings) {
        linger([this] { check_settings(); });
    }
    parts_.grace_period.go_online();
}

}  // namespace ntm::concurrency
