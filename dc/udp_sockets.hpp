// SPDX-License-Identifier: BSD-3-Clause
// The DC's UDP sockets on an Asio loop: one of each family, or one for each configured address.
// Reads in batches, and knows the address that each datagram was sent to, so that the answer leaves
// from there (a host with several addresses, and NATs that wait for that one).
#pragma once

#include "common/base/datagram.hpp"
#include "common/base/result.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ntm::dc {

class UdpSockets {
  public:
    // Runs with what came, at most `most_at_once` datagrams; several times after a wakeup. False: no more
    // is read until resume().
    using Receive = std::function<bool(std::vector<Datagram> batch)>;
    static constexpr std::size_t most_at_once = 64;

    // The error is a sentence. `addresses` empty: any address of both families.
    [[nodiscard]] static Result<std::unique_ptr<UdpSockets>, std::string> open(
        asio::io_context& loop, const std::vector<IpAddress>& addresses, Port port
    );
    ~UdpSockets();
    UdpSockets(const UdpSockets&) = delete;
    UdpSockets& operator=(const UdpSockets&) = delete;

    void start(Receive receive);
    void resume();
    void stop();
    // What can not leave is counted and lost, as on any network.
    void send(const std::vector<Datagram>& datagrams);
    [[nodiscard]] std::uint64_t send_failures() const noexcept { return send_failures_; }
    // As bound, for the log.
    [[nodiscard]] std::vector<Endpoint> endpoints() const;

  private:
    struct Socket;
    UdpSockets();
    void wait(Socket& socket);
    void read(Socket& socket);
    [[nodiscard]] Socket* socket_for(const Datagram& datagram);

    std::vector<std::unique_ptr<Socket>> sockets_;
    Receive receive_;
    bool is_paused_ = false;
    std::uint64_t send_failures_ = 0;
};

}  // namespace ntm::dc
