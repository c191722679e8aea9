// SPDX-License-Identifier: BSD-3-Clause
#include "dc/socket_address.hpp"

#include "common/base/bytes.hpp"

#include <bit>
#include <cstring>

namespace ntm::dc {

namespace {

template <typename Native>
SocketAddress wrap(const Native& native) noexcept {
    SocketAddress address;
    std::memcpy(&address.storage, &native, sizeof(native));
    address.size = sizeof(native);
    return address;
}

template <typename Native>
Native unwrap(const sockaddr_storage& from) noexcept {
    Native native;
    std::memcpy(&native, &from, sizeof(native));
    return native;
}

}  // namespace

SocketAddress to_socket_address(const Endpoint& endpoint) noexcept {
    if (endpoint.address.is_ipv4()) {
        sockaddr_in native{};
        native.sin_family = AF_INET;
        native.sin_port = htons(endpoint.port.number);
        native.sin_addr = std::bit_cast<in_addr>(endpoint.address.ipv4());
        return wrap(native);
    }
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    native.sin6_port = htons(endpoint.port.number);
    native.sin6_addr = std::bit_cast<in6_addr>(endpoint.address.ipv6());
    return wrap(native);
}

Endpoint to_endpoint(const sockaddr_storage& from) noexcept {
    if (from.ss_family == AF_INET) {
        const auto native = unwrap<sockaddr_in>(from);
        return {std::bit_cast<Ipv4Address>(native.sin_addr), Port{ntohs(native.sin_port)}};
    }
    const auto native = unwrap<sockaddr_in6>(from);
    return {std::bit_cast<Ipv6Address>(native.sin6_addr), Port{ntohs(native.sin6_port)}};
}

}  // namespace ntm::dc
