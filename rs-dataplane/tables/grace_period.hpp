// SPDX-License-Identifier: BSD-3-Clause
// Quiescent-state reclamation (rte_rcu_qsbr) for everything that the control thread replaces under
// the workers: table entries and settings. A worker reports between bursts that it holds no pointer
// any more, and is offline while it sleeps. What the control thread has unlinked, it may free when
// a period that it started after unlinking has ended.
#pragma once

#include "common/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>

struct rte_rcu_qsbr;

namespace ntm::tables {

class GracePeriod {
  public:
    [[nodiscard]] static Result<std::unique_ptr<GracePeriod>, std::string> create(unsigned workers);
    ~GracePeriod();
    GracePeriod(const GracePeriod&) = delete;
    GracePeriod& operator=(const GracePeriod&) = delete;

    // A worker's side. Used by that worker only.
    class Worker {
      public:
        void go_online() noexcept;   // before it reads anything shared
        void go_offline() noexcept;  // holds no pointer, and will not until it is online again
        void report() noexcept;      // holds no pointer at this moment

      private:
        friend class GracePeriod;
        Worker(rte_rcu_qsbr* variable, unsigned number) noexcept
            : variable_{variable}, number_{number} {}
        rte_rcu_qsbr* variable_;
        unsigned number_;
    };
    [[nodiscard]] Worker worker(unsigned number) noexcept { return {variable_, number}; }

    // The control thread's side. `start` after unlinking; `has_ended` never waits.
    using Token = std::uint64_t;
    [[nodiscard]] Token start() noexcept;
    [[nodiscard]] bool has_ended(Token token) noexcept;

  private:
    explicit GracePeriod(rte_rcu_qsbr* variable) noexcept : variable_{variable} {}
    rte_rcu_qsbr* variable_;  // owned
};

}  // namespace ntm::tables
