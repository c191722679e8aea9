// SPDX-License-Identifier: BSD-3-Clause
#include "control/subscribers.hpp"

namespace ntm::control {

Subscribers::Joined Subscribers::join(const crypto::PublicKey& dc, const Subscriber& subscriber) {
    const auto [owner, is_first] =
        numbers_.try_emplace(Name{dc, subscriber.vipv4, subscriber.vipv6});
    if (is_first) {
        owner->second = free_number();
        places_[owner->second] = {owner, 0};
    }
    ++places_[owner->second].paths;
    return {owner->second, is_first};
}

bool Subscribers::leave(tables::SubscriberNumber number) {
    Place& place = places_[number];
    if (--place.paths > 0) {
        return false;
    }
    numbers_.erase(place.owner);
    free_.push(number);
    return true;
}

tables::SubscriberNumber Subscribers::free_number() {
    if (free_.empty()) {
        places_.emplace_back();
        return static_cast<tables::SubscriberNumber>(places_.size() - 1);
    }
    const tables::SubscriberNumber number = free_.top();
    free_.pop();
    return number;
}

}  // namespace ntm::control
