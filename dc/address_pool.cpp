// SPDX-License-Identifier: BSD-3-Clause
#include "dc/address_pool.hpp"

namespace ntm::dc {

AddressPool::AddressPool(const VirtualBlocks& blocks, std::uint64_t next_number)
    : blocks_{blocks},
      // Without the network address (number 0) and the broadcast address (the last).
      last_{(std::uint64_t{1} << (32 - blocks.ipv4.length)) - 2},
      next_{next_number >= 1 && next_number <= last_ ? next_number : 1} {}

bool AddressPool::adopt(const VirtualAddresses& addresses) {
    const auto number = number_of(addresses);
    return number && used_.insert(*number).second;
}

std::optional<VirtualAddresses> AddressPool::take() {
    if (used_.size() >= last_) {
        return std::nullopt;
    }
    while (!used_.insert(next_).second) {
        next_ = next_ == last_ ? 1 : next_ + 1;
    }
    const VirtualAddresses taken = at(next_);
    next_ = next_ == last_ ? 1 : next_ + 1;
    return taken;
}

void AddressPool::give_back(const VirtualAddresses& addresses) {
    if (const auto number = number_of(addresses)) {
        used_.erase(*number);
    }
}

VirtualAddresses AddressPool::at(std::uint64_t number) const {
    const std::uint32_t ipv4 = blocks_.ipv4.address.ipv4().to_host();
    VirtualAddresses addresses{
        Ipv4Address::from_host(ipv4 + static_cast<std::uint32_t>(number)),
        blocks_.ipv6.address.ipv6()};
    // The block's last 64 bits are zero, so that the number takes their place.
    store(addresses.ipv6.bytes.data() + 8, Be64::from_host(number));
    return addresses;
}

std::optional<std::uint64_t> AddressPool::number_of(const VirtualAddresses& addresses) const {
    const std::uint32_t first = blocks_.ipv4.address.ipv4().to_host();
    const std::uint32_t ipv4 = addresses.ipv4.to_host();
    const std::uint64_t number = std::uint64_t{ipv4} - first;
    if (ipv4 < first || number < 1 || number > last_ || at(number) != addresses) {
        return std::nullopt;
    }
    return number;
}

}  // namespace ntm::dc
