// SPDX-License-Identifier: BSD-3-Clause
// A relay's director with two DCs (real signalling on both sides) and a network without delay, for
// the director's tests. Time stands still unless a test moves it.
#pragma once

#include "common/protocol/sealed.hpp"
#include "control/relay_director.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::control {

inline Endpoint at(const char* text) {
    return *Endpoint::parse(text);
}

inline const Endpoint relay4 = at("198.51.100.20:9770");
inline const Endpoint relay6 = at("[2001:db8:1::20]:9770");
inline const Endpoint mn_at = at("192.0.2.1:40000");
inline const Endpoint mn_moved = at("192.0.2.77:41000");
inline const Endpoint cn_at = at("[2001:db8:2::5]:9770");
inline const Endpoint stranger = at("203.0.113.66:666");

// One DC as far as a relay sees it.
struct FakeDc {
    FakeDc(const char* at_text, crypto::KeyPair key, std::uint64_t boot, RandomSource& random)
        : endpoint{at(at_text)}, key_pair{key.clone()} {
        start(boot, 1, random);
    }
    void start(std::uint64_t boot, std::uint64_t new_term, RandomSource& random) {
        term = new_term;
        signaling = std::make_unique<protocol::Signaling>(
            protocol::Signaling::Settings{
                key_pair.clone(), BootId{boot}, Secret<16>{random.bytes<16>()}},
            random
        );
    }
    Endpoint endpoint;
    crypto::KeyPair key_pair;
    std::unique_ptr<protocol::Signaling> signaling;
    std::uint64_t term = 1;
    bool is_up = true;
    std::vector<v1::RsRegister> registrations;
    std::vector<v1::RsStatus> statuses;
    std::vector<v1::PathRelease> releases;
    std::map<std::uint64_t, v1::Signal> answers;  // by request id
};

class DirectorWorld : public testing::Test {
  protected:
    static constexpr std::uint32_t capacity = 3;
    static constexpr std::uint64_t relay_boot = 0x5151;
    static constexpr tables::NextHopIndex hop4 = 4;
    static constexpr tables::NextHopIndex hop6 = 6;

    explicit DirectorWorld(
        std::uint32_t path_capacity = capacity,
        std::optional<DirectorSettings::Napt> napt = std::nullopt
    ) {
        for (FakeDc* dc : {&dc_a, &dc_b}) {
            dc->signaling->add_peer(relay_key.public_key(), protocol::PeerKind::relay);
        }
        begin(settings_for(path_capacity, std::move(napt)));
    }

    [[nodiscard]] DirectorSettings settings_for(
        std::uint32_t path_capacity, std::optional<DirectorSettings::Napt> napt
    ) const {
        DirectorSettings settings{
            "rs1",
            relay_key.clone(),
            BootId{relay_boot},
            token_key.clone(),
            {relay4, relay6},
            path_capacity,
            {}};
        settings.napt = std::move(napt);
        settings.dcs.push_back({"a", dc_a.key_pair.public_key(), {dc_a.endpoint}});
        settings.dcs.push_back({"b", dc_b.key_pair.public_key(), {dc_b.endpoint}});
        return settings;
    }
    // A process of the relay, in place of the one before, if any.
    void begin(DirectorSettings settings) {
        const auto resolver = [this](const IpAddress& remote) {
            asked_for.push_back(remote);
            return remote.is_ipv4() ? next_hop_ipv4 : hop6;
        };
        director = std::make_unique<RelayDirector>(std::move(settings), resolver, random, now);
        run();
        commands();
    }

    // Carries everything to where it goes until nothing moves.
    void run() {
        for (bool is_busy = true; is_busy;) {
            is_busy = false;
            for (const Datagram& datagram : director->take_datagrams()) {
                is_busy = true;
                carry(datagram);
            }
            for (FakeDc* dc : {&dc_a, &dc_b}) {
                is_busy = serve(*dc) || is_busy;
            }
        }
    }
    // Moves time in steps of whatever somebody waits for.
    void pass(Duration duration) {
        const Instant end = now + duration;
        while (now < end) {
            Instant next = std::min(end, director->next_timeout());
            for (FakeDc* dc : {&dc_a, &dc_b}) {
                next = std::min(next, dc->signaling->next_timeout());
            }
            now = std::max(now, next);
            director->handle_timeout(now);
            for (FakeDc* dc : {&dc_a, &dc_b}) {
                dc->signaling->handle_timeout(now);
            }
            run();
        }
    }

