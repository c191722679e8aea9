// SPDX-License-Identifier: BSD-3-Clause
#include "common/netlink/dump.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

namespace ntm::netlink {

namespace {

constexpr std::size_t receive_size = 32768;
// Any will do where each socket asks once.
constexpr std::uint32_t sequence = 1;

std::string problem(const std::string& what) {
    return what + ": " + std::strerror(errno);
}

// The family is the first byte of each kind's header, and none is longer than a link's.
struct Request {
    nlmsghdr header{};
    ifinfomsg body{};
};

Result<Bytes, std::string> receive(const mnl_socket* socket) {
    Bytes buffer(receive_size);
    ssize_t length = -1;
    do {
        length = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    } while (length < 0 && errno == EINTR);  // a signal
    if (length < 0) {
        return Unexpected{problem("can not read the kernel's tables")};
    }
    buffer.resize(static_cast<std::size_t>(length));
    buffer.shrink_to_fit();
    return buffer;
}

Result<NextAnswer, std::string> ask_kernel(std::uint16_t type, std::uint8_t family) {
    const std::shared_ptr<mnl_socket> socket{
        mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), [](mnl_socket* opened) {
            if (opened != nullptr) {
                mnl_socket_close(opened);
            }
        }};
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) {
        return Unexpected{problem("can not open netlink")};
    }
    Request request;
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.header.nlmsg_seq = sequence;
    request.body.ifi_family = family;
    if (mnl_socket_sendto(socket.get(), &request, sizeof(request)) < 0) {
        return Unexpected{problem("can not ask the kernel for its tables")};
    }
    return NextAnswer{[socket] {
        return receive(socket.get());
    }};
}

// The answers up to the last; nothing if the dump was interrupted.
std::optional<Dump> read_once(const NextAnswer& next) {
    std::vector<Bytes> answers;
    int state = MNL_CB_OK;
    while (state > MNL_CB_STOP) {
        auto answer = next();
        if (!answer) {
            return Dump{Unexpected{answer.error()}};
        }
        state = mnl_cb_run(answer->data(), answer->size(), sequence, 0, nullptr, nullptr);
        if (state < 0 && errno == EINTR) {
            return std::nullopt;
        }
        if (state < 0) {
            return Dump{Unexpected{problem("the kernel would not give its tables")}};
        }
        answers.push_back(*std::move(answer));
    }
    return Dump{std::move(answers)};
}

}  // namespace

Dump dump_from(const AskKernel& ask) {
    for (int i = 0; i < most_tries; ++i) {
        const auto next = ask();
        if (!next) {
            return Unexpected{next.error()};
        }
        if (auto read = read_once(*next)) {
            return *std::move(read);
        }
    }
    return Unexpected{std::string{"the kernel's tables change faster than they can be read"}};
}

Dump dump(std::uint16_t type, std::uint8_t family) {
    return dump_from([=] { return ask_kernel(type, family); });
}

}  // namespace ntm::netlink
