// SPDX-License-Identifier: BSD-3-Clause
// Two ends of a path that exchange keys over a line which a test can cut, turn back and repeat
// (docs/protocol.md section 6), on one made-up clock.
#pragma once

#include "client/node/key_exchange.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::client::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline const Bytes inner{0x45, 1, 2, 3};
inline constexpr Duration one_way = milliseconds{20};

[[nodiscard]] inline Secret32 path_secret() {
    std::array<std::uint8_t, 32> bytes{};
    bytes.fill(7);
    return Secret32{bytes};
}

using Message = std::variant<v1::KeyRequest, v1::KeyResponse, Bytes>;

struct End {
    End(Role role, const std::optional<KeyPolicy>& policy)
        : random{role == Role::initiator ? 1U : 2U},
          own_key{crypto::KeyPair::generate(random)},
          epochs{{PathId{5}, role, crypto::Suite::aes_128_gcm}, path_secret()},
          exchange{epochs, policy} {}

    void run(Instant now) {
        epochs.handle_timeout(now);
        const auto step = exchange.handle_timeout(random, one_way * 2, now);
        if (step.request) {
            out.emplace_back(*step.request);
        }
        if (step.is_empty_due) {
            send({});
        }
    }
    void send(const Bytes& packet) { out.emplace_back(*epochs.seal(packet)); }
    void take(const Message& message, Instant now) {
        const KeyExchange::Means means{own_key, peer_key, log, random};
        if (const auto* request = std::get_if<v1::KeyRequest>(&message)) {
            const auto response = exchange.handle_request(*request, means);
            fault = response ? std::nullopt : std::optional{response.error()};
            if (response) {
                out.emplace_back(*response);
            }
        } else if (const auto* response = std::get_if<v1::KeyResponse>(&message)) {
            fault = exchange.handle_response(*response, means, now);
        } else {
            take_data(std::get<Bytes>(message), now);
        }
    }
    void take_data(const Bytes& datagram, Instant now) {
        const auto opened = epochs.open(datagram, now);
        if (!opened) {
            ++refused;
            return;
        }
        received += opened->inner.empty() ? 0 : 1;
        empty += opened->inner.empty() ? 1 : 0;
        if (exchange.note_opened(*opened, now)) {
            send({});
        }
    }

    SeededRandom random;
    crypto::KeyPair own_key;
    crypto::PublicKey peer_key;
    protocol::KeyLog log;
    PathEpochs epochs;
    KeyExchange exchange;
    std::vector<Message> out;
    std::optional<KeyFault> fault;
    unsigned received = 0;
    unsigned empty = 0;
    unsigned refused = 0;
};

// Both ends, 20 ms apart, on one clock.
class KeyExchangeTest : public ::testing::Test {
  protected:
    void make(const std::optional<KeyPolicy>& at_mn, const std::optional<KeyPolicy>& at_cn) {
        mn = std::make_unique<End>(Role::initiator, at_mn);
        cn = std::make_unique<End>(Role::responder, at_cn);
        mn->peer_key = cn->own_key.public_key();
        cn->peer_key = mn->own_key.public_key();
    }
    void make() { make(KeyPolicy{}, KeyPolicy{}); }
    void be_ready() {
        mn->exchange.set_ready(true, now);
        cn->exchange.set_ready(true, now);
    }
    // Every millisecond what the ends send goes on its way, unless it is kept back.
    void run_for(Duration duration) {
        for (const Instant end = now + duration; now < end; now = now + milliseconds{1}) {
            mn->run(now);
            cn->run(now);
            launch(*mn, *cn);
            launch(*cn, *mn);
            land();
        }
    }
    void launch(End& from, End& to) {
        for (Message& message : std::exchange(from.out, {})) {
            sent.push_back({&from, message});
            if (!is_lost || !is_lost(from, message)) {
                under_way.push_back({now + one_way, &to, std::move(message)});
            }
        }
    }
    void land() {
        for (std::size_t i = 0; i < under_way.size(); ++i) {
            if (under_way[i].at == now) {
                under_way[i].to->take(Message{under_way[i].message}, now);
            }
        }
        std::erase_if(under_way, [this](const Flight& flight) { return flight.at <= now; });
    }
    template <typename Kind>
    [[nodiscard]] std::vector<Kind> sent_by(const End& end) const {
        std::vector<Kind> found;
        for (const Sent& each : sent) {
            if (each.by == &end && std::holds_alternative<Kind>(each.message)) {
                found.push_back(std::get<Kind>(each.message));
            }
        }
        return found;
    }
    void expect_epoch(std::uint32_t number) const {
        EXPECT_EQ(mn->epochs.number(), number);
        EXPECT_EQ(cn->epochs.number(), number);
        EXPECT_EQ(mn->epochs.secret(), cn->epochs.secret());
        EXPECT_TRUE(mn->epochs.is_confirmed());
        EXPECT_TRUE(cn->epochs.is_confirmed());
    }

    struct Flight {
        Instant at;
        End* to;
        Message message;
    };
    struct Sent {
        const End* by;
        Message message;
    };
    Instant now{seconds{100}};
    std::unique_ptr<End> mn;
    std::unique_ptr<End> cn;
    std::vector<Flight> under_way;
    std::vector<Sent> sent;
    std::function<bool(const End&, const Message&)> is_lost;
};

}  // namespace ntm::client::testing
