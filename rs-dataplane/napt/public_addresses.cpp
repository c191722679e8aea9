// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/public_addresses.hpp"

#include <bit>

namespace ntm::napt {

namespace {

template <typename Address>
std::vector<PaddedAddress> padded(const std::vector<Address>& addresses) {
    std::vector<PaddedAddress> made;
    made.reserve(addresses.size());
    for (const Address& address : addresses) {
        made.push_back(PaddedAddress::of(address));
    }
    return made;
}

}  // namespace

PublicAddresses::PublicAddresses(
    const std::vector<Ipv4Address>& ipv4, const std::vector<Ipv6Address>& ipv6
)
    : ipv4_{padded(ipv4)}, ipv6_{padded(ipv6)} {}

PublicAddresses::Pool::Pool(const std::vector<PaddedAddress>& addresses)
    : addresses_{addresses},
      places_(std::bit_ceil(2 * addresses.size() + 2), none),
      shift_{64 - static_cast<unsigned>(std::bit_width(places_.size() - 1))} {
    for (std::size_t number = 0; number < addresses_.size(); ++number) {
        std::size_t at = home_of(addresses_[number]);
        while (places_[at] != none) {
            at = next(at);
        }
        places_[at] = static_cast<PublicAddress>(number);
    }
}

}  // namespace ntm::napt
