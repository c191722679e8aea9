// SPDX-License-Identifier: BSD-3-Clause
// Endpoints in Asio's form.
#pragma once

#include "common/base/address.hpp"

#include <asio/ip/address.hpp>

namespace ntm::dns {

template <typename Protocol>
[[nodiscard]] typename Protocol::endpoint asio_endpoint(const Endpoint& endpoint) {
    if (endpoint.address.is_ipv4()) {
        return {asio::ip::address_v4{endpoint.address.ipv4().bytes}, endpoint.port.number};
    }
    return {asio::ip::address_v6{endpoint.address.ipv6().bytes}, endpoint.port.number};
}

}  // namespace ntm::dns
