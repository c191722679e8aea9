// SPDX-License-Identifier: BSD-3-Clause
// How many changes this host has seen the store acknowledge: a number in a small file beside it,
// written after each commit and never waited for. A store that has fewer of them has lost some (its
// write-ahead log was damaged or removed, or an old copy lies in its place), which SQLite can not
// tell from a store that never had them. A crash of the host may leave the mark behind the store,
// never ahead of it.
#pragma once

#include "common/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ntm::dc {

class StoreMark {
  public:
    StoreMark() = default;
    ~StoreMark();
    StoreMark(StoreMark&& other) noexcept;
    StoreMark& operator=(StoreMark&&) = delete;
    StoreMark(const StoreMark&) = delete;
    StoreMark& operator=(const StoreMark&) = delete;

    // Made if it is not there. The error is a sentence: it can not be opened, or is damaged.
    [[nodiscard]] static Result<StoreMark, std::string> open(const std::string& file);
    // As it was found; nothing if it has only been made.
    [[nodiscard]] std::optional<std::uint64_t> found() const noexcept { return found_; }
    void set(std::uint64_t changes) noexcept;

  private:
    int descriptor_ = -1;  // owned; -1: a mark of nothing, for a store in memory
    std::optional<std::uint64_t> found_;
};

}  // namespace ntm::dc
