// SPDX-License-Identifier: BSD-3-Clause
// The exception path by rings: for each worker one with its punted frames and one with the frames
// that it shall send for the kernel. Workers only move pointers; the copy is the control thread's.
#pragma once

#include "common/base/result.hpp"
#include "rs-dataplane/dpdk/mbuf_view.hpp"
#include "rs-dataplane/relay/exception_path.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

struct rte_mempool;
struct rte_ring;

namespace ntm::dpdk {

// A worker's end.
class WorkerRings {
  public:
    WorkerRings(rte_ring* punted, rte_ring* injected) noexcept
        : punted_{punted}, injected_{injected} {}
    // Takes the first n frames, tagged, and returns n; the others are still the caller's.
    [[nodiscard]] std::size_t punt(std::span<rte_mbuf* const> frames) noexcept;
    // Fills in the frames to be sent, tagged with their port, and returns how many.
    [[nodiscard]] std::size_t take_injected(std::span<rte_mbuf*> frames) noexcept;

  private:
    rte_ring* punted_;
    rte_ring* injected_;
};

class ExceptionRings final : public relay::ExceptionPath {
  public:
    // `buffers` outlives this.
    [[nodiscard]] static Result<std::unique_ptr<ExceptionRings>, std::string> create(
        unsigned workers, std::uint16_t ports, rte_mempool* buffers
    );
    ~ExceptionRings() override;

    [[nodiscard]] WorkerRings worker(std::size_t number) noexcept {
        return {pairs_[number].punted, pairs_[number].injected};
    }

    std::size_t poll(relay::PuntSink& sink, std::size_t most) override;
    [[nodiscard]] bool inject(std::uint16_t port, ByteView frame) override;

    static constexpr unsigned size = 1024;

  private:
    struct Pair {
        rte_ring* punted = nullptr;
        rte_ring* injected = nullptr;
    };
    ExceptionRings(std::uint16_t ports, rte_mempool* buffers) noexcept
        : ports_{ports}, buffers_{buffers} {}
    std::vector<Pair> pairs_;  // by worker, owned
    std::uint16_t ports_;
    rte_mempool* buffers_;
    std::size_t next_polled_ = 0;
};

}  // namespace ntm::dpdk
