// SPDX-License-Identifier: BSD-3-Clause
// The brain of a node among its DC, a relay, the far end of its paths and strangers: what each may
// send, well-formed, turned or of the input's own bytes under the right seal, and what nobody may send;
// addresses that come and go, packets and names from inside, and time. S-1, S-3, S-4, S-16, F-5, F-6,
// M-10.
#include "common/protocol/cookie.hpp"
#include "tests/fuzz/messages.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/fuzz/watched_node.hpp"

#include <array>
#include <memory>
#include <tuple>

namespace ntm::fuzz {

namespace {

using client::testing::at;
using client::testing::inner_packet;
using client::testing::real;
using client::testing::relay_v4;
using client::testing::secret;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t most_events = 40;
constexpr Duration most_waited = seconds{60};
constexpr std::uint8_t leg_fill = 0x11;
constexpr std::uint8_t forged_fill = 0x99;

const Endpoint& place(std::uint8_t which) {
    static const std::array all{
        relay_v4(), at("192.0.2.50:9770"), at("192.0.2.51:41000"), at("203.0.113.66:666")};
    return all[which % all.size()];
}

// Of the path secrets in use, or of none.
std::uint8_t path_fill(std::uint8_t form) {
    return (form & 8) == 0 ? 0x22 : 0x23;
}

PathId path_of(std::uint8_t form) {
    return PathId{client::testing::FakeDc::path_number + (form & 3U) % WatchedNode::path_count};
}

Role role_of(std::uint8_t form) {
    return (form & 4) == 0 ? Role::responder : Role::initiator;
}

class Play {
  public:
    void play(Input& input) {
        for (std::size_t i = 0; i < most_events && !input.is_empty(); ++i) {
            event(input);
            world_.check();
        }
    }

  private:
    void event(Input& input) {
        const std::uint8_t what = input.byte();
        const std::uint8_t form = input.byte();
        const bool is_turned = (what & 0x80) != 0;
        switch (what % 16) {
            case 0:
            case 1:
                return direct(form, is_turned, input);
            case 2:
                return release(form, input);
            case 3:
                if (const auto message = read_message<v1::Signal>(input)) {
                    world_.say(*message);
                }
                return;
            case 4:
                return choose_answer(form, input);
            case 5:
                return world_.send_inner(inner(form, input));
            case 6:
                return data(form, input);
            case 7:
                return leg(form, is_turned, input);
            case 8:
                return end(form, is_turned, input);
            case 9:
                return move(form);
            case 10:
                return trouble(form);
            case 11:
                return forge(form, input);
            case 12:
            case 13:
                return wait(form);
            case 14:
                return ask(form);
            default:
                return grant_otherwise(is_turned, input);
        }
    }

    v1::RouteDirection direction(std::uint8_t form, Input& input) {
        v1::RouteDirection made = world_.dc.relayed_direction();
        world_.relay.leg_secrets.insert_or_assign(path_of(form), secret(leg_fill));
        if ((form & 0x40) != 0) {
            const std::uint8_t where = input.byte();
            made = world_.dc.direct_direction(
                {{place(where), (where & 0x10) != 0}, {place(where / 4), (where & 0x20) != 0}}
            );
            if ((where & 0x80) != 0) {
                made = world_.dc.general_direction();
                world_.relay.hold_end(path_of(form), secret(path_fill(form)));
            }
        }
        made.set_path_id(path_of(form).value);
        made.set_revision(input.byte() % 8);
        made.set_path_secret(as_text(secret(path_fill(form)).view()));
        if (role_of(form) == Role::initiator) {
            made.set_role(v1::ROLE_RESPONDER);
        }
        if ((form & 0x10) != 0) {
            made.set_peer_vipv4(as_text(client::testing::ip("198.18.0.3").bytes()));
            made.clear_peer_vipv6();
            made.set_peer_fqdn("xn.b.ntm.test");
        }
        if ((form & 0x20) != 0) {
            made.set_lifetime_seconds(8);
        }
        return made;
    }
    void direct(std::uint8_t form, bool is_turned, Input& input) {
        v1::Signal message;
        *message.mutable_route_direction() = direction(form, input);
        const auto turned = is_turned ? turn_message(message, input) : message;
        if (turned) {
            world_.say(*turned);
        }
    }
    void release(std::uint8_t form, Input& input) {
        v1::Signal message;
        message.mutable_path_release()->set_path_id(path_of(form).value);
        message.mutable_path_release()->set_revision(input.byte() % 8);
        world_.say(message);
    }
    // To Direction Requests.
    void choose_answer(std::uint8_t form, Input& input) {
        v1::Signal answer;
        if ((form & 0x80) != 0) {
            answer.set_status(static_cast<v1::Status>(form % 13));
        } else {
            *answer.mutable_direction_response()->mutable_route() = direction(form, input);
        }
        world_.answer_directions_with(answer);
    }

