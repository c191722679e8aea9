// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "common/base/address.hpp"
#include "rs-dataplane/napt/record_pool.hpp"
#include "rs-dataplane/tables/padded_address.hpp"

namespace ntm::relay {

// A subscriber as the control thread numbers him (tables::SubscriberNumber): what every packet of his
// needs is read in one place.
struct NumberedSubscriber {
    napt::Position at = napt::nowhere;  // in Bindings
    Ipv4Address vipv4;                  // all zero: none
    Ipv6Address vipv6;                  // likewise

    [[nodiscard]] tables::PaddedAddress vip(Family family) const noexcept {
        return family == Family::ipv4 ? tables::PaddedAddress::ipv4_at(vipv4.bytes.data())
                                      : tables::PaddedAddress::ipv6_at(vipv6.bytes.data());
    }
};

}  // namespace ntm::relay
