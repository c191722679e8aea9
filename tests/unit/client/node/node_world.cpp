// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/client/node/node_world.hpp"

#include "common/base/byte_order.hpp"

#include <algorithm>

namespace ntm::client::testing {

namespace {

constexpr BootId node_boot{0xabc};
constexpr unsigned most_rounds_of_an_instant = 10'000;

std::string text(const Secret32& from) {
    return as_text(from.view());
}

}  // namespace

IpAddress ip(const std::string& text) {
    return IpAddress::parse(text).value();
}
Endpoint at(const std::string& text) {
    return Endpoint::parse(text).value();
}
RealAddress real(const std::string& text, std::uint32_t interface_index) {
    return {InterfaceAddress::parse(text).value(), interface_index, InterfaceKind::wired, true};
}
Secret32 secret(std::uint8_t fill) {
    std::array<std::uint8_t, 32> bytes;
    bytes.fill(fill);
    return Secret32{bytes};
}
Endpoint dc_v6() {
    return at("[2001:db8::10]:9770");
}
Endpoint relay_v4() {
    return at("198.51.100.20:9770");
}
Endpoint relay_v6() {
    return at("[2001:db8:1::20]:9770");
}

Bytes inner_packet(const std::string& from, const std::string& to, std::size_t payload) {
    const IpAddress source = ip(from);
    const IpAddress destination = ip(to);
    Bytes packet;
    if (source.is_ipv4()) {
        packet.assign(20 + payload, 0);
        packet[0] = 0x45;
        store(packet.data() + 2, Be16::from_host(static_cast<std::uint16_t>(packet.size())));
        packet[8] = 64;
        packet[9] = 17;
        store(packet.data() + 12, source.ipv4());
        store(packet.data() + 16, destination.ipv4());
        return packet;
    }
    packet.assign(40 + payload, 0);
    packet[0] = 0x60;
    store(packet.data() + 4, Be16::from_host(static_cast<std::uint16_t>(payload)));
    packet[6] = 17;
    packet[7] = 64;
    store(packet.data() + 8, source.ipv6());
    store(packet.data() + 24, destination.ipv6());
    return packet;
}

NodeWorld::NodeWorld(std::uint64_t seed)
    : random{seed},
      node_key{crypto::KeyPair::generate(random)},
      dc_key{crypto::KeyPair::generate(random)},
      peer_key{crypto::KeyPair::generate(random)},
      relay{random} {
    NodeSettings settings{
        "mn.a.ntm.test",
        Port{9770},
        node_key.clone(),
        node_boot,
        dc_key.public_key(),
        {dc_v4, dc_v6()},
        {"a.ntm.test", "b.ntm.test"}};
    node = std::make_unique<TunnelManager>(std::move(settings), random);
    dc = std::make_unique<protocol::Signaling>(
        protocol::Signaling::Settings{
            dc_key.clone(), BootId{0xdc}, Secret<16>{random.bytes<16>()}, true},
        random
    );
    dc->add_peer(node_key.public_key(), protocol::PeerKind::node);

    grant.set_vipv4(as_text(ip("198.18.0.1").bytes()));
    grant.set_vipv4_prefix_length(17);
    grant.set_vipv6(as_text(ip("fd00:a::1").bytes()));
    grant.set_vipv6_prefix_length(64);
    grant.set_keep_alive_seconds(20);
    grant.set_lifetime_seconds(3600);
    v1::RelayCandidate& candidate = *grant.add_relays();
    candidate.set_name("rs1");
    write_address(relay_v4(), *candidate.add_addresses());
    write_address(relay_v6(), *candidate.add_addresses());
    for (const auto& [address, length] :
         {std::pair{ip("198.18.0.0"), 17U}, std::pair{ip("fd00:a::"), 64U}}) {
        v1::Prefix& prefix = *grant.add_virtual_prefixes();
        prefix.set_ip(as_text(address.bytes()));
        prefix.set_length(length);
    }
    on_direction_request = [this](const v1::DirectionRequest&) {
        v1::Signal answer;
        *answer.mutable_direction_response()->mutable_route() = relayed_direction();
        return answer;
    };
}

v1::RouteDirection NodeWorld::relayed_direction(std::uint32_t revision) {
    v1::RouteDirection direction;
    direction.set_path_id(path_number);
    direction.set_revision(revision);
    direction.set_role(v1::ROLE_INITIATOR);
    direction.set_peer_vipv4(as_text(ip("198.18.0.2").bytes()));
    direction.set_peer_vipv6(as_text(ip("fd00:a::2").bytes()));
    direction.set_peer_fqdn("cn.b.ntm.test");
    direction.set_peer_static_key(as_text(peer_key.public_key().bytes));
    direction.set_kind(v1::ROUTE_RELAYED);
    direction.set_relay_name("rs1");
    write_address(relay_v4(), *direction.add_relay());
    write_address(relay_v6(), *direction.add_relay());
    direction.set_leg_secret(text(secret(0x11)));
    direction.set_path_secret(text(secret(0x22)));
    direction.set_suite(v1::SUITE_AES_128_GCM);
    direction.set_lifetime_seconds(86400);
    direction.set_inner_mtu(1400);
    direction.set_node_boot_id(node_boot.value);
    relay.leg_secrets.insert_or_assign(PathId{path_number}, secret(0x11));
    return direction;
}

v1::RouteDirection NodeWorld::direct_direction(const std::vector<PeerCandidate>& candidates) {
    v1::RouteDirection direction = relayed_direction();
    direction.set_kind(v1::ROUTE_DIRECT);
    direction.clear_relay();
    direction.clear_relay_name();
    direction.clear_leg_secret();
    for (const PeerCandidate& candidate : candidates) {
        v1::Candidate& entry = *direction.add_candidates();
        write_address(candidate.endpoint, *entry.mutable_address());
        entry.set_is_proven(candidate.is_proven);
    }
    return direction;
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
    const auto id = dc->send_request(
        node_key.public_key(), std::move(message), protocol::OnNewBoot::resend, now
    );
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
            secret(0x22), crypto::Suite::aes_128_gcm, PathId{path_number}, Role::responder
        );
    }
    return peer_sealer_.get();
}

