// SPDX-License-Identifier: BSD-3-Clause
#include "control/subscribers.hpp"

#include <algorithm>

namespace ntm::control {

std::optional<Subscribers::Joined> Subscribers::join(
    const crypto::PublicKey& dc, const Subscriber& subscriber
) {
    const Name name{dc, subscriber.vipv4, subscriber.vipv6};
    const auto known = numbers_.find(name);
    if (known != numbers_.end()) {
        Place& place = places_[known->second];
        ++place.paths;
        place.fqdn = subscriber.fqdn;
        return Joined{known->second, false};
    }
    if (numbers_.size() == capacity_) {
        ++refused_;
        return std::nullopt;
    }
    const tables::SubscriberNumber number = free_number();
    places_[number] = {numbers_.emplace(name, number).first, 1, subscriber.fqdn};
    return Joined{number, true};
}

void Subscribers::rejoin(
    tables::SubscriberNumber number, const crypto::PublicKey& dc, const Subscriber& subscriber
) {
    const Name name{dc, subscriber.vipv4, subscriber.vipv6};
    places_.resize(std::max<std::size_t>(places_.size(), number + std::size_t{1}));
    Place& place = places_[number];
    place.owner = numbers_.emplace(name, number).first;
    place.fqdn = subscriber.fqdn;
    ++place.paths;
}

void Subscribers::free_the_rest() {
    for (tables::SubscriberNumber number = 0; number < places_.size(); ++number) {
        if (places_[number].paths == 0) {
            free_.push(number);
        }
    }
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