    Bytes inner(std::uint8_t form, Input& input) {
        static const std::array addresses{
            "198.18.0.1", "198.18.0.2", "198.18.0.3", "198.18.0.77", "192.0.2.9"};
        if (form >= 0xc0) {
            const ByteView bytes = input.take(input.byte());
            return {bytes.begin(), bytes.end()};
        }
        if (form >= 0x80) {
            return inner_packet((form & 1) == 0 ? "fd00:a::1" : "fd00:a::2", "fd00:a::2");
        }
        return inner_packet(addresses[form % 8 % 5], addresses[form / 8 % 5], form);
    }
    // From the end that the form names, at the place that the next byte does.
    void data(std::uint8_t form, Input& input) {
        const Endpoint& from = place(input.byte());
        auto& sealer = sealers_[{path_of(form), role_of(form), path_fill(form)}];
        if (!sealer) {
            sealer = std::make_unique<protocol::DataSealer>(
                secret(path_fill(form)), crypto::Suite::aes_128_gcm, path_of(form), role_of(form)
            );
        }
        world_.arrive(from, *sealer->seal(inner(input.byte(), input)));
    }
    void leg(std::uint8_t form, bool is_turned, Input& input) {
        const std::uint8_t where = input.byte();
        v1::Leg message;
        if ((form & 0x10) != 0) {
            respond(form, where, message);
        } else {
            message.mutable_request()->set_nonce("nonce-01");
            message.mutable_request()->set_token(tokens_[place(where)]);
            protocol::pad_tunnel_request(*message.mutable_request());
        }
        const auto turned = is_turned ? turn_message(message, input) : message;
        if (!turned) {
            return;
        }
        const std::uint8_t fill = (form & 0x20) != 0 ? leg_fill : path_fill(form);
        world_.arrive(
            place(where),
            protocol::seal_leg(secret(fill), path_of(form), role_of(form), *turned, world_.random)
        );
        take_tokens();
    }
    void respond(std::uint8_t form, std::uint8_t where, v1::Leg& into) {
        v1::TunnelResponse& response = *into.mutable_response();
        response.set_nonce(world_.nonce_asked(path_of(form), place(where)).value_or("nonce-02"));
        response.set_bound((where & 0x40) != 0);
        response.set_peer_bound((where & 0x80) != 0);
        response.set_token(std::string(16, 't'));
        response.set_boot_id(1U + (where & 0x10));
    }
    // That the node has given in answers to Requests.
    void take_tokens() {
        for (const auto& [when, datagram] : world_.sent) {
            const auto message = world_.open_leg(datagram.payload);
            if (message && message->has_response()) {
                tokens_[datagram.remote] = message->response().token();
            }
        }
    }
    void end(std::uint8_t form, bool is_turned, Input& input) {
        const Endpoint& from = place(input.byte());
        v1::End message;
        if ((form & 0x20) != 0) {
            exchange(form, message);
        } else if ((form & 0x10) != 0) {
            message.mutable_probe()->set_nonce("nonce-03");
        } else {
            message.mutable_probe_answer()->set_nonce("nonce-04");
        }
        const auto turned = is_turned ? turn_message(message, input) : message;
        if (turned) {
            world_.arrive(
                from,
                protocol::seal_end(
                    secret(path_fill(form)), path_of(form), role_of(form), *turned, world_.random
                )
            );
        }
    }

    static void exchange(std::uint8_t form, v1::End& into) {
        const std::uint32_t epoch = 1 + form / 64 % 2;
        const std::string key(32, static_cast<char>(form / 128 + 'k'));
        if ((form & 0x10) != 0) {
            into.mutable_key_request()->set_epoch(epoch);
            into.mutable_key_request()->set_key(key);
        } else {
            into.mutable_key_response()->set_epoch(epoch);
            into.mutable_key_response()->set_key(key);
        }
    }

