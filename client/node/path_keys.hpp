// SPDX-License-Identifier: BSD-3-Clause
// The two halves of a path secret in use, and a shelf for those laid aside. A path secret that this
// run has counted under must never be counted from 0 again (docs/protocol.md section 6), even if a
// path is given up and directed anew with it, so its counters outlive the path.
#pragma once

#include "client/node/route_direction.hpp"
#include "common/base/ids.hpp"
#include "common/base/secret.hpp"
#include "common/protocol/sealed.hpp"

#include <cstddef>
#include <deque>
#include <memory>

namespace ntm::client {

class PathKeys {
  public:
    explicit PathKeys(const RouteDirection& direction);
    [[nodiscard]] bool is_for(const RouteDirection& direction) const noexcept;

    protocol::DataSealer sealer;
    protocol::DataOpener opener;

  private:
    PathId path_id_;
    Role role_;
    crypto::Suite suite_;
    Secret32 secret_;
};

class KeyShelf {
  public:
    // The keys for this direction: those laid aside if the secret has been in use, else new ones.
    [[nodiscard]] std::unique_ptr<PathKeys> take(const RouteDirection& direction);
    void lay_aside(std::unique_ptr<PathKeys> keys);

  private:
    static constexpr std::size_t capacity = 4096;
    std::deque<std::unique_ptr<PathKeys>> laid_aside_;  // oldest first
};

}  // namespace ntm::client
