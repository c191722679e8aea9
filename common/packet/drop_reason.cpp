// SPDX-License-Identifier: BSD-3-Clause
#include "common/packet/drop_reason.hpp"

#include <array>

namespace ntm {

namespace {

constexpr std::array<DropReasonText, drop_reason_count> texts{{
    {"none", "Not dropped.", DropPlace::pipeline},
#define DROP_REASON(name, where, sentence) {#name, sentence, DropPlace::where},
#include "common/packet/drop_reason.def"
#undef DROP_REASON
}};

}  // namespace

const DropReasonText& describe(DropReason reason) noexcept {
    return texts[static_cast<std::size_t>(reason)];
}

}  // namespace ntm
