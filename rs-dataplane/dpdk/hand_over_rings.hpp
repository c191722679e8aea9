// SPDX-License-Identifier: BSD-3-Clause
// Frames on their way from the worker that received them to the one whose subscriber they are of or for:
// a ring for each worker, which all others put into. Fragments, of which a flood may never become whole,
// take no place there that whole packets may need.
#pragma once

#include "common/base/result.hpp"
#include "rs-dataplane/dpdk/mbuf_view.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

struct rte_ring;

namespace ntm::dpdk {

class HandOverRings {
  public:
    // Needs EAL.
    [[nodiscard]] static Result<std::unique_ptr<HandOverRings>, std::string> create(
        std::size_t workers
    );
    HandOverRings(const HandOverRings&) = delete;
    HandOverRings& operator=(const HandOverRings&) = delete;
    ~HandOverRings();

    // To that worker: takes the first n frames, tagged with the port they came in by, and returns n; the
    // others are still the caller's.
    [[nodiscard]] std::size_t put(std::size_t worker, std::span<rte_mbuf* const> frames) noexcept;
    // Likewise, IP fragments: as long as less than half of the ring is in use. Of each worker that puts
    // at the same time one burst may be above that.
    [[nodiscard]] std::size_t put_fragments(
        std::size_t worker, std::span<rte_mbuf* const> frames
    ) noexcept;
    // By that worker: fills in the frames and returns how many.
    [[nodiscard]] std::size_t take(std::size_t worker, std::span<rte_mbuf*> frames) noexcept;

    [[nodiscard]] std::size_t workers() const noexcept { return rings_.size(); }
    static constexpr unsigned size = 1024;
    static constexpr unsigned most_with_fragments = size / 2;

  private:
    HandOverRings() = default;
    std::vector<rte_ring*> rings_;  // by worker, owned
};

}  // namespace ntm::dpdk
