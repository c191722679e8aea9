// SPDX-License-Identifier: BSD-3-Clause
// Endpoints as the kernel's socket addresses, and back. Only udp_sockets uses it.
#pragma once

#include "common/base/address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace ntm::dc {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

[[nodiscard]] SocketAddress to_socket_address(const Endpoint& endpoint) noexcept;
// `from` is of one of the two families.
[[nodiscard]] Endpoint to_endpoint(const sockaddr_storage& from) noexcept;

}  // namespace ntm::dc
