// SPDX-License-Identifier: BSD-3-Clause
// Those sessions that strangers have begun and not proven yet, the oldest first: a list through the
// positions of a session table. The oldest make room for others where there is none (RFC 4987 section
// 3.4): who begins one in earnest proves it within a round trip.
#pragma once

#include "rs-dataplane/napt/record_pool.hpp"
#include "rs-dataplane/tables/large_array.hpp"

#include <cstddef>
#include <cstdint>

namespace ntm::napt {

class Unproven {
  public:
    // Of the session table's capacity; of none if there is no memory.
    explicit Unproven(std::uint32_t capacity) noexcept
        : links_{tables::LargeArray<Link>::map(capacity)} {}
    [[nodiscard]] static constexpr std::size_t mapped_bytes(std::uint32_t capacity) noexcept {
        return tables::LargeArray<Link>::mapped_bytes(capacity);
    }
    [[nodiscard]] std::size_t capacity() const noexcept { return links_.size(); }

    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }

    // nowhere: there is none.
    [[nodiscard]] Position oldest() const noexcept { return oldest_; }
    void add(Position at) noexcept {
        links_[at] = {newest_, nowhere};
        (newest_ == nowhere ? oldest_ : links_[newest_].newer) = at;
        newest_ = at;
        ++size_;
    }
    void remove(Position at) noexcept {
        const Link link = links_[at];
        (link.older == nowhere ? oldest_ : links_[link.older].newer) = link.newer;
        (link.newer == nowhere ? newest_ : links_[link.newer].older) = link.older;
        --size_;
    }

  private:
    struct Link {
        Position older;
        Position newer;
    };

    tables::LargeArray<Link> links_;  // by position: of those in the list
    Position oldest_ = nowhere;
    Position newest_ = nowhere;
    std::uint32_t size_ = 0;
};

}  // namespace ntm::napt
