// SPDX-License-Identifier: BSD-3-Clause
// Why a packet was dropped: one list (drop_reason.def), from which come the enumeration, the
// counters' names and the documentation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ntm {

enum class DropReason : std::uint8_t {
    none,
#define DROP_REASON(name, where, sentence) name,
#include "common/packet/drop_reason.def"
#undef DROP_REASON
    count_,
};

inline constexpr auto drop_reason_count = static_cast<std::size_t>(DropReason::count_);

enum class DropPlace : std::uint8_t { pipeline, glue, ended, napt };

struct DropReasonText {
    std::string_view name;
    std::string_view sentence;
    DropPlace place;
};

// `reason` is below count_.
[[nodiscard]] const DropReasonText& describe(DropReason reason) noexcept;

}  // namespace ntm
