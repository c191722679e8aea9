// SPDX-License-Identifier: BSD-3-Clause
// The NTM header as the data plane sees it: a checked view that copies nothing
// (docs/protocol.md section 2). Brains use protocol::NtmHeader, which is a value.
#pragma once

#include "common/base/byte_order.hpp"
#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/packet/drop_reason.hpp"

#include <cstdint>

namespace ntm {

// Holding a view is having checked length, version and type.
class NtmView {
  public:
    static constexpr std::size_t size = 16;
    static constexpr std::uint8_t last_type = 5;

    [[nodiscard]] static Result<NtmView, DropReason> parse(ByteView datagram) noexcept {
        if (datagram.size() < size) {
            return Unexpected{DropReason::truncated_ntm};
        }
        if (datagram[0] >> 4 != 1) {
            return Unexpected{DropReason::bad_ntm_version};
        }
        if ((datagram[0] & 0x0f) > last_type) {
            return Unexpected{DropReason::unknown_ntm_type};
        }
        return NtmView{datagram.data()};
    }
    [[nodiscard]] std::uint8_t type() const noexcept { return at_[0] & 0x0f; }
    [[nodiscard]] Role role() const noexcept { return static_cast<Role>(at_[1] & 1); }
    [[nodiscard]] bool is_answer() const noexcept { return (at_[1] & 4) != 0; }
    [[nodiscard]] PathId path_id() const noexcept { return {load<Be64>(at_ + 8).to_host()}; }
    [[nodiscard]] SessionId session_id() const noexcept { return {load<Be64>(at_ + 8).to_host()}; }

  private:
    explicit NtmView(const std::uint8_t* at) noexcept : at_{at} {}
    const std::uint8_t* at_;
};

}  // namespace ntm
