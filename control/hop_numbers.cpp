// SPDX-License-Identifier: BSD-3-Clause
#include "control/hop_numbers.hpp"

#include <algorithm>

namespace ntm::control {

namespace {

// So few numbers are not worth a walk over all paths.
constexpr std::size_t free_of_care = 256;

}  // namespace

tables::NextHopIndex HopNumbers::take(const Hop& hop) {
    const auto known = numbers_.find(hop);
    const bool is_new = known == numbers_.end();
    const tables::NextHopIndex number = is_new ? find_room() : known->second;
    if (number == tables::no_next_hop) {
        was_full_ = true;
        return number;
    }
    Slot& slot = slots_[number];
    if (is_new) {
        numbers_.emplace(hop, number);
        slot = {hop, Use::in_use, true};
        fresh_.push_back(hop.neighbour);
        return number;
    }
    slot.is_asked_for = true;
    if (slot.use == Use::swept) {
        slot.use = Use::in_use;
        fresh_.push_back(hop.neighbour);
    }
    return number;
}

tables::NextHopIndex HopNumbers::keep(const Hop& hop) {
    const tables::NextHopIndex number = take(hop);
    if (number != tables::no_next_hop) {
        slots_[number].use = Use::kept;
    }
    return number;
}

tables::NextHopIndex HopNumbers::find_room() {
    if (!free_.empty()) {
        const tables::NextHopIndex number = free_.back();
        free_.pop_back();
        return number;
    }
    if (slots_.size() >= most_) {
        return tables::no_next_hop;
    }
    slots_.emplace_back();
    return static_cast<tables::NextHopIndex>(slots_.size() - 1);
}

const Hop* HopNumbers::find(std::size_t number) const noexcept {
    if (number >= slots_.size()) {
        return nullptr;
    }
    const Slot& slot = slots_[number];
    const bool is_hop = slot.use == Use::in_use || slot.use == Use::kept;
    return is_hop ? &slot.hop : nullptr;
}

bool HopNumbers::contains(const Neighbour& neighbour) const {
    const auto first = numbers_.lower_bound({neighbour, 0});
    return first != numbers_.end() && first->first.neighbour == neighbour;
}

bool HopNumbers::is_sweep_due() const noexcept {
    return numbers_.size() >= std::min(2 * left_by_sweep_ + free_of_care, most_);
}

void HopNumbers::begin_sweep() {
    for (Slot& slot : slots_) {
        slot.is_asked_for = false;
    }
}

bool HopNumbers::end_sweep() {
    std::size_t swept = 0;
    for (Slot& slot : slots_) {
        if (slot.use == Use::in_use && !slot.is_asked_for) {
            slot.use = Use::swept;
            ++swept;
        }
    }
    left_by_sweep_ = numbers_.size() - swept;
    return swept != 0;
}

HopNumbers::Freed HopNumbers::free_swept() {
    Freed freed;
    for (std::size_t number = 0; number < slots_.size(); ++number) {
        Slot& slot = slots_[number];
        if (slot.use != Use::swept) {
            continue;
        }
        numbers_.erase(slot.hop);
        free_.push_back(static_cast<tables::NextHopIndex>(number));
        freed.neighbours.push_back(slot.hop.neighbour);
        slot = {};
    }
    std::ranges::sort(freed.neighbours);
    const auto repeats = std::unique(freed.neighbours.begin(), freed.neighbours.end());
    freed.neighbours.erase(repeats, freed.neighbours.end());
    std::erase_if(freed.neighbours, [this](const Neighbour& one) { return contains(one); });
    freed.was_full = std::exchange(was_full_, false);
    return freed;
}

}  // namespace ntm::control
