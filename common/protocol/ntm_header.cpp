// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/ntm_header.hpp"

#include "common/base/byte_order.hpp"

namespace ntm::protocol {

Result<NtmHeader, HeaderError> NtmHeader::parse(ByteView bytes) noexcept {
    if (bytes.size() < size) {
        return Unexpected{HeaderError::truncated};
    }
    if (bytes[0] >> 4 != version) {
        return Unexpected{HeaderError::bad_version};
    }
    const auto type = static_cast<std::uint8_t>(bytes[0] & 0x0f);
    if (type > static_cast<std::uint8_t>(PacketType::end)) {
        return Unexpected{HeaderError::unknown_type};
    }
    NtmHeader header;
    header.type = static_cast<PacketType>(type);
    header.flags = bytes[1];
    header.counter = load<Be64>(bytes.data()).to_host() & counter_mask;
    header.id = load<Be64>(bytes.data() + 8).to_host();
    return header;
}

void NtmHeader::write(std::uint8_t* to) const noexcept {
    const std::uint64_t first = (std::uint64_t{version} << 60) |
                                (std::uint64_t{static_cast<std::uint8_t>(type)} << 56) |
                                (std::uint64_t{flags} << 48) | (counter & counter_mask);
    store(to, Be64::from_host(first));
    store(to + 8, Be64::from_host(id));
}

}  // namespace ntm::protocol
