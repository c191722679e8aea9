// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/settings_box.hpp"

#include <utility>

namespace ntm::relay {

SettingsBox::SettingsBox(tables::GracePeriod& grace_period, std::unique_ptr<const Settings> first)
    : grace_period_{&grace_period}, current_{first.release()} {}

SettingsBox::~SettingsBox() {
    const std::unique_ptr<const Settings> last{current_.load(std::memory_order_relaxed)};
}

const Settings& SettingsBox::Writer::current() const noexcept {
    return *box_->current_.load(std::memory_order_relaxed);
}

void SettingsBox::Writer::publish(std::unique_ptr<const Settings> next) {
    std::unique_ptr<const Settings> old{
        box_->current_.exchange(next.release(), std::memory_order_acq_rel)};
    box_->retired_.push_back({box_->grace_period_->start(), std::move(old)});
    reclaim();
}

void SettingsBox::Writer::reclaim() noexcept {
    auto& retired = box_->retired_;
    while (!retired.empty() && box_->grace_period_->has_ended(retired.front().token)) {
        retired.pop_front();
    }
}

}  // namespace ntm::relay
