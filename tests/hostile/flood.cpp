// SPDX-License-Identifier: BSD-3-Clause
// Sends frames of its standard input (one a line, in hex) over and over, so many and so many a second:
//
//     hostile-flood INTERFACE COUNT PER-SECOND fixed|random
//
// "random": each IPv4 packet in them comes from another made-up address and port, under checksums that
// say so. SIGTERM ends it early. Prints what became of it as JSON. Frames leave by sendmmsg past the
// queueing discipline.
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
using Frame = std::vector<std::uint8_t>;
constexpr std::size_t batch = 32;
constexpr std::size_t ip_at = 14;
constexpr std::size_t udp_at = ip_at + 20;

volatile std::sig_atomic_t is_ended = 0;

class Numbers {
  public:
    std::uint64_t next() noexcept {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }

  private:
    std::uint64_t state_ = 0x9e3779b97f4a7c15U;
};

Frame parse(std::string_view hex) {
    Frame frame;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        frame.push_back(static_cast<std::uint8_t>(
            std::strtoul(std::string{hex.substr(i, 2)}.c_str(), nullptr, 16)
        ));
    }
    return frame;
}

// RFC 1624: the checksum at `at` after a 16-bit word has become another.
void repair(Frame& frame, std::size_t at, std::uint16_t was, std::uint16_t is) noexcept {
    const auto old = static_cast<std::uint32_t>(frame[at] << 8 | frame[at + 1]);
    std::uint32_t sum = (~old & 0xffffU) + (~std::uint32_t{was} & 0xffffU) + is;
    sum = (sum & 0xffffU) + (sum >> 16);
    sum = ~(sum + (sum >> 16)) & 0xffffU;
    frame[at] = static_cast<std::uint8_t>(sum >> 8);
    frame[at + 1] = static_cast<std::uint8_t>(sum);
}

void put_word(Frame& frame, std::size_t at, std::uint16_t word) noexcept {
    const auto was = static_cast<std::uint16_t>(frame[at] << 8 | frame[at + 1]);
    frame[at] = static_cast<std::uint8_t>(word >> 8);
    frame[at + 1] = static_cast<std::uint8_t>(word);
    if (at < udp_at) {
        repair(frame, ip_at + 10, was, word);
    }
    repair(frame, udp_at + 6, was, word);
}

// First octets from 11 to 126: nobody's of the lab, no group, no loopback.
void give_source(Frame& frame, Numbers& numbers) noexcept {
    const std::uint64_t number = numbers.next();
    const std::uint64_t first = 11 + (number >> 56) % 116;
    put_word(frame, ip_at + 12, static_cast<std::uint16_t>(first << 8U | (number >> 8 & 0xff)));
    put_word(frame, ip_at + 14, static_cast<std::uint16_t>(number >> 16));
    put_word(frame, udp_at, static_cast<std::uint16_t>(number >> 32 | 1));
}

int open_socket(const char* interface) {
    const int made = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(if_nametoindex(interface));
    const int yes = 1;
    const auto* common = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    if (made < 0 || address.sll_ifindex == 0 ||
        setsockopt(made, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) != 0 ||
        bind(made, common, sizeof(address)) != 0) {
        std::perror(interface);
        std::exit(1);
    }
    return made;
}

struct Plan {
    std::uint64_t count;
    std::uint64_t per_second;
    bool is_random;
};

std::uint64_t flood(int socket, const std::vector<Frame>& frames, const Plan& plan) {
    Numbers numbers;
    std::array<Frame, batch> copies;
    std::array<iovec, batch> parts{};
    std::array<mmsghdr, batch> headers{};
    std::uint64_t sent = 0;
    const auto began = Clock::now();
    while (sent < plan.count && is_ended == 0) {
        const std::size_t many = std::min<std::uint64_t>(batch, plan.count - sent);
        for (std::size_t i = 0; i < many; ++i) {
            copies[i] = frames[(sent + i) % frames.size()];
            if (plan.is_random) {
                give_source(copies[i], numbers);
            }
            parts[i] = {copies[i].data(), copies[i].size()};
            headers[i].msg_hdr.msg_iov = &parts[i];
            headers[i].msg_hdr.msg_iovlen = 1;
        }
        const int gone = sendmmsg(socket, headers.data(), static_cast<unsigned>(many), 0);
        sent += gone > 0 ? static_cast<std::uint64_t>(gone) : 0;
        const auto due = began + std::chrono::nanoseconds{sent * 1'000'000'000 / plan.per_second};
        if (due > Clock::now() + std::chrono::microseconds{200}) {
            std::this_thread::sleep_until(due);
        }
    }
    return sent;
}

}  // namespace

int main(int count, char** words) {
    if (count != 5) {
        std::fputs("usage: hostile-flood INTERFACE COUNT PER-SECOND fixed|random\n", stderr);
        return 2;
    }
    std::vector<Frame> frames;
    for (std::string line; std::getline(std::cin, line);) {
        frames.push_back(parse(line));
        if (frames.back().size() < udp_at + 8) {
            std::fputs("a frame is too short\n", stderr);
            return 2;
        }
    }
    const Plan plan{
        std::strtoull(words[2], nullptr, 10),
        std::strtoull(words[3], nullptr, 10),
        std::string_view{words[4]} == "random"};
    if (frames.empty() || plan.per_second == 0) {
        std::fputs("nothing to send\n", stderr);
        return 2;
    }
    const int socket = open_socket(words[1]);
    std::signal(SIGTERM, [](int) { is_ended = 1; });
    const auto began = Clock::now();
    const std::uint64_t sent = flood(socket, frames, plan);
    const std::chrono::duration<double> took = Clock::now() - began;
    std::printf(
        "{\"sent\": %llu, \"seconds\": %.3f, \"per_second\": %.0f}\n",
        static_cast<unsigned long long>(sent),
        took.count(),
        static_cast<double>(sent) / took.count()
    );
    close(socket);
}
