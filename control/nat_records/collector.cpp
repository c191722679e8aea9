// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/collector.hpp"

#include <asio/buffer.hpp>
#include <asio/ip/address.hpp>

namespace ntm::control {

Result<std::unique_ptr<Collector>, std::string> Collector::open(
    asio::io_context& loop, const Endpoint& collector
) {
    std::unique_ptr<Collector> made{new Collector{loop}};
    const asio::ip::udp::endpoint to{
        asio::ip::make_address(collector.address.text()), collector.port.number};
    asio::error_code failed;
    made->socket_.connect(to, failed);
    if (!failed) {
        made->socket_.non_blocking(true, failed);
    }
    if (failed) {
        return Unexpected{
            "no socket for the collector " + collector.text() + ": " + failed.message()};
    }
    return made;
}

bool Collector::send(ByteView datagram) {
    const asio::const_buffer buffer{datagram.data(), datagram.size()};
    asio::error_code failed;
    socket_.send(buffer, 0, failed);
    if (failed == asio::error::connection_refused) {
        // Said of an earlier one; this one was not tried.
        socket_.send(buffer, 0, failed);
    }
    return !failed;
}

}  // namespace ntm::control
