// SPDX-License-Identifier: BSD-3-Clause
// All that follows from a path secret in use, and a shelf for those laid aside. A path secret that this
// run has counted under must never be counted from 0 again (docs/protocol.md section 6), even if a
// path is given up and directed anew with it, so its epochs and counters outlive the path.
#pragma once

#include "client/node/key_exchange.hpp"
#include "client/node/path_epochs.hpp"
#include "client/node/route_direction.hpp"
#include "common/base/secret.hpp"

#include <cstddef>
#include <deque>
#include <memory>

namespace ntm::client {

class PathKeys {
  public:
    PathKeys(const RouteDirection& direction, const KeyPolicy& policy);
    PathKeys(const PathKeys&) = delete;
    PathKeys& operator=(const PathKeys&) = delete;
    ~PathKeys() = default;
    [[nodiscard]] bool is_for(const RouteDirection& direction) const noexcept;

    PathEpochs epochs;
    KeyExchange exchange;  // refers to them

  private:
    Secret32 secret_;
};

class KeyShelf {
  public:
    explicit KeyShelf(const KeyPolicy& policy) : policy_{policy} {}
    // The keys for this direction: those laid aside if the secret has been in use, else new ones.
    [[nodiscard]] std::unique_ptr<PathKeys> take(const RouteDirection& direction);
    void lay_aside(std::unique_ptr<PathKeys> keys);

  private:
    static constexpr std::size_t capacity = 4096;
    KeyPolicy policy_;
    std::deque<std::unique_ptr<PathKeys>> laid_aside_;  // oldest first
};

}  // namespace ntm::client