    v1::Fence fence(const FakeDc& dc) const {
        v1::Fence made;
        made.set_dc_term(dc.term);
        made.set_dc_boot_id(dc.signaling->boot_id().value);
        made.set_rs_boot_id(relay_boot);
        return made;
    }
    // The DC's request, answered.
    v1::Signal order(FakeDc& dc, v1::Signal message) {
        const auto id = dc.signaling->send_request(
            relay_key.public_key(), std::move(message), protocol::OnNewBoot::fail, now
        );
        run();
        EXPECT_TRUE(dc.answers.contains(id));
        return dc.answers[id];
    }
    static v1::RelayDirection direction(std::uint64_t id, std::uint32_t revision) {
        v1::RelayDirection made;
        made.set_path_id(id);
        made.set_revision(revision);
        made.set_lifetime_seconds(86400);
        for (const v1::PathRole role : {v1::ROLE_INITIATOR, v1::ROLE_RESPONDER}) {
            v1::RelayLeg& leg = *made.add_legs();
            leg.set_role(role);
            leg.set_leg_secret(std::string(32, static_cast<char>('a' + role)));
            *leg.mutable_proven() = to_message(role == v1::ROLE_INITIATOR ? mn_at : cn_at);
        }
        return made;
    }
    // Of a path that ends in the relay; its path secret is secret_of(Role::initiator).
    static v1::RelayDirection ending(std::uint64_t id, std::uint32_t revision) {
        v1::RelayDirection made = direction(id, revision);
        made.set_mode(v1::RELAY_END);
        made.mutable_legs()->RemoveLast();
        made.mutable_legs(0)->clear_leg_secret();
        v1::RelayEnd& end = *made.mutable_end();
        end.set_path_secret(std::string(32, 'a'));
        end.set_suite(v1::SUITE_CHACHA20_POLY1305);
        end.set_subscriber_fqdn("mn.a.ntm.test");
        end.set_subscriber_key(std::string(32, 'k'));
        end.set_subscriber_vipv4(bytes_of("198.18.0.1"));
        end.set_subscriber_vipv6(bytes_of("fd00:a::1"));
        end.set_most_ports(1000);
        end.set_most_sessions(5000);
        for (const auto& [virtual_ip, real_ip] :
             {std::pair{"198.18.64.1", "203.0.113.80"}, {"fd00:a::64:1", "2001:db8:5::80"}}) {
            v1::GeneralNode& node = *end.add_general_nodes();
            node.set_virtual_ip(bytes_of(virtual_ip));
            node.set_real_ip(bytes_of(real_ip));
        }
        return made;
    }
    static std::string bytes_of(const char* address) {
        return as_text(IpAddress::parse(address)->bytes());
    }
    v1::RelayResponse direct(FakeDc& dc, const v1::RelayDirection& one) {
        v1::Signal message;
        *message.mutable_relay_directions()->mutable_fence() = fence(dc);
        *message.mutable_relay_directions()->add_directions() = one;
        const v1::Signal answer = order(dc, std::move(message));
        EXPECT_EQ(answer.relay_responses().responses_size(), 1) << answer.text();
        return answer.relay_responses().responses(0);
    }
    v1::Status release(FakeDc& dc, std::uint64_t id, std::uint32_t revision) {
        v1::Signal message;
        message.mutable_path_release()->set_path_id(id);
        message.mutable_path_release()->set_revision(revision);
        *message.mutable_path_release()->mutable_fence() = fence(dc);
        return order(dc, std::move(message)).status();
    }

    // Table commands since the last call; SetSessions and SetTargets are kept apart.
    std::vector<DirectorCommand> commands() {
        std::vector<DirectorCommand> table;
        for (DirectorCommand& command : director->take_commands()) {
            if (const auto* const one = std::get_if<SetSessions>(&command)) {
                sessions = one->ids;
                cookie_nonces = one->cookie_nonces;
                continue;
            }
            if (const auto* const one = std::get_if<SetTargets>(&command)) {
                targets = one->targets;
                continue;
            }
            table.push_back(std::move(command));
        }
        return table;
    }

