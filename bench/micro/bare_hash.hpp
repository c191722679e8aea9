// SPDX-License-Identifier: BSD-3-Clause
// The anchor of every look-up here: DPDK's rte_hash as the relay table has it, with its default hash
// function, each key's data a pointer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <rte_hash.h>

namespace ntm::bench {

template <typename Key>
class BareHash {
  public:
    explicit BareHash(std::uint32_t entries) {
        rte_hash_parameters parameters{};
        parameters.name = "bare";
        parameters.entries = entries + std::max(1024U, entries / 16);
        parameters.key_len = sizeof(Key);
        parameters.extra_flag =
            RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
        hash_ = rte_hash_create(&parameters);
    }
    ~BareHash() { rte_hash_free(hash_); }
    BareHash(const BareHash&) = delete;
    BareHash& operator=(const BareHash&) = delete;

    void add(const Key& key, void* data) {
        if (hash_ == nullptr || rte_hash_add_key_data(hash_, &key, data) != 0) {
            std::abort();
        }
    }
    [[nodiscard]] const rte_hash* get() const noexcept { return hash_; }

  private:
    rte_hash* hash_;
};

}  // namespace ntm::bench
