// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/fast_links.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <utility>

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ntm::client {

namespace {

constexpr in6_addr all_routers{{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}}};

// Neighbour discovery takes nothing that may have come from further away (RFC 4861 section 6.1.1).
constexpr int hop_limit = 255;

Result<int, std::string> open_icmp() {
    const int icmp = ::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
    if (icmp < 0) {
        return Unexpected{std::string{"no router can be solicited: "} + std::strerror(errno)};
    }
    ::setsockopt(icmp, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hop_limit, sizeof(hop_limit));
    // Answers are the kernel's to read.
    icmp6_filter nothing;
    ICMP6_FILTER_SETBLOCKALL(&nothing);
    ::setsockopt(icmp, IPPROTO_ICMPV6, ICMP6_FILTER, &nothing, sizeof(nothing));
    return icmp;
}

Instant steady_now() {
    return Instant{
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

}  // namespace

Result<SwitchedOn, std::string> SwitchedOn::create(std::string file) {
    std::string before;
    std::ifstream{file} >> before;
    if (before == "1") {
        return SwitchedOn{std::string{}};
    }
    if (before != "0" || !(std::ofstream{file} << "1" << std::flush)) {
        return Unexpected{"can not turn " + file + " on"};
    }
    return SwitchedOn{std::move(file)};
}

SwitchedOn::~SwitchedOn() {
    if (!file_.empty()) {
        std::ofstream{file_} << "0";
    }
}

SwitchedOn::SwitchedOn(SwitchedOn&& other) noexcept : file_{std::exchange(other.file_, {})} {}

FastLinks::~FastLinks() {
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

std::vector<std::string> FastLinks::open() {
    std::vector<std::string> troubles;
    for (const char* name : {"optimistic_dad", "use_optimistic"}) {
        auto on = SwitchedOn::create(std::string{"/proc/sys/net/ipv6/conf/all/"} + name);
        if (on) {
            switches_.push_back(*std::move(on));
        } else {
            troubles.push_back(on.error());
        }
    }
    auto icmp = open_icmp();
    if (icmp) {
        socket_ = *icmp;
    } else {
        troubles.push_back(icmp.error());
    }
    return troubles;
}

void FastLinks::read(const KernelState& state) {
    links_.read(state, steady_now());
    solicit_where_due();
}

void FastLinks::solicit_where_due() {
    for (const std::uint32_t index : links_.take_due(steady_now())) {
        solicit(index);
    }
    const Instant next = links_.next_timeout();
    if (next == Instant::never()) {
        timer_.cancel();
        return;
    }
    timer_.expires_at(std::chrono::steady_clock::time_point{
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(next.since_origin())});
    timer_.async_wait([this](const asio::error_code& is_cancelled) {
        if (!is_cancelled) {
            solicit_where_due();
        }
    });
}

// From the link-local address that the kernel chooses, without a link-layer address of one's own:
// an optimistic address must not tell it to neighbours (RFC 4429 section 3.3).
void FastLinks::solicit(std::uint32_t index) const {
    nd_router_solicit solicitation{};
    solicitation.nd_rs_type = ND_ROUTER_SOLICIT;
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_addr = all_routers;
    to.sin6_scope_id = index;
    sockaddr_storage generic{};
    std::memcpy(&generic, &to, sizeof(to));
    const auto* const address = static_cast<const sockaddr*>(static_cast<const void*>(&generic));
    // Without a link-local address nothing leaves; the kernel solicits when it has one.
    ::sendto(socket_, &solicitation, sizeof(solicitation), 0, address, sizeof(to));
}

}  // namespace ntm::client
