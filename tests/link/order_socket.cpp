// SPDX-License-Identifier: BSD-3-Clause
#include "tests/link/order_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace ntm::link {

namespace {

constexpr std::size_t longest = 4096;
constexpr timeval patience{.tv_sec = 2, .tv_usec = 0};

sockaddr_un address_of(const std::string& path) noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    return address;
}

const sockaddr* common(const sockaddr_un& address) noexcept {
    return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

std::string error_at(const std::string& path) {
    return path + ": " + std::strerror(errno);
}

OrderSocket::Words words_of(std::string_view text) {
    OrderSocket::Words words;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

}  // namespace

Result<OrderSocket, std::string> OrderSocket::listen(const std::string& path) {
    OrderSocket made{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const sockaddr_un address = address_of(path);
    unlink(path.c_str());
    if (made.descriptor_ < 0 || path.size() >= sizeof(address.sun_path) ||
        bind(made.descriptor_, common(address), sizeof(address)) != 0) {
        return Unexpected{error_at(path)};
    }
    return made;
}

OrderSocket::~OrderSocket() {
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
}

OrderSocket::OrderSocket(OrderSocket&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)} {}

void OrderSocket::serve(const std::function<Answer(const Words&)>& handler) {
    std::array<char, longest> text{};
    sockaddr_un asker{};
    socklen_t asker_length = sizeof(asker);
    auto* const from = static_cast<sockaddr*>(static_cast<void*>(&asker));
    const auto length = recvfrom(descriptor_, text.data(), text.size(), 0, from, &asker_length);
    if (length < 0) {
        return;
    }
    const Answer answer = handler(words_of({text.data(), static_cast<std::size_t>(length)}));
    const std::string said = answer ? "+" + *answer : "-" + answer.error();
    // Who asks and does not wait for the answer gets none.
    static_cast<void>(sendto(descriptor_, said.data(), said.size(), 0, from, asker_length));
}

OrderSocket::Answer OrderSocket::ask(const std::string& path, std::span<const std::string> words) {
    const OrderSocket asker{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const sockaddr_un emulator = address_of(path);
    // The kernel gives it an address of its own to answer to.
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    std::string text;
    for (const std::string& word : words) {
        text += word + "\n";
    }
    std::array<char, longest> answer{};
    ssize_t length = -1;
    if (asker.descriptor_ >= 0 &&
        bind(asker.descriptor_, common(own), sizeof(own.sun_family)) == 0 &&
        setsockopt(asker.descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
        connect(asker.descriptor_, common(emulator), sizeof(emulator)) == 0 &&
        send(asker.descriptor_, text.data(), text.size(), 0) >= 0) {
        length = recv(asker.descriptor_, answer.data(), answer.size(), 0);
    }
    if (length < 1) {
        return Unexpected{error_at(path)};
    }
    const std::string said{answer.data() + 1, static_cast<std::size_t>(length - 1)};
    if (answer.front() != '+') {
        return Unexpected{said};
    }
    return said;
}

}  // namespace ntm::link
