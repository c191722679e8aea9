// SPDX-License-Identifier: BSD-3-Clause
// An immutable set of session ids: sorted, searched by halves. A relay has a handful (three for
// each of its DCs at most).
#pragma once

#include "common/base/ids.hpp"

#include <algorithm>
#include <vector>

namespace ntm::relay {

class SessionSet {
  public:
    SessionSet() = default;
    explicit SessionSet(std::vector<SessionId> ids) : ids_{std::move(ids)} {
        std::ranges::sort(ids_);
    }
    [[nodiscard]] bool contains(SessionId id) const noexcept {
        return std::ranges::binary_search(ids_, id);
    }
    friend bool operator==(const SessionSet&, const SessionSet&) = default;

  private:
    std::vector<SessionId> ids_;
};

}  // namespace ntm::relay
