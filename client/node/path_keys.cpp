// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/path_keys.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

// An RS-N answers no key message, and without a cipher there is nothing to exchange keys for.
std::optional<KeyPolicy> policy_for(const RouteDirection& direction, const KeyPolicy& policy) {
    const bool has_none =
        direction.kind == RouteKind::general || direction.suite == crypto::Suite::none;
    return has_none ? std::nullopt : std::optional{policy};
}

}  // namespace

PathKeys::PathKeys(const RouteDirection& direction, const KeyPolicy& policy)
    : epochs{{direction.path_id, direction.role, direction.suite}, direction.path_secret},
      exchange{epochs, policy_for(direction, policy)},
      secret_{direction.path_secret.clone()} {}

bool PathKeys::is_for(const RouteDirection& direction) const noexcept {
    const PathEpochs::Use& use = epochs.use();
    return use.path_id == direction.path_id && use.role == direction.role &&
           use.suite == direction.suite && secret_ == direction.path_secret;
}

std::unique_ptr<PathKeys> KeyShelf::take(const RouteDirection& direction) {
    const auto known = std::find_if(laid_aside_.begin(), laid_aside_.end(), [&](const auto& keys) {
        return keys->is_for(direction);
    });
    if (known == laid_aside_.end()) {
        return std::make_unique<PathKeys>(direction, policy_);
    }
    std::unique_ptr<PathKeys> keys = std::move(*known);
    laid_aside_.erase(known);
    return keys;
}

void KeyShelf::lay_aside(std::unique_ptr<PathKeys> keys) {
    if (!keys) {
        return;
    }
    keys->exchange.set_ready(false, {});
    if (laid_aside_.size() == capacity) {
        laid_aside_.pop_front();
    }
    laid_aside_.push_back(std::move(keys));
}

}  // namespace ntm::client