void NodeWorld::peer_sends(Bytes datagram) {
    const auto leg = relay.legs.find(PathId{path_number});
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
        if (view.path_id == PathId{path_number}) {
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
    for (const protocol::SignalingEvent& event : dc->take_events()) {
        if (const auto* request = std::get_if<protocol::RequestReceived>(&event)) {
            answer_as_dc(*request);
        } else if (const auto* answer = std::get_if<protocol::AnswerReceived>(&event)) {
            dc_answers.emplace(answer->id, answer->message);
        }
    }
    for (Datagram& datagram : dc->take_datagrams()) {
        const Endpoint from = datagram.remote.address.is_ipv4() ? dc_v4 : dc_v6();
        launch(
            now + dc_delay, Flight::To::node, {datagram.remote, from, std::move(datagram.payload)}
        );
    }
}

void NodeWorld::answer_as_dc(const protocol::RequestReceived& request) {
    dc_requests.push_back(request.message);
    v1::Signal answer;
    if (request.message.has_registration_request() && busy_answers > 0) {
        --busy_answers;
        answer.set_status(v1::STATUS_BUSY);
    } else if (request.message.has_registration_request()) {
        *answer.mutable_registration_response() = grant;
        write_address(request.source, *answer.mutable_registration_response()->mutable_outside());
    } else if (request.message.has_keep_alive()) {
        write_address(request.source, *answer.mutable_keep_alive_ack()->mutable_outside());
    } else if (request.message.has_direction_request()) {
        direction_requests.emplace_back(now, request.message.direction_request());
        answer = on_direction_request(request.message.direction_request());
    } else if (request.message.has_path_release()) {
        answer.mutable_path_release_ack();
    }
    dc->send_answer(request, std::move(answer), now);
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
            if (is_dc_up) {
                dc->handle_datagram(datagram, now);
                drain_dc();
            }
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
        peer_sends(
            protocol::seal_end(secret(0x22), PathId{path_number}, Role::responder, answer, random)
        );
    }
}

void NodeWorld::run_until(Instant until) {
    unsigned rounds = 0;
    while (true) {
        const Instant flight = under_way_.empty() ? Instant::never() : under_way_.begin()->first;
        const Instant node_timer = node->next_timeout();
        const Instant dc_timer = is_dc_up ? dc->next_timeout() : Instant::never();
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
            dc->handle_timeout(now);
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