    void move(std::uint8_t form) {
        static const std::array choices{
            std::vector{real("192.168.1.2/24")},
            std::vector{real("10.9.9.9/24", 3)},
            std::vector{real("192.168.1.2/24"), real("10.9.9.9/24", 3)},
            std::vector{real("192.168.1.2/24"), real("2001:db8:5::2/64")},
            std::vector{real("2001:db8:5::2/64")},
            std::vector<client::RealAddress>{}};
        world_.move_to(choices[form % choices.size()]);
    }
    void trouble(std::uint8_t form) {
        world_.dc.is_up = (form & 1) == 0;
        world_.relay.is_up = (form & 2) == 0;
        world_.is_peer_alive = (form & 4) != 0;
        world_.dc.busy_answers = (form & 8) == 0 ? 0 : 2;
        if ((form & 0x10) != 0) {
            world_.relay.restart();
        }
        for (auto& [path, leg] : world_.relay.legs) {
            leg.is_peer_bound = (form & 0x20) == 0;
        }
    }
    // What nobody may send: bytes, what came already, cut or turned, and what bears a wrong seal.
    void forge(std::uint8_t form, Input& input) {
        const Endpoint& from = place(form);
        if ((form & 0x80) != 0 && !world_.arrived.empty()) {
            Bytes again = world_.arrived[input.byte() % world_.arrived.size()].payload;
            again[input.word() % again.size()] ^= static_cast<std::uint8_t>(1U << form / 4 % 8);
            if ((form & 0x40) != 0) {
                again.resize(input.word() % again.size());
            }
            return world_.arrive_forged(from, again);
        }
        if ((form & 0x40) != 0) {
            return world_.arrive_forged(from, wrongly_sealed(input.byte(), input.byte()));
        }
        const ByteView bytes = input.take(input.byte());
        world_.arrive_forged(from, {bytes.begin(), bytes.end()});
    }
    Bytes wrongly_sealed(std::uint8_t kind, std::uint8_t form) {
        const Secret32 wrong = secret(forged_fill);
        if (kind % 4 == 0) {
            v1::Leg message;
            message.mutable_response()->set_nonce("nonce-01");
            message.mutable_response()->set_bound(true);
            return protocol::seal_leg(wrong, path_of(form), role_of(form), message, world_.random);
        }
        if (kind % 4 == 1) {
            v1::End message;
            message.mutable_probe()->set_nonce("nonce-01");
            return protocol::seal_end(wrong, path_of(form), role_of(form), message, world_.random);
        }
        if (kind % 4 == 2) {
            return protocol::build_cookie_answer({form, {}, BootId{1}, place(form)});
        }
        protocol::DataSealer sealer{
            wrong, crypto::Suite::aes_128_gcm, path_of(form), role_of(form)};
        return *sealer.seal(inner_packet("198.18.0.2", "198.18.0.1"));
    }

    void wait(std::uint8_t form) {
        static constexpr std::array<Duration, 5> pauses{
            milliseconds{20}, milliseconds{310}, seconds{1}, seconds{3}, seconds{12}};
        const Duration pause = pauses[form % pauses.size()];
        if (waited_ < most_waited) {
            waited_ += pause;
            world_.run_for(pause);
        }
    }
    void ask(std::uint8_t form) {
        static const std::array names{
            "cn.b.ntm.test",
            "xn.b.ntm.test",
            "mn.a.ntm.test",
            "b.ntm.test",
            "example.org",
            "gn.example.test"};
        const bool is_about_existence = (form & 0x80) != 0;
        world_.ask(
            names[form % names.size()],
            is_about_existence ? client::DnsWish::existence : client::DnsWish::addresses
        );
    }
    // In the next Registration Response.
    void grant_otherwise(bool is_turned, Input& input) {
        const auto turned = turn_message(world_.dc.grant, input);
        if (is_turned && turned) {
            world_.dc.grant = *turned;
            world_.note_named(world_.dc.grant);
        }
        move(input.byte());
    }

    WatchedNode world_;
    std::map<std::tuple<PathId, Role, std::uint8_t>, std::unique_ptr<protocol::DataSealer>>
        sealers_;
    std::map<Endpoint, std::string> tokens_;
    Duration waited_{0};
};

}  // namespace

void set_up() {
    silence_parser();
}

void run(ByteView bytes) {
    Input input{bytes};
    Play play;
    play.play(input);
}

}  // namespace ntm::fuzz
