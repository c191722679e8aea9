// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/path_keys.hpp"

#include <algorithm>

namespace ntm::client {

PathKeys::PathKeys(const RouteDirection& direction)
    : sealer{direction.path_secret, direction.suite, direction.path_id, direction.role},
      opener{direction.path_secret, direction.suite, direction.path_id, direction.role},
      path_id_{direction.path_id},
      role_{direction.role},
      suite_{direction.suite},
      secret_{direction.path_secret.clone()} {}

bool PathKeys::is_for(const RouteDirection& direction) const noexcept {
    return path_id_ == direction.path_id && role_ == direction.role && suite_ == direction.suite &&
           secret_ == direction.path_secret;
}

std::unique_ptr<PathKeys> KeyShelf::take(const RouteDirection& direction) {
    const auto known = std::find_if(laid_aside_.begin(), laid_aside_.end(), [&](const auto& keys) {
        return keys->is_for(direction);
    });
    if (known == laid_aside_.end()) {
        return std::make_unique<PathKeys>(direction);
    }
    std::unique_ptr<PathKeys> keys = std::move(*known);
    laid_aside_.erase(known);
    return keys;
}

void KeyShelf::lay_aside(std::unique_ptr<PathKeys> keys) {
    if (!keys) {
        return;
    }
    if (laid_aside_.size() == capacity) {
        laid_aside_.pop_front();
    }
    laid_aside_.push_back(std::move(keys));
}

}  // namespace ntm::client
