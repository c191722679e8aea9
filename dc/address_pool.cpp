// SPDX-License-Identifier: BSD-3-Clause
#include "dc/address_pool.hpp"

#include <algorithm>

namespace ntm::dc {

AddressPool::AddressPool(
    const VirtualBlocks& blocks, std::uint64_t next_number, const std::optional<Prefix>& kept
)
    : blocks_{blocks},
      // Without the network address (number 0) and the broadcast address (the last).
      last_{(std::uint64_t{1} << (32 - blocks.ipv4.length)) - 2} {
    if (kept) {
        const std::uint64_t first =
            kept->address.ipv4().to_host() - blocks.ipv4.address.ipv4().to_host();
        kept_ = Range{first, first + (std::uint64_t{1} << (32 - kept->length)) - 1};
    }
    next_ = first_from(next_number);
}

std::uint64_t AddressPool::capacity() const noexcept {
    if (!kept_) {
        return last_;
    }
    const std::uint64_t first = std::max<std::uint64_t>(kept_->first, 1);
    return last_ - (std::min(kept_->last, last_) - first + 1);
}

std::uint64_t AddressPool::first_from(std::uint64_t number) const noexcept {
    const auto in_block = [this](std::uint64_t any) {
        return any >= 1 && any <= last_ ? any : 1;
    };
    const std::uint64_t from = in_block(number);
    return kept_ && kept_->contains(from) ? in_block(kept_->last + 1) : from;
}

bool AddressPool::adopt(const VirtualAddresses& addresses) {
    const auto number = number_of(addresses);
    return number && used_.insert(*number).second;
}

std::optional<VirtualAddresses> AddressPool::take() {
    if (used_.size() >= capacity()) {
        return std::nullopt;
    }
    while (!used_.insert(next_).second) {
        next_ = first_from(next_ + 1);
    }
    const VirtualAddresses taken = at(next_);
    next_ = first_from(next_ + 1);
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
    if (kept_ && kept_->contains(number)) {
        return std::nullopt;
    }
    return number;
}

}  // namespace ntm::dc
