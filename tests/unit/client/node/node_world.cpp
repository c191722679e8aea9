// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/client/node/node_world.hpp"

#include <algorithm>
#include <stdexcept>

namespace ntm::client::testing {

namespace {

constexpr unsigned most_rounds_of_an_instant = 10'000;

}  // namespace

NodeWorld::NodeWorld(std::uint64_t seed, bool wants_exit)
    : random{seed},
      node_key{crypto::KeyPair::generate(random)},
      dc{random, node_key.public_key()},
      relay{random} {
    NodeSettings settings{
        "mn.a.ntm.test",
        Port{9770},
        node_key.clone(),
        FakeDc::node_boot,
        dc.public_key(),
        {dc_v4, dc_v6()},
        {"a.ntm.test", "b.ntm.test"}};
    settings.wants_exit = wants_exit;
    settings.key_policy.is_at_once = false;  // the far end answers no key message
    node = std::make_unique<TunnelManager>(std::move(settings), random);
    relay.leg_secrets.emplace(PathId{FakeDc::path_number}, secret(0x11));
}

void NodeWorld::start(const std::vector<RealAddress>& addresses) {
    set_addresses(addresses);
    const bool is_up = run_until_true([this] { return node->status().is_registered; });
    if (!is_up) {
        throw std::runtime_error("the node does not register");
    }
    run_for(seconds{1});
}

void NodeWorld::set_addresses(const std::vector<RealAddress>& addresses) {
    addresses_ = addresses;
    node->handle_addresses(addresses, now);
    drain();
}

void NodeWorld::make_path() {
    query(999, "cn.b.ntm.test");
    if (!run_until_true([this] { return path() && path()->is_ready; })) {
        throw std::runtime_error("no path");
    }
    run_for(milliseconds{1});
}

std::uint64_t NodeWorld::dc_sends(v1::Signal message) {
    const auto id = dc.send(std::move(message), now);
    drain_dc();
    return id;
}

std::uint64_t NodeWorld::dc_directs(const v1::RouteDirection& direction) {
    v1::Signal message;
    *message.mutable_route_direction() = direction;
    return dc_sends(std::move(message));
}

protocol::DataSealer* NodeWorld::peer_sealer() {
    if (!peer_sealer_) {
        peer_sealer_ = std::make_unique<protocol::DataSealer>(
            secret(0x22), crypto::Suite::aes_128_gcm, PathId{FakeDc::path_number}, Role::responder
        );
    }
    return peer_sealer_.get();
}

void NodeWorld::peer_sends(Bytes datagram) {
    const auto leg = relay.legs.find(PathId{FakeDc::path_number});
    if (leg == relay.legs.end() || !leg->second.bound) {
        return;
    }
    const Endpoint from = leg->second.bound->address.is_ipv4() ? relay_v4() : relay_v6();
    launch(now + relay_delay, Flight::To::node, {*leg->second.bound, from, std::move(datagram)});
}

void NodeWorld::peer_sends_data(const Bytes& inner) {
    peer_sends(peer_sealer()->seal(inner).value());
}

std::optional<PathView> NodeWorld::path() {
    for (PathView& view : node->paths(now)) {
        if (view.path_id == PathId{FakeDc::path_number}) {
            return view;
        }
    }
    return std::nullopt;
}

void NodeWorld::query(std::uint64_t number, const std::string& name, DnsWish wish) {
    node->handle_dns_query(number, name, wish, now);
    drain();
}

void NodeWorld::send_inner(const Bytes& packet) {
    node->handle_inner_packet(packet, now);
    drain();
}

void NodeWorld::launch(Instant when, Flight::To to, Datagram datagram) {
    under_way_.emplace(when, Flight{to, std::move(datagram)});
}

void NodeWorld::drain() {
    for (Datagram& datagram : node->take_datagrams()) {
        sent.emplace_back(now, datagram);
        IpAddress local = datagram.local.address;
        if (local.is_unspecified()) {
            const auto chosen =
                std::find_if(addresses_.begin(), addresses_.end(), [&](const RealAddress& at) {
                    return at.address.address.family() == datagram.remote.address.family();
                });
            if (chosen == addresses_.end()) {
                continue;
            }
            local = chosen->address.address;
        }
        const bool is_plugged =
            !unplugged.contains(local) &&
            std::any_of(addresses_.begin(), addresses_.end(), [&](const RealAddress& at) {
                return at.address.address == local;
            });
        if (!is_plugged) {
            continue;
        }
        const Endpoint source{local, Port{9770}};
        const auto mapped = nat.find(source);
        const Endpoint outside = mapped == nat.end() ? source : mapped->second;
        const bool is_for_dc = datagram.remote == dc_v4 || datagram.remote == dc_v6();
        const bool is_for_relay = datagram.remote == relay_v4() || datagram.remote == relay_v6();
        Datagram arriving{datagram.remote, outside, std::move(datagram.payload)};
        if (is_for_dc) {
            launch(now + dc_delay, Flight::To::dc, std::move(arriving));
        } else if (is_for_relay) {
            launch(now + relay_delay, Flight::To::relay, std::move(arriving));
        }
    }
    for (Bytes& packet : node->take_inner_packets()) {
        delivered.emplace_back(now, std::move(packet));
    }
    for (const DnsAnswer& answer : node->take_dns_answers()) {
        dns_answers.emplace_back(now, answer);
    }
    for (NodeEvent& event : node->take_events()) {
        log.push_back(std::move(event.text));
    }
}

void NodeWorld::drain_dc() {
    for (const Datagram& datagram : dc.take_datagrams()) {
        launch(
            now + dc_delay, Flight::To::node, {datagram.remote, datagram.local, datagram.payload}
        );
    }
}

std::optional<Endpoint> NodeWorld::node_behind(const Endpoint& outside) const {
    for (const auto& [inside, mapped] : nat) {
        if (mapped == outside) {
            return inside;
        }
    }
    return nat.contains(outside) ? std::nullopt : std::optional{outside};
}

void NodeWorld::land(Flight flight) {
    Datagram& datagram = flight.datagram;
    switch (flight.to) {
        case Flight::To::dc:
            dc.handle_datagram(datagram, now);
            drain_dc();
            return;
        case Flight::To::relay:
            if (auto answer = relay.handle(datagram, now)) {
                launch(
                    now + relay_delay,
                    Flight::To::node,
                    {datagram.remote, datagram.local, std::move(*answer)}
                );
            } else if (is_peer_alive && relay.is_up && !relay.forwarded.empty()) {
                if (relay.forwarded.back().was_bound) {
                    answer_as_peer(relay.forwarded.back().payload);
                }
            }
            return;
        case Flight::To::node:
            break;
    }
    const auto inside = node_behind(datagram.local);
    const bool is_there =
        inside && !unplugged.contains(inside->address) &&
        std::any_of(addresses_.begin(), addresses_.end(), [&](const RealAddress& at) {
            return at.address.address == inside->address;
        });
    if (is_there) {
        datagram.local = *inside;
        if (is_stopped) {
            in_sockets.push_back(std::move(datagram));
            return;
        }
        arrived.push_back(datagram);
        node->handle_datagram(datagram, now);
        drain();
    }
}

void NodeWorld::answer_as_peer(const Bytes& datagram) {
    const auto message = protocol::open_end(secret(0x22), datagram);
    if (message && message->has_probe()) {
        v1::End answer;
        answer.mutable_probe_answer()->set_nonce(message->probe().nonce());
        peer_sends(protocol::seal_end(
            secret(0x22), PathId{FakeDc::path_number}, Role::responder, answer, random
        ));
    }
}

void NodeWorld::run_until(Instant until) {
    unsigned rounds = 0;
    while (true) {
        const Instant flight = under_way_.empty() ? Instant::never() : under_way_.begin()->first;
        const Instant node_timer = node->next_timeout();
        const Instant dc_timer = dc.next_timeout();
        const Instant next = std::min({flight, node_timer, dc_timer});
        if (next > until) {
            break;
        }
        rounds = next > now ? 0 : rounds + 1;
        if (rounds > most_rounds_of_an_instant) {
            throw std::runtime_error("time stands still");
        }
        now = std::max(now, next);
        if (flight <= now) {
            Flight landing = std::move(under_way_.begin()->second);
            under_way_.erase(under_way_.begin());
            land(std::move(landing));
        } else if (node_timer <= now) {
            node->handle_timeout(now);
            drain();
        } else {
            dc.handle_timeout(now);
            drain_dc();
        }
    }
    now = std::max(now, until);
}

bool NodeWorld::run_until_true(const std::function<bool()>& is_true, Duration limit) {
    const Instant end = now + limit;
    while (!is_true()) {
        if (now >= end) {
            return false;
        }
        run_for(milliseconds{1});
    }
    return true;
}

}  // namespace ntm::client::testing
