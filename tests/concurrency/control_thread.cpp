// SPDX-License-Identifier: BSD-3-Clause
#include "tests/concurrency/control_thread.hpp"

#include "tests/concurrency/marks.hpp"

#include <memory>

namespace ntm::concurrency {

namespace {

constexpr std::uint64_t steps_between_settings = 16;
constexpr std::size_t most_punted = 64;

}  // namespace

void ControlThread::do_step() {
    change_a_path();
    if (random_.below(steps_between_settings) == 0) {
        parts_.settings.publish(std::make_unique<const relay::Settings>(marked_settings(draw_mark())
        ));
    }
    parts_.table.reclaim();
    parts_.settings.reclaim();
    parts_.rings->poll(*this, most_punted);
    inject();
}

void ControlThread::finish() {
    while (parts_.rings->poll(*this, most_punted) != 0) {
    }
    parts_.table.reclaim();
    parts_.settings.reclaim();
}

void ControlThread::take(const relay::PuntedFrame& frame) {
    std::uint32_t& number = punted_.at(frame.port);
    wrong_punted_ += is_frame(frame.bytes, number) ? 0 : 1;
    ++number;
}

void ControlThread::change_a_path() {
    const PathId id{random_.below(parts_.path_count)};
    const tables::RelayPath path = marked_path(id, draw_mark());
    bool is_changed = false;
    if (random_.below(3) == 0) {
        is_changed = static_cast<bool>(parts_.table.remove(id));
    } else {
        is_changed = parts_.table.insert(path) || parts_.table.replace(path);
    }
    changes_of_paths_ += is_changed ? 1 : 0;
}

void ControlThread::inject() {
    for (std::uint16_t worker = 0; worker < parts_.workers; ++worker) {
        if (injected_[worker] < parts_.to_inject &&
            parts_.rings->inject(worker, marked_frame(injected_[worker]))) {
            ++injected_[worker];
        }
    }
}

std::uint16_t ControlThread::draw_mark() {
    return static_cast<Mark>(1 + random_.below(marks - 1));
}

}  // namespace ntm::concurrency
