// SPDX-License-Identifier: BSD-3-Clause
// Memory that tests let outlive Bindings, and a process too: with a layout's parts, as KeptMemory has them.
#pragma once

#include "rs-dataplane/tables/kept_layout.hpp"

#include <cstddef>
#include <cstring>
#include <span>

#include <sys/mman.h>

namespace ntm::napt {

class KeptStore {
  public:
    explicit KeptStore(std::size_t bytes)
        : memory_{mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)},
          bytes_{bytes} {}
    ~KeptStore() { munmap(memory_, bytes_); }
    KeptStore(const KeptStore&) = delete;
    KeptStore& operator=(const KeptStore&) = delete;

    // Whether that changed anything.
    bool copy(const KeptStore& from) {
        const bool is_changed = std::memcmp(memory_, from.memory_, bytes_) != 0;
        std::memcpy(memory_, from.memory_, bytes_);
        return is_changed;
    }
    template <typename T>
    [[nodiscard]] std::span<T> operator[](const tables::KeptLayout::Part<T>& part) {
        return {reinterpret_cast<T*>(static_cast<std::byte*>(memory_) + part.at), part.count};
    }

  private:
    void* memory_;
    std::size_t bytes_;
};

}  // namespace ntm::napt
