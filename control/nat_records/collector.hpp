// SPDX-License-Identifier: BSD-3-Clause
// A UDP socket towards a collector of records. It never waits.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <memory>
#include <string>

namespace ntm::control {

class Collector {
  public:
    // The collector itself need not be there.
    [[nodiscard]] static Result<std::unique_ptr<Collector>, std::string> open(
        asio::io_context& loop, const Endpoint& collector
    );

    // False: the kernel did not take it.
    [[nodiscard]] bool send(ByteView datagram);

  private:
    explicit Collector(asio::io_context& loop) : socket_{loop} {}
    asio::ip::udp::socket socket_;
};

}  // namespace ntm::control
