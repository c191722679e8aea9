// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/queue_losses.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <sys/socket.h>

namespace ntm::dpdk {

namespace {

int domain_of(int file) noexcept {
    int domain = AF_UNSPEC;
    socklen_t size = sizeof domain;
    const int failed = getsockopt(file, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    return failed == 0 ? domain : AF_UNSPEC;
}

std::uint64_t xdp_losses(int socket) noexcept {
    xdp_statistics statistics{};  // kernels before 5.9 fill in the first half
    socklen_t size = sizeof statistics;
    const int failed = getsockopt(socket, SOL_XDP, XDP_STATISTICS, &statistics, &size);
    return failed == 0 ? statistics.rx_ring_full : 0;
}

std::uint64_t take_packet_losses(int socket) noexcept {
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    const int failed = getsockopt(socket, SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
    return failed == 0 ? statistics.tp_drops : 0;
}

}  // namespace

std::vector<int> packet_sockets() {
    std::vector<int> sockets;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd", failed}) {
        const std::string name = entry.path().filename();
        int file = -1;
        std::from_chars(name.data(), name.data() + name.size(), file);
        if (const int domain = domain_of(file); domain == AF_XDP || domain == AF_PACKET) {
            sockets.push_back(file);
        }
    }
    return sockets;
}

QueueLosses QueueLosses::since(const std::vector<int>& others) {
    QueueLosses losses;
    for (const int socket : packet_sockets()) {
        if (std::ranges::find(others, socket) == others.end()) {
            (domain_of(socket) == AF_XDP ? losses.xdp_sockets_ : losses.packet_sockets_)
                .push_back(socket);
        }
    }
    return losses;
}

std::uint64_t QueueLosses::count() noexcept {
    for (const int socket : packet_sockets_) {
        taken_ += take_packet_losses(socket);
    }
    std::uint64_t sum = taken_;
    for (const int socket : xdp_sockets_) {
        sum += xdp_losses(socket);
    }
    return sum;
}

}  // namespace ntm::dpdk
