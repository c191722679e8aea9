// SPDX-License-Identifier: BSD-3-Clause
// herd fill FILE COUNT: adds so many nodes to the store of a DC that is not running.
// herd run DC-KEY DC-ENDPOINT COUNT SECONDS: all of them start at once in this process, each at an address
// of its own in 10.128.0.0/9, and register. Says when how many have, and fails if not all do in time.
#include "client/node/tunnel_manager.hpp"
#include "client/node/udp_sockets.hpp"
#include "common/crypto/system_random.hpp"
#include "dc/address_pool.hpp"
#include "dc/sqlite_store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <poll.h>

namespace {

using namespace ntm;
using client::TunnelManager;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t first_host = 0x0a800000;  // 10.128.0.0
constexpr Port node_port{9700};
constexpr std::uint32_t loopback = 1;  // the interface that has all these addresses

int fail(const std::string& why) {
    std::fprintf(stderr, "herd: %s\n", why.c_str());
    return 1;
}

crypto::KeyPair key_of(std::uint64_t number) {
    SeededRandom random{number};
    return crypto::KeyPair::generate(random);
}

std::string name_of(std::uint64_t number) {
    return "herd" + std::to_string(number) + ".a.ntm.test";
}

int fill(const std::string& file, std::uint64_t count) {
    auto store = dc::SqliteStore::open(file);
    if (!store) {
        return fail(store.error().text);
    }
    const auto state = (*store)->load();
    if (!state) {
        return fail(state.error().text);
    }
    dc::AddressPool pool{
        {*Prefix::parse("198.18.0.0/17"), *Prefix::parse("fd00:a::/64")},
        state->next_address_number};
    for (std::uint64_t number = 0; number < count; ++number) {
        const auto addresses = pool.take();
        if (!addresses) {
            return fail("the block is used up");
        }
        dc::NodeRecord node;
        node.key = key_of(number).public_key();
        node.fqdn = name_of(number);
        node.vipv4 = addresses->ipv4;
        node.vipv6 = addresses->ipv6;
        (*store)->put_node(node);
    }
    (*store)->put_next_address_number(pool.next_number());
    const auto stored = (*store)->commit();
    return stored ? 0 : fail(stored.error().text);
}

class Herd {
  public:
    Herd(const crypto::PublicKey& dc_key, const Endpoint& dc, std::uint32_t count)
        : sockets_{client::UdpSockets::open(node_port)} {
        std::vector<client::RealAddress> all;
        for (std::uint32_t number = 0; number < count; ++number) {
            const IpAddress address{Ipv4Address::from_host(first_host + number)};
            client::NodeSettings settings{
                name_of(number),
                node_port,
                key_of(number),
                BootId{random_.number()},
                dc_key,
                {dc},
                {"a.ntm.test"}};
            nodes_.push_back(
                {{{address, 9}, loopback, client::InterfaceKind::wired},
                 std::make_unique<TunnelManager>(std::move(settings), random_)}
            );
            by_address_.emplace(address, number);
            all.push_back(nodes_.back().address);
        }
        if (sockets_) {
            sockets_->set_addresses(all);
        }
    }

    [[nodiscard]] int run(Duration limit) {
        if (!sockets_) {
            return fail(sockets_.error());
        }
        const Instant start = now();
        for (Node& node : nodes_) {
            node.manager->handle_addresses({node.address}, start);
        }
        preparation_ = now() - start;
        for (std::size_t number = 0; number < nodes_.size(); ++number) {
            settle(number);
        }
        std::size_t told = 0;
        while (registered_ < nodes_.size() && now() < start + limit) {
            if (!receive()) {
                wait();
            }
            handle_timeouts();
            if (registered_ * 10 / nodes_.size() > told) {
                told = registered_ * 10 / nodes_.size();
                tell(start);
            }
        }
        tell(start);
        return registered_ == nodes_.size() ? 0 : fail("not all are registered");
    }

  private:
    // The first messages of all take a while to make, in which no time passes for the nodes: they
    // leave together.
    [[nodiscard]] Instant now() const {
        return Instant{std::chrono::steady_clock::now().time_since_epoch() - preparation_};
    }

    struct Node {
        client::RealAddress address;
        std::unique_ptr<TunnelManager> manager;
        bool is_registered = false;
        Instant due = Instant::never();
    };

    void tell(Instant start) const {
        const auto took = std::chrono::duration_cast<milliseconds>(now() - start);
        std::printf(
            "%zu registered after %.1f s\n", registered_, static_cast<double>(took.count()) / 1000
        );
        std::fflush(stdout);
    }

    void settle(std::size_t number) {
        Node& node = nodes_[number];
        std::vector<Datagram> datagrams = node.manager->take_datagrams();
        for (Datagram& datagram : datagrams) {
            datagram.local = {node.address.address.address, node_port};
        }
        sockets_->send(datagrams);
        static_cast<void>(node.manager->take_events());
        if (!node.is_registered && node.manager->status().is_registered) {
            node.is_registered = true;
            ++registered_;
        }
        if (const Instant next = node.manager->next_timeout(); next != node.due) {
            node.due = next;
            due_.emplace(next, number);
        }
    }

    [[nodiscard]] bool receive() {
        const std::vector<Datagram> batch = sockets_->receive(Family::ipv4);
        for (const Datagram& datagram : batch) {
            const auto at = by_address_.find(datagram.local.address);
            if (at != by_address_.end()) {
                nodes_[at->second].manager->handle_datagram(datagram, now());
                settle(at->second);
            }
        }
        return !batch.empty();
    }

    void wait() const {
        pollfd descriptor{sockets_->descriptor(Family::ipv4), POLLIN, 0};
        const Duration left = due_.empty() ? Duration{milliseconds{100}} : due_.top().first - now();
        const auto time = std::chrono::ceil<milliseconds>(
            std::clamp<Duration>(left, Duration{0}, milliseconds{100})
        );
        static_cast<void>(poll(&descriptor, 1, static_cast<int>(time.count())));
    }

    void handle_timeouts() {
        for (int i = 0; i < 64 && !due_.empty() && due_.top().first <= now(); ++i) {
            const auto [at, number] = due_.top();
            due_.pop();
            if (nodes_[number].due == at) {
                nodes_[number].due = Instant::never();
                nodes_[number].manager->handle_timeout(now());
                settle(number);
            }
        }
    }

    using Due = std::pair<Instant, std::size_t>;
    crypto::SystemRandom random_;
    Result<client::UdpSockets, std::string> sockets_;
    std::vector<Node> nodes_;
    std::unordered_map<IpAddress, std::size_t> by_address_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    std::size_t registered_ = 0;
    Duration preparation_{0};
};

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() == 3 && arguments[0] == "fill") {
        return fill(arguments[1], std::strtoull(argv[3], nullptr, 10));
    }
    if (arguments.size() != 5 || arguments[0] != "run") {
        return fail("usage: herd fill FILE COUNT | herd run DC-KEY DC-ENDPOINT COUNT SECONDS");
    }
    const auto key = crypto::PublicKey::parse(arguments[1]);
    const auto dc = Endpoint::parse(arguments[2]);
    if (!key || !dc) {
        return fail("no key, or no endpoint");
    }
    Herd herd{*key, *dc, static_cast<std::uint32_t>(std::strtoul(argv[4], nullptr, 10))};
    return herd.run(seconds{std::strtol(argv[5], nullptr, 10)});
}
