// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/admin_client.hpp"

#include "common/admin/unix_socket.hpp"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ntm::admin {

namespace {

using Clock = std::chrono::steady_clock;

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

// Whether there is something to read before the deadline.
bool wait_readable(int socket, Clock::time_point deadline) {
    while (true) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() < 0) {
            return false;
        }
        pollfd waited{socket, POLLIN, 0};
        const int ready = poll(&waited, 1, static_cast<int>(left.count()) + 1);
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            return false;
        }
    }
}

// A line without its end; nothing if the other side hangs up or is late.
std::optional<std::string> receive_line(int socket, Clock::time_point deadline) {
    std::string line;
    std::array<char, 16384> chunk{};
    while (wait_readable(socket, deadline)) {
        const ssize_t received = recv(socket, chunk.data(), chunk.size(), 0);
        if (received < 0 && errno == EINTR) {
            continue;
        }
        if (received <= 0) {
            return std::nullopt;
        }
        const std::string_view fresh{chunk.data(), static_cast<std::size_t>(received)};
        const auto end = fresh.find('\n');
        line.append(fresh.substr(0, end));
        if (end != std::string_view::npos) {
            return line;
        }
    }
    return std::nullopt;
}

}  // namespace

Result<AdminClient, std::string> AdminClient::connect(const std::string& path) {
    const auto socket = connect_to(path);
    if (!socket) {
        return Unexpected{socket.error()};
    }
    return AdminClient{*socket};
}

AdminClient::AdminClient(AdminClient&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)} {}

AdminClient::~AdminClient() {
    if (socket_ >= 0) {
        close(socket_);
    }
}

Answer AdminClient::ask(const Request& request, Duration patience) {
    const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(patience);
    // A server that is full answers before it is asked, and hangs up: the answer is read all the
    // same when the request could not be sent.
    const bool is_sent = send_all(socket_, request_line(request));
    const auto line = receive_line(socket_, deadline);
    if (!line) {
        const char* const why = is_sent ? "the daemon did not answer" : "the daemon hung up";
        return Unexpected{AdminError{"no_answer", why, "is it busy or stuck? its log may say"}};
    }
    return parse_answer(*line);
}

}  // namespace ntm::admin
