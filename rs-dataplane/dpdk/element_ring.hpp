// SPDX-License-Identifier: BSD-3-Clause
// A ring of DPDK's with copies of small things from one thread to one other; neither ever waits.
#pragma once

#include "common/base/result.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

struct rte_ring;

namespace ntm::dpdk {

// Of things of one size, a multiple of 4 bytes.
class RawRing {
  public:
    // Needs EAL. `size`: a power of two; it holds one less.
    [[nodiscard]] static Result<RawRing, std::string> create(
        const std::string& name, unsigned element_size, unsigned size
    );
    RawRing(RawRing&& other) noexcept
        : ring_{std::exchange(other.ring_, nullptr)}, element_size_{other.element_size_} {}
    RawRing& operator=(RawRing&&) = delete;
    RawRing(const RawRing&) = delete;
    RawRing& operator=(const RawRing&) = delete;
    ~RawRing();

    [[nodiscard]] bool put(const void* element) noexcept;
    [[nodiscard]] std::size_t take(void* elements, std::size_t most) noexcept;

  private:
    RawRing(rte_ring* ring, unsigned element_size) noexcept
        : ring_{ring}, element_size_{element_size} {}
    rte_ring* ring_;  // owned
    unsigned element_size_;
};

template <typename Element>
class ElementRing {
  public:
    static_assert(std::is_trivially_copyable_v<Element> && sizeof(Element) % 4 == 0);

    [[nodiscard]] static Result<ElementRing, std::string> create(
        const std::string& name, unsigned size
    ) {
        auto ring = RawRing::create(name, sizeof(Element), size);
        if (!ring) {
            return Unexpected{ring.error()};
        }
        return ElementRing{*std::move(ring)};
    }

    // False: it is full.
    [[nodiscard]] bool put(const Element& element) noexcept { return ring_.put(&element); }
    // Fills in what there is and returns how many.
    [[nodiscard]] std::size_t take(std::span<Element> elements) noexcept {
        return ring_.take(elements.data(), elements.size());
    }

  private:
    explicit ElementRing(RawRing ring) noexcept : ring_{std::move(ring)} {}
    RawRing ring_;
};

}  // namespace ntm::dpdk
