// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/tables/grace_period.hpp"

#include <cstdlib>
#include <new>

#include <rte_rcu_qsbr.h>

namespace ntm::tables {

Result<std::unique_ptr<GracePeriod>, std::string> GracePeriod::create(unsigned workers) {
    const std::size_t size = rte_rcu_qsbr_get_memsize(workers);
    void* memory = std::aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_CACHE_LINE_ROUNDUP(size));
    if (memory == nullptr) {
        return Unexpected{std::string{"no memory for the grace period's state"}};
    }
    auto* variable = static_cast<rte_rcu_qsbr*>(memory);
    if (rte_rcu_qsbr_init(variable, workers) != 0) {
        std::free(memory);
        return Unexpected{std::string{"DPDK refused the grace period's state"}};
    }
    for (unsigned number = 0; number < workers; ++number) {
        rte_rcu_qsbr_thread_register(variable, number);
    }
    return std::unique_ptr<GracePeriod>{new GracePeriod{variable}};
}

GracePeriod::~GracePeriod() {
    std::free(variable_);
}

void GracePeriod::Worker::go_online() noexcept {
    rte_rcu_qsbr_thread_online(variable_, number_);
}

void GracePeriod::Worker::go_offline() noexcept {
    rte_rcu_qsbr_thread_offline(variable_, number_);
}

void GracePeriod::Worker::report() noexcept {
    rte_rcu_qsbr_quiescent(variable_, number_);
}

GracePeriod::Token GracePeriod::start() noexcept {
    return rte_rcu_qsbr_start(variable_);
}

bool GracePeriod::has_ended(Token token) noexcept {
    return rte_rcu_qsbr_check(variable_, token, false) == 1;
}

}  // namespace ntm::tables
