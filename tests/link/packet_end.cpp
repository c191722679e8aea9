// SPDX-License-Identifier: BSD-3-Clause
#include "tests/link/packet_end.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ntm::link {

namespace {

constexpr std::size_t batch = 32;
constexpr std::size_t longest_frame = 65'550;
constexpr std::size_t addresses_length = 12;
constexpr int socket_room = 32 << 20;
// A frame that seems to have waited longer for this process has a time from before the clock was set.
constexpr Duration longest_wait = std::chrono::milliseconds{20};

Duration read_clock(clockid_t clock) noexcept {
    timespec time{};
    clock_gettime(clock, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

// What the kernel says beside a frame.
struct Beside {
    tpacket_auxdata auxiliary{};
    Duration stamp{0};  // of the wall clock
};

Beside beside(msghdr& header) noexcept {
    Beside found;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
         part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level == SOL_PACKET && part->cmsg_type == PACKET_AUXDATA) {
            std::memcpy(&found.auxiliary, CMSG_DATA(part), sizeof(found.auxiliary));
        }
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
            timespec time{};
            std::memcpy(&time, CMSG_DATA(part), sizeof(time));
            found.stamp =
                std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
        }
    }
    return found;
}

struct Batch {
    std::array<std::array<std::uint8_t, longest_frame>, batch> bytes;
    std::array<std::array<std::uint8_t, 128>, batch> control;
    std::array<iovec, batch> parts;
    std::array<mmsghdr, batch> headers;

    void prepare() noexcept {
        for (std::size_t i = 0; i < batch; ++i) {
            parts[i] = {bytes[i].data(), longest_frame};
            headers[i] = {};
            headers[i].msg_hdr.msg_iov = &parts[i];
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_control = control[i].data();
            headers[i].msg_hdr.msg_controllen = control[i].size();
        }
    }
};

bool set_option(int descriptor, int level, int name, int value) noexcept {
    return setsockopt(descriptor, level, name, &value, sizeof(value)) == 0;
}

}  // namespace

Result<PacketEnd, std::string> PacketEnd::open(const std::string& interface) {
    // Bound to no protocol first: it would see the frames of all interfaces.
    PacketEnd end{socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
    const auto* common = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    if (end.descriptor_ < 0 || address.sll_ifindex == 0 ||
        !set_option(end.descriptor_, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) ||
        !set_option(end.descriptor_, SOL_PACKET, PACKET_AUXDATA, 1) ||
        !set_option(end.descriptor_, SOL_SOCKET, SO_TIMESTAMPNS, 1) ||
        !set_option(end.descriptor_, SOL_SOCKET, SO_RCVBUFFORCE, socket_room) ||
        !set_option(end.descriptor_, SOL_SOCKET, SO_SNDBUFFORCE, socket_room) ||
        bind(end.descriptor_, common, sizeof(address)) != 0) {
        return Unexpected{interface + ": " + std::strerror(errno)};
    }
    return end;
}

PacketEnd::~PacketEnd() {
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
}

PacketEnd::PacketEnd(PacketEnd&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}, counters_{other.counters_} {}

void PacketEnd::receive(const Sink& sink) {
    static Batch received;
    received.prepare();
    // An interface that goes down says so once, by an error; it may come up again.
    const int count = recvmmsg(descriptor_, received.headers.data(), batch, MSG_DONTWAIT, nullptr);
    const Duration wall = read_clock(CLOCK_REALTIME);
    const Duration now = read_clock(CLOCK_MONOTONIC);
    for (std::size_t i = 0; static_cast<int>(i) < count; ++i) {
        const Beside said = beside(received.headers[i].msg_hdr);
        if ((said.auxiliary.tp_status & TP_STATUS_CSUMNOTREADY) != 0) {
            ++counters_.unfinished;
            continue;
        }
        const auto* const bytes = received.bytes[i].data();
        Frame frame{bytes, bytes + received.headers[i].msg_len};
        if ((said.auxiliary.tp_status & TP_STATUS_VLAN_VALID) != 0) {
            insert_tag(frame, said.auxiliary.tp_vlan_tpid, said.auxiliary.tp_vlan_tci);
        }
        const Duration waited = std::clamp(wall - said.stamp, Duration{0}, longest_wait);
        sink(std::move(frame), Instant{now - waited});
    }
}

void PacketEnd::send(const Frame& frame) noexcept {
    // By way of the device's queue selection, as the kernel sends: a relay's port has several queues.
    if (::send(descriptor_, frame.data(), frame.size(), MSG_DONTWAIT) < 0) {
        ++counters_.unsent;
    }
}

const PacketEnd::Counters& PacketEnd::counters() {
    tpacket_stats since{};
    socklen_t length = sizeof(since);
    if (getsockopt(descriptor_, SOL_PACKET, PACKET_STATISTICS, &since, &length) == 0) {
        counters_.missed += since.tp_drops;
    }
    return counters_;
}

void insert_tag(Frame& frame, std::uint16_t protocol, std::uint16_t tag) {
    const std::array<std::uint8_t, 4> bytes{
        static_cast<std::uint8_t>(protocol >> 8),
        static_cast<std::uint8_t>(protocol),
        static_cast<std::uint8_t>(tag >> 8),
        static_cast<std::uint8_t>(tag)};
    const auto at = static_cast<Frame::difference_type>(std::min(addresses_length, frame.size()));
    frame.insert(frame.begin() + at, bytes.begin(), bytes.end());
}

}  // namespace ntm::link