    struct Request {
        std::uint64_t path = 7;
        Role role = Role::initiator;
        std::string nonce = "nonce-01";
        std::string token = "";
        bool is_padded = true;
    };
    static Secret32 secret_of(Role role) {
        const std::string bytes(32, static_cast<char>('a' + static_cast<int>(role)));
        return Secret32{as_bytes(bytes).first<32>()};
    }
    Bytes sealed_request(const Request& request) {
        v1::Leg message;
        message.mutable_request()->set_nonce(request.nonce);
        message.mutable_request()->set_token(request.token);
        if (request.is_padded) {
            protocol::pad_tunnel_request(*message.mutable_request());
        }
        return protocol::seal_leg(
            secret_of(request.role), PathId{request.path}, request.role, message, random
        );
    }
    // Gives the director a datagram of a node.
    void arrive(const Bytes& payload, const Endpoint& from, const Endpoint& to) {
        director->handle_datagram({to, from, payload}, now);
        run();
    }
    // The answers to a node since the last call, opened.
    struct Answered {
        Datagram datagram;
        v1::TunnelResponse response;
    };
    std::vector<Answered> answers(Role role) {
        std::vector<Answered> opened;
        std::vector<Datagram> others;
        for (Datagram& datagram : to_nodes) {
            const auto message = protocol::open_leg(secret_of(role), datagram.payload);
            if (message && message->has_response()) {
                opened.push_back({datagram, message->response()});
            } else {
                others.push_back(std::move(datagram));
            }
        }
        to_nodes = std::move(others);
        return opened;
    }
    // Asks and gives the one answer.
    v1::TunnelResponse ask(const Request& request, const Endpoint& from, const Endpoint& to) {
        arrive(sealed_request(request), from, to);
        const auto got = answers(request.role);
        EXPECT_EQ(got.size(), 1U);
        return got.empty() ? v1::TunnelResponse{} : got.front().response;
    }
    // Path 7 of DC a, with both legs bound.
    void make_open_path() {
        ASSERT_EQ(direct(dc_a, direction(7, 1)).status(), v1::STATUS_OK);
        ask({}, mn_at, relay4);
        ask({.role = Role::responder}, cn_at, relay6);
        answers(Role::initiator);
        commands();
    }
    static tables::RelayPath unbound(std::uint64_t id) { return {PathId{id}, {}}; }
    static tables::RelayPath open_path() {
        tables::RelayPath path = unbound(7);
        path.legs[0] = {true, mn_at, relay4, std::nullopt, {}, hop4};
        path.legs[1] = {true, cn_at, relay6, std::nullopt, {}, hop6};
        return path;
    }

    SeededRandom random{42};
    Instant now{std::chrono::seconds{1000}};
    crypto::KeyPair relay_key = crypto::KeyPair::generate(random);
    Secret<16> token_key{random.bytes<16>()};
    FakeDc dc_a{"203.0.113.10:9770", crypto::KeyPair::generate(random), 0xa1, random};
    FakeDc dc_b{"203.0.113.11:9770", crypto::KeyPair::generate(random), 0xb1, random};
    tables::NextHopIndex next_hop_ipv4 = hop4;
    std::vector<IpAddress> asked_for;  // of the resolver
    std::unique_ptr<RelayDirector> director;
    std::vector<Datagram> to_nodes;
    std::vector<SessionId> sessions;
    std::vector<std::uint64_t> cookie_nonces;
    relay::TargetFilter targets;

  private:
    void carry(const Datagram& datagram) {
        for (FakeDc* dc : {&dc_a, &dc_b}) {
            if (datagram.remote == dc->endpoint) {
                if (dc->is_up) {
                    dc->signaling->handle_datagram({dc->endpoint, relay4, datagram.payload}, now);
                }
                return;
            }
        }
        to_nodes.push_back(datagram);
    }
    bool serve(FakeDc& dc) {
        for (const protocol::SignalingEvent& event : dc.signaling->take_events()) {
            if (const auto* const request = std::get_if<protocol::RequestReceived>(&event)) {
                answer(dc, *request);
            }
            if (const auto* const one = std::get_if<protocol::AnswerReceived>(&event)) {
                dc.answers[one->id] = one->message;
            }
        }
        const auto datagrams = dc.signaling->take_datagrams();
        for (const Datagram& datagram : datagrams) {
            if (dc.is_up && datagram.remote == relay4) {
                director->handle_datagram({relay4, dc.endpoint, datagram.payload}, now);
            }
        }
        return !datagrams.empty();
    }
    void answer(FakeDc& dc, const protocol::RequestReceived& request) {
        v1::Signal made;
        if (request.message.has_path_release()) {
            dc.releases.push_back(request.message.path_release());
            made.mutable_path_release_ack();
        } else {
            *made.mutable_rs_ack()->mutable_fence() = fence(dc);
        }
        if (request.message.has_rs_register()) {
            dc.registrations.push_back(request.message.rs_register());
        }
        if (request.message.has_rs_status()) {
            dc.statuses.push_back(request.message.rs_status());
        }
        dc.signaling->send_answer(request, std::move(made), now);
    }
};

}  // namespace ntm::control
