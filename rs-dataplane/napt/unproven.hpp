// SPDX-License-Identifier: BSD-3-Clause
// Those sessions that strangers have begun and not proven yet, the oldest first: of all, and of each
// subscriber by himself. Lists through the positions of a session table. The oldest make room for others
// where there is none (RFC 4987 section 3.4), those of the subscriber himself before anybody else's: who
// begins one in earnest proves it within a round trip.
#pragma once

#include "rs-dataplane/napt/record_pool.hpp"
#include "rs-dataplane/tables/large_array.hpp"

#include <cstddef>
#include <cstdint>

namespace ntm::napt {

class Unproven {
  public:
    // Of the session table's capacity, and so many subscribers; of none if there is no memory.
    Unproven(std::uint32_t sessions, std::uint32_t subscribers) noexcept
        : in_all_{tables::LargeArray<Link>::map(sessions)},
          in_his_{tables::LargeArray<Link>::map(sessions)},
          his_{tables::LargeArray<List>::map(subscribers)} {}
    [[nodiscard]] static constexpr std::size_t mapped_bytes(
        std::uint32_t sessions, std::uint32_t subscribers
    ) noexcept {
        return 2 * tables::LargeArray<Link>::mapped_bytes(sessions) +
               tables::LargeArray<List>::mapped_bytes(subscribers);
    }
    [[nodiscard]] bool has_memory() const noexcept {
        return !in_all_.is_empty() && !in_his_.is_empty() && !his_.is_empty();
    }

    [[nodiscard]] std::uint32_t size() const noexcept { return all_.size; }
    [[nodiscard]] std::uint32_t size_of(Position subscriber) const noexcept {
        return his_[subscriber].size;
    }
    // The one to make room for something of this subscriber's. nowhere: there is none.
    [[nodiscard]] Position first_to_go(Position subscriber) const noexcept {
        const List& his = his_[subscriber];
        return his.size != 0 ? his.oldest : all_.size != 0 ? all_.oldest : nowhere;
    }
    void add(Position at, Position subscriber) noexcept {
        append(all_, in_all_, at);
        append(his_[subscriber], in_his_, at);
    }
    void remove(Position at, Position subscriber) noexcept {
        take_out(all_, in_all_, at);
        take_out(his_[subscriber], in_his_, at);
    }

  private:
    struct Link {
        Position older;
        Position newer;
    };
    using Links = tables::LargeArray<Link>;  // by position: of those in the list
    struct List {
        std::uint32_t size;
        // If there are any.
        Position oldest;
        Position newest;
    };

    static void append(List& list, Links& links, Position at) noexcept {
        links[at] = {list.size == 0 ? nowhere : list.newest, nowhere};
        (list.size == 0 ? list.oldest : links[list.newest].newer) = at;
        list.newest = at;
        ++list.size;
    }
    static void take_out(List& list, Links& links, Position at) noexcept {
        const Link link = links[at];
        (link.older == nowhere ? list.oldest : links[link.older].newer) = link.newer;
        (link.newer == nowhere ? list.newest : links[link.newer].older) = link.older;
        --list.size;
    }

    Links in_all_;
    Links in_his_;
    List all_{};
    tables::LargeArray<List> his_;  // by subscriber
};

}  // namespace ntm::napt
