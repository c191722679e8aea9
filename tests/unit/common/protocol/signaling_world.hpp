// SPDX-License-Identifier: BSD-3-Clause
// A small world for tests of Signaling: hosts with addresses, a network that delays, loses,
// duplicates and reorders by a seeded generator, and one clock.
#pragma once

#include "common/protocol/signaling.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::protocol {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline Endpoint at(const char* text) {
    return *Endpoint::parse(text);
}

struct Host {
    std::vector<Endpoint> addresses;  // at most one of each family
    std::unique_ptr<Signaling> signaling;
    std::vector<SignalingEvent> events;
    bool answers = true;  // requests with STATUS_OK, at once

    template <typename Event>
    [[nodiscard]] std::vector<Event> all() const {
        std::vector<Event> found;
        for (const SignalingEvent& event : events) {
            if (const Event* const wanted = std::get_if<Event>(&event)) {
                found.push_back(*wanted);
            }
        }
        return found;
    }
};

struct Sent {
    Instant at;
    Endpoint from;
    Endpoint to;
    Bytes payload;
};

class World {
  public:
    explicit World(std::uint64_t seed = 1) : random{seed} {}

    Host& add(std::vector<Endpoint> addresses, const crypto::KeyPair& key, bool demands_tokens) {
        hosts.push_back(std::make_unique<Host>());
        Host& host = *hosts.back();
        host.addresses = std::move(addresses);
        start(host, key, demands_tokens);
        return host;
    }
    // A new run of the process: nothing of the last one is left.
    void start(Host& host, const crypto::KeyPair& key, bool demands_tokens) {
        Signaling::Settings settings{
            key.clone(), {random.number()}, Secret<16>{random.bytes<16>()}};
        settings.demands_tokens = demands_tokens;
        host.signaling = std::make_unique<Signaling>(std::move(settings), random);
        host.events.clear();
    }

    void run_for(Duration duration) {
        run_until([] { return false; }, duration);
    }
    // Whether `is_done` came true within `limit`.
    bool run_until(const std::function<bool()>& is_done, Duration limit) {
        const Instant end = now + limit;
        pump();
        while (!is_done()) {
            const Instant next = next_time();
            if (next > end) {
                now = end;
                return false;
            }
            now = std::max(now, next);
            step();
        }
        return true;
    }
    // Hands over what the hosts have to send and say.
    void pump() {
        for (auto& host : hosts) {
            pump(*host);
        }
    }

    // Puts a datagram on the wire as if `from` had sent it.
    void inject(const Endpoint& from, const Endpoint& to, Bytes payload) {
        wire.emplace(now, Sent{now, from, to, std::move(payload)});
    }

    Instant now{seconds{1000}};
    SeededRandom random;
    Duration latency = milliseconds{10};
    Duration most_jitter{0};
    unsigned loss_percent = 0;
    unsigned duplicate_percent = 0;
    // Whether a datagram may pass.
    std::function<bool(const Sent&)> filter = [](const Sent&) {
        return true;
    };
    // May rewrite the source: a NAT.
    std::function<void(Sent&)> rewrite = [](Sent&) {
    };
    std::vector<Sent> log;  // all that was sent, lost or not
    std::vector<std::unique_ptr<Host>> hosts;
    std::multimap<Instant, Sent> wire;

  private:
    [[nodiscard]] Instant next_time() const {
        Instant next = wire.empty() ? Instant::never() : wire.begin()->first;
        for (const auto& host : hosts) {
            next = std::min(next, host->signaling->next_timeout());
        }
        return next;
    }

    void step() {
        while (!wire.empty() && wire.begin()->first <= now) {
            const Sent sent = std::move(wire.begin()->second);
            wire.erase(wire.begin());
            for (auto& host : hosts) {
                if (std::ranges::find(host->addresses, sent.to) != host->addresses.end()) {
                    host->signaling->handle_datagram({sent.to, sent.from, sent.payload}, now);
                    pump(*host);
                }
            }
        }
        for (auto& host : hosts) {
            if (host->signaling->next_timeout() <= now) {
                host->signaling->handle_timeout(now);
                EXPECT_GT(host->signaling->next_timeout(), now) << "time stands still";
                pump(*host);
            }
        }
    }

    void pump(Host& host) {
        for (SignalingEvent& event : host.signaling->take_events()) {
            const auto* const request = std::get_if<RequestReceived>(&event);
            if (request != nullptr && host.answers) {
                host.signaling->send_answer(*request, {}, now);
            }
            host.events.push_back(std::move(event));
        }
        for (Datagram& datagram : host.signaling->take_datagrams()) {
            send(host, std::move(datagram));
        }
    }

