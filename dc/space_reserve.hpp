// SPDX-License-Identifier: BSD-3-Clause
// A file beside the store that takes space for nothing, until the disk is full: then it goes, and
// what was under way can be stored still, and what nodes and relays that are known have to say.
#pragma once

#include <cstddef>
#include <string>

namespace ntm::dc {

class SpaceReserve {
  public:
    static constexpr std::size_t size = std::size_t{1} << 20;

    // No file: nothing to reserve, for a store in memory.
    explicit SpaceReserve(std::string file) : file_{std::move(file)} {}

    // False while the disk has not that much to spare.
    [[nodiscard]] bool take();
    // False if there was nothing to give.
    [[nodiscard]] bool give_back() noexcept;
    [[nodiscard]] bool is_held() const noexcept { return is_held_ || file_.empty(); }

  private:
    std::string file_;
    bool is_held_ = false;
};

}  // namespace ntm::dc
