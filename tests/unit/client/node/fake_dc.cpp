// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/client/node/fake_dc.hpp"

#include "tests/unit/client/node/fake_relay.hpp"
#include "tests/unit/client/node/made_up.hpp"

namespace ntm::client::testing {

namespace {

std::string text(const Secret32& from) {
    return as_text(from.view());
}

v1::RegistrationResponse usual_grant() {
    v1::RegistrationResponse grant;
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
    return grant;
}

}  // namespace

FakeDc::FakeDc(RandomSource& random, const crypto::PublicKey& node)
    : grant{usual_grant()},
      on_direction_request{[this](const v1::DirectionRequest&) {
          v1::Signal answer;
          *answer.mutable_direction_response()->mutable_route() = relayed_direction();
          return answer;
      }},
      key_{crypto::KeyPair::generate(random)},
      node_{node},
      peer_key_{crypto::KeyPair::generate(random)},
      signaling_{{key_.clone(), BootId{0xdc}, Secret<16>{random.bytes<16>()}, true}, random} {
    signaling_.add_peer(node_, protocol::PeerKind::node);
}

v1::RouteDirection FakeDc::relayed_direction(std::uint32_t revision) const {
    v1::RouteDirection direction;
    direction.set_path_id(path_number);
    direction.set_revision(revision);
    direction.set_role(v1::ROLE_INITIATOR);
    direction.set_peer_vipv4(as_text(ip("198.18.0.2").bytes()));
    direction.set_peer_vipv6(as_text(ip("fd00:a::2").bytes()));
    direction.set_peer_fqdn("cn.b.ntm.test");
    direction.set_peer_static_key(as_text(peer_key_.public_key().bytes));
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
    return direction;
}

v1::RouteDirection FakeDc::direct_direction(const std::vector<PeerCandidate>& candidates) const {
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

v1::RouteDirection FakeDc::general_direction(std::uint32_t revision) const {
    v1::RouteDirection direction = relayed_direction(revision);
    direction.set_kind(v1::ROUTE_GENERAL);
    direction.set_peer_fqdn("gn.example.test");
    direction.clear_peer_vipv6();
    direction.clear_leg_secret();
    return direction;
}

v1::RouteDirection FakeDc::exit_direction(std::uint32_t revision) const {
    v1::RouteDirection direction = general_direction(revision);
    direction.set_exit(true);
    direction.clear_peer_fqdn();
    direction.clear_peer_vipv4();
    return direction;
}

std::uint64_t FakeDc::send(v1::Signal message, Instant now) {
    const auto id =
        signaling_.send_request(node_, std::move(message), protocol::OnNewBoot::resend, now);
    take_events(now);
    return id;
}

void FakeDc::handle_datagram(const Datagram& datagram, Instant now) {
    if (is_up) {
        signaling_.handle_datagram(datagram, now);
        take_events(now);
    }
}

Instant FakeDc::next_timeout() const {
    return is_up ? signaling_.next_timeout() : Instant::never();
}

void FakeDc::handle_timeout(Instant now) {
    signaling_.handle_timeout(now);
    take_events(now);
}

std::vector<Datagram> FakeDc::take_datagrams() {
    std::vector<Datagram> taken = signaling_.take_datagrams();
    for (Datagram& datagram : taken) {
        datagram.local = datagram.remote.address.is_ipv4() ? dc_v4 : dc_v6();
    }
    return taken;
}

void FakeDc::take_events(Instant now) {
    for (const protocol::SignalingEvent& event : signaling_.take_events()) {
        if (const auto* request = std::get_if<protocol::RequestReceived>(&event)) {
            answer(*request, now);
        } else if (const auto* answer = std::get_if<protocol::AnswerReceived>(&event)) {
            answers.emplace(answer->id, answer->message);
        }
    }
}

void FakeDc::answer(const protocol::RequestReceived& request, Instant now) {
    requests.push_back(request.message);
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
    signaling_.send_answer(request, std::move(answer), now);
}

}  // namespace ntm::client::testing
