// SPDX-License-Identifier: BSD-3-Clause
#include "bench/swarm/swarm.hpp"

#include <algorithm>
#include <chrono>

#include <poll.h>

namespace ntm::swarm {

namespace {

using client::TunnelManager;
using std::chrono::milliseconds;

constexpr Port node_port{9700};
constexpr std::array<std::uint32_t, 2> first_inside{
    0xac100000, 0xac180000};  // 172.16.0.0, 172.24.0.0
constexpr std::array<std::uint32_t, 2> first_outside{
    0x0a800000, 0x0ac00000};  // 10.128.0.0, 10.192.0.0
constexpr int timeouts_at_once = 64;

IpAddress inside(std::size_t number, std::uint32_t place) {
    return Ipv4Address::from_host(first_inside.at(place) + static_cast<std::uint32_t>(number));
}
IpAddress outside(std::size_t number, std::uint32_t place) {
    return Ipv4Address::from_host(first_outside.at(place) + static_cast<std::uint32_t>(number));
}

struct Whose {
    std::size_t number = 0;
    std::uint32_t place = 0;
};
std::optional<Whose> whose(const IpAddress& outside, std::size_t count) {
    if (!outside.is_ipv4()) {
        return std::nullopt;
    }
    for (std::uint32_t place = 0; place < first_outside.size(); ++place) {
        const std::uint32_t number = outside.ipv4().to_host() - first_outside.at(place);
        if (number < count) {
            return Whose{number, place};
        }
    }
    return std::nullopt;
}

}  // namespace

crypto::KeyPair key_of(std::uint64_t number) {
    SeededRandom random{number};
    return crypto::KeyPair::generate(random);
}

std::string name_of(std::uint64_t number, const std::string& zone) {
    return "swarm" + std::to_string(number) + "." + zone;
}

Result<std::unique_ptr<Swarm>, std::string> Swarm::create(Plan plan) {
    auto sockets = client::UdpSockets::open(node_port);
    if (!sockets) {
        return Unexpected{sockets.error()};
    }
    return std::unique_ptr<Swarm>{new Swarm{std::move(plan), *std::move(sockets)}};
}

Swarm::Swarm(Plan plan, client::UdpSockets sockets)
    : plan_{std::move(plan)}, sockets_{std::move(sockets)}, nodes_(plan_.count) {
    for (std::size_t number = 0; number < nodes_.size(); ++number) {
        nodes_[number].manager = make_brain(number);
    }
}

std::unique_ptr<TunnelManager> Swarm::make_brain(std::size_t number) {
    client::NodeSettings settings{
        name_of(number, plan_.zone),
        node_port,
        key_of(number),
        BootId{random_.number()},
        plan_.dc_key,
        {plan_.dc},
        {plan_.zone}};
    return std::make_unique<TunnelManager>(std::move(settings), random_);
}

Instant Swarm::now() const {
    return Instant{std::chrono::steady_clock::now().time_since_epoch() - stood_still_};
}

void Swarm::tell_address(std::size_t number) {
    Node& node = nodes_[number];
    const InterfaceAddress address{inside(number, node.place), 12};
    node.manager->handle_addresses(
        {{address, 1 + node.place, client::InterfaceKind::wired}}, now()
    );
}

void Swarm::start_all() {
    const Instant start = now();
    for (std::size_t number = 0; number < nodes_.size(); ++number) {
        tell_address(number);
    }
    stood_still_ = now() - start;
    for (std::size_t number = 0; number < nodes_.size(); ++number) {
        settle(number);
    }
}

void Swarm::restart(std::size_t number) {
    nodes_[number].manager = make_brain(number);
    tell_address(number);
    settle(number);
}

void Swarm::move(std::size_t number) {
    nodes_[number].place ^= 1;
    tell_address(number);
    settle(number);
}

void Swarm::ask(std::size_t number, std::size_t other) {
    nodes_[number].answer.reset();
    nodes_[number].manager->handle_dns_query(
        1, name_of(other, plan_.zone), client::DnsWish::addresses, now()
    );
    settle(number);
}

bool Swarm::is_registered(std::size_t number) const {
    return nodes_[number].manager->status().is_registered;
}

std::optional<client::DnsOutcome> Swarm::answer(std::size_t number) const {
    return nodes_[number].answer;
}

bool Swarm::has_good_paths(std::size_t number) const {
    const Node& node = nodes_[number];
    const auto paths = node.manager->paths(now());
    return !paths.empty() && std::ranges::all_of(paths, [&](const client::PathView& path) {
        return path.is_ready && path.is_bound && path.outside &&
               path.outside->address == outside(number, node.place) && path.way &&
               path.way->local == inside(number, node.place);
    });
}

const std::vector<std::size_t>& Swarm::turn(Instant until) {
    touched_.clear();
    receive();
    handle_timeouts();
    if (touched_.empty() && !has_more_) {
        wait(until);
    }
    return touched_;
}

// Its NAT: from inside to outside.
void Swarm::settle(std::size_t number) {
    Node& node = nodes_[number];
    touched_.push_back(number);
    std::vector<Datagram> datagrams = node.manager->take_datagrams();
    for (Datagram& datagram : datagrams) {
        datagram.local = {outside(number, node.place), node_port};
    }
    sockets_.send(datagrams);
    static_cast<void>(node.manager->take_events());
    static_cast<void>(node.manager->take_inner_packets());
    for (const client::DnsAnswer& answer : node.manager->take_dns_answers()) {
        node.answer = answer.outcome;
    }
    if (const Instant next = node.manager->next_timeout(); next != node.due) {
        node.due = next;
        due_.emplace(next, number);
    }
}

// Back from outside to inside; what comes to where the node was is lost.
void Swarm::receive() {
    std::vector<Datagram> batch = sockets_.receive(Family::ipv4);
    has_more_ = !batch.empty();
    for (Datagram& datagram : batch) {
        const auto to = whose(datagram.local.address, nodes_.size());
        if (to && nodes_[to->number].place == to->place) {
            datagram.local.address = inside(to->number, to->place);
            nodes_[to->number].manager->handle_datagram(datagram, now());
            settle(to->number);
        }
    }
}

void Swarm::handle_timeouts() {
    for (int i = 0; i < timeouts_at_once && !due_.empty() && due_.top().first <= now(); ++i) {
        const auto [at, number] = due_.top();
        due_.pop();
        if (nodes_[number].due == at) {
            nodes_[number].due = Instant::never();
            nodes_[number].manager->handle_timeout(now());
            settle(number);
        }
    }
}

void Swarm::wait(Instant until) const {
    pollfd descriptor{sockets_.descriptor(Family::ipv4), POLLIN, 0};
    const Instant next = due_.empty() ? until : std::min(until, due_.top().first);
    const auto time = std::chrono::ceil<milliseconds>(
        std::clamp<Duration>(next - now(), Duration{0}, milliseconds{100})
    );
    static_cast<void>(poll(&descriptor, 1, static_cast<int>(time.count())));
}

}  // namespace ntm::swarm