    void send(const Host& host, Datagram datagram) {
        for (const Endpoint& address : host.addresses) {
            if (address.address.family() == datagram.remote.address.family()) {
                Sent sent{now, address, datagram.remote, std::move(datagram.payload)};
                rewrite(sent);
                log.push_back(sent);
                if (filter(sent)) {
                    carry(sent);
                }
                return;
            }
        }
    }

    void carry(const Sent& sent) {
        const unsigned copies = random.below(100) < duplicate_percent ? 2 : 1;
        for (unsigned copy = 0; copy < copies; ++copy) {
            if (random.below(100) < loss_percent) {
                continue;
            }
            const auto jitter = most_jitter.count() == 0
                                    ? 0
                                    : random.below(static_cast<std::uint64_t>(most_jitter.count()));
            wire.emplace(now + latency + Duration{jitter}, sent);
        }
    }
};

// A node and its DC; the DC demands tokens.
class NodeAndDc : public testing::Test {
  protected:
    explicit NodeAndDc(std::uint64_t seed = 1)
        : world_{seed},
          node_keys_{crypto::KeyPair::generate(world_.random)},
          dc_keys_{crypto::KeyPair::generate(world_.random)},
          node_{world_.add({node_at_}, node_keys_, false)},
          dc_{world_.add({dc_at_}, dc_keys_, true)} {
        provision_node();
        provision_dc();
    }

    static std::uint8_t type_of(const Bytes& datagram) {
        return static_cast<std::uint8_t>(datagram[0] & 0x0f);
    }
    static bool is_message_1(const Sent& sent) {
        return type_of(sent.payload) == 3 && (sent.payload[1] & 4) == 0;
    }
    std::vector<Sent> messages_1() const {
        std::vector<Sent> found;
        for (const Sent& sent : world_.log) {
            if (is_message_1(sent)) {
                found.push_back(sent);
            }
        }
        return found;
    }
    void provision_node() {
        node_.signaling->add_peer(dc_keys_.public_key(), PeerKind::dc);
        node_.signaling->set_endpoints(dc_keys_.public_key(), {dc_at_});
    }
    void provision_dc() {
        dc_.signaling->add_peer(node_keys_.public_key(), PeerKind::node);
        dc_.signaling->add_peer(dc_keys_.public_key(), PeerKind::dc);  // is not taken
    }
    void restart_node() {
        world_.start(node_, node_keys_, false);
        provision_node();
    }
    void restart_dc() {
        world_.start(dc_, dc_keys_, true);
        provision_dc();
    }

    [[nodiscard]] const PeerKey& node_key() const { return node_keys_.public_key(); }
    [[nodiscard]] const PeerKey& dc_key() const { return dc_keys_.public_key(); }

    std::uint64_t ask_dc(OnNewBoot on_new_boot = OnNewBoot::resend) {
        v1::Signal message;
        message.mutable_keep_alive();
        return node_.signaling->send_request(dc_key(), message, on_new_boot, world_.now);
    }
    std::uint64_t direct_node(OnNewBoot on_new_boot = OnNewBoot::resend) {
        v1::Signal message;
        message.mutable_route_direction()->set_path_id(7);
        return dc_.signaling->send_request(node_key(), message, on_new_boot, world_.now);
    }
    // Both ends know that the session stands.
    void connect() {
        node_.signaling->connect(dc_key(), false, world_.now);
        ASSERT_TRUE(
            world_.run_until([&] { return dc_.signaling->is_connected(node_key()); }, seconds{5})
        );
        world_.run_for(milliseconds{50});
        ASSERT_TRUE(node_.signaling->is_connected(dc_key()));
        world_.log.clear();
        node_.events.clear();
        dc_.events.clear();
    }
    [[nodiscard]] bool is_answered(std::uint64_t id) const {
        for (const AnswerReceived& answer : node_.all<AnswerReceived>()) {
            if (answer.id == id) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] std::vector<Sent> sent_from(const Endpoint& from) const {
        std::vector<Sent> found;
        for (const Sent& sent : world_.log) {
            if (sent.from == from) {
                found.push_back(sent);
            }
        }
        return found;
    }

    const Endpoint node_at_ = at("192.0.2.1:9770");
    const Endpoint dc_at_ = at("203.0.113.10:9770");
    World world_;
    crypto::KeyPair node_keys_;
    crypto::KeyPair dc_keys_;
    Host& node_;
    Host& dc_;
};

}  // namespace ntm::protocol
