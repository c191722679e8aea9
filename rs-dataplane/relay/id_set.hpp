// SPDX-License-Identifier: BSD-3-Clause
// An immutable set of numbers that packets name: sorted, searched by halves. A relay has a handful
// of sessions (three for each of its DCs at most) and of handshakes under way.
#pragma once

#include "common/base/ids.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ntm::relay {

template <typename Number>
class IdSet {
  public:
    IdSet() = default;
    explicit IdSet(std::vector<Number> ids) : ids_{std::move(ids)} { std::ranges::sort(ids_); }
    [[nodiscard]] bool contains(Number id) const noexcept {
        return std::ranges::binary_search(ids_, id);
    }
    friend bool operator==(const IdSet&, const IdSet&) = default;

  private:
    std::vector<Number> ids_;
};

using SessionSet = IdSet<SessionId>;
using NonceSet = IdSet<std::uint64_t>;

}  // namespace ntm::relay
