// SPDX-License-Identifier: BSD-3-Clause
// The brain of a DC among nodes, relays and strangers: each body that may come, well-formed, turned or
// of the input's own bytes; what they answer, replays and forged datagrams; peers that move, fall
// silent and restart, restarts of the DC, a failing disk, operators, and time. S-1, S-16, F-5, F-6,
// F-10, F-28.
#include "common/protocol/cookie.hpp"
#include "dc/directions.hpp"
#include "tests/fuzz/coordinator_world.hpp"
#include "tests/fuzz/messages.hpp"
#include "tests/fuzz/target.hpp"

#include <array>

namespace ntm::fuzz {

namespace {

using dc::test::endpoint;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t most_events = 40;
constexpr Duration most_waited = seconds{60};

void add_address(v1::RegistrationRequest& to, std::uint8_t which) {
    static const std::array all{
        *InterfaceAddress::parse("10.0.0.2/24"),
        *InterfaceAddress::parse("192.0.2.1/24"),
        *InterfaceAddress::parse("192.0.2.2/24"),
        *InterfaceAddress::parse("2001:db8:6::1/64")};
    const InterfaceAddress& own = all[which % all.size()];
    v1::NodeAddress& added = *to.add_addresses();
    added.set_ip(as_text(own.address.bytes()));
    added.set_prefix_length(own.prefix_length);
}

class Play {
  public:
    void play(Input& input) {
        for (std::size_t i = 0; i < most_events && !input.is_empty(); ++i) {
            event(input);
            world_.run();
            world_.check();
        }
    }

  private:
    void event(Input& input) {
        const std::uint8_t what = input.byte();
        const std::uint8_t form = input.byte();
        Caller& node = world_.node(form & 3U);
        Caller& relay = world_.relay(form & 1U);
        Caller& any = world_.callers[form % world_.callers.size()];
        const bool is_turned = (what & 0x80) != 0;
        switch (what % 16) {
            case 0:
                return tell(node, registration(node, form, input), is_turned, input);
            case 1:
                return tell(node, keep_alive(form, input), is_turned, input);
            case 2:
            case 3: {
                const bool is_general = (what & 0x10) != 0;
                v1::Signal request =
                    is_general ? general_request(form, input) : direction_request(form, input);
                if ((what & 0x20) != 0) {
                    v1::DirectionRequest& body = *request.mutable_direction_request();
                    body.clear_fqdn();
                    body.clear_vip();
                    body.set_exit(true);
                }
                return tell(node, std::move(request), is_turned, input);
            }
            case 4:
                return tell(any, path_release(any, input), is_turned, input);
            case 5:
                return tell(relay, registration_of(relay, form), is_turned, input);
            case 6:
                return tell(relay, status_of(relay, form, input), is_turned, input);
            case 7:
                if (const auto message = read_message<v1::Signal>(input)) {
                    ask(any, *message);
                }
                return;
            case 8:
                any.manner = manner(input);
                return;
            case 9:
                return strange(form, input);
            case 10:
            case 11:
                return wait(form);
            case 12:
                return go(any, input);
            case 13:
                return restart(any, form);
            case 14:
                return is_turned ? world_.provision(any) : world_.remove(any);
            default:
                return world_.store.set_health(health(form), health(form / 4));
        }
    }

    void tell(Caller& caller, v1::Signal message, bool is_turned, Input& input) {
        const auto turned = is_turned ? turn_message(message, input) : message;
        if (turned) {
            ask(caller, *turned);
        }
    }

    static v1::Signal registration(const Caller& node, std::uint8_t form, Input& input) {
        v1::Signal message;
        v1::RegistrationRequest& body = *message.mutable_registration_request();
        body.set_fqdn((form & 0x80) == 0 ? node.name : "cn.t");
        body.set_port(9770);
        add_address(body, form / 4);
        if ((form & 0x40) != 0) {
            add_address(body, input.byte());
            body.add_suites(v1::SUITE_CHACHA20_POLY1305);
        }
        return message;
    }
    v1::Signal keep_alive(std::uint8_t form, Input& input) {
        v1::Signal message;
        v1::RelayRtt& rtt = *message.mutable_keep_alive()->add_rtts();
        rtt.set_name(world_.relay(form / 4).name);
        rtt.set_rtt_microseconds(input.word());
        return message;
    }
    v1::Signal direction_request(std::uint8_t form, Input& input) {
        v1::Signal message;
        v1::DirectionRequest& body = *message.mutable_direction_request();
        const Caller& about = world_.node(form / 4);
        const auto known = world_.store.nodes().find(about.peer.key());
        if ((form & 0x80) != 0 && known != world_.store.nodes().end()) {
            body.set_vip(as_text(known->second.vipv4.bytes));
        } else {
            body.set_fqdn(about.name);
        }
        if ((form & 0x40) != 0) {
            body.set_reason(static_cast<v1::DirectionReason>(input.byte() % 3));
            body.set_path_id(some_path(input.byte()).first);
        }
        return message;
    }
    // For a general node, or what may be one.
    v1::Signal general_request(std::uint8_t form, Input& input) {
        static const std::array names{"g2.u", "g4.u", "g6.u", "gs.u", "gd.u.v", "gn.u"};
        v1::Signal message;
        v1::DirectionRequest& body = *message.mutable_direction_request();
        if ((form & 0x80) != 0) {
            const std::uint32_t first = 0xc6120080;  // 198.18.0.128
            body.set_vip(as_text(Ipv4Address::from_host(first + form / 4 % 8U).bytes));
        } else {
            body.set_fqdn(names[form / 4 % names.size()]);
        }
        if ((form & 0x40) != 0) {
            body.set_reason(v1::DIRECTION_FAILED);
            body.set_path_id(some_path(input.byte()).first);
            body.set_revision(1U << 30);
        }
        return message;
    }
    v1::Signal path_release(const Caller& caller, Input& input) {
        v1::Signal message;
        v1::PathRelease& body = *message.mutable_path_release();
        const std::uint8_t form = input.byte();
        const auto [id, revision] = some_path(form % 32);
        body.set_path_id(id);
        body.set_revision(revision + form / 64U - 1);
        if (!world_.is_node(caller)) {
            *body.mutable_fence() = world_.fence(caller);
        }
        return message;
    }
    v1::Signal registration_of(Caller& relay, std::uint8_t form) {
        relay.is_reporting = (form & 0x80) == 0;
        v1::Signal message;
        v1::RsRegister& body = *message.mutable_rs_register();
        body.set_name((form & 2) == 0 ? relay.name : "rs1");
        body.set_capacity_paths(form / 4 % 4U);
        body.set_has_napt((form & 0x10) == 0);
        *body.add_addresses() = dc::to_wire(relay.peer.outside);
        if ((form & 0x20) != 0) {
            *body.add_addresses() = dc::to_wire(endpoint("[2001:db8:1::20]:9770"));
        }
        if ((form & 0x40) != 0) {
            body.set_dc_boot_id(world_.dc->context().signaling.boot_id().value);
        }
        return message;
    }
    v1::Signal status_of(Caller& relay, std::uint8_t form, Input& input) {
        relay.is_reporting = (form & 0x80) == 0;
        v1::Signal message;
        v1::RsStatus& body = *message.mutable_rs_status();
        *body.mutable_fence() = world_.fence(relay);
        body.set_paths(form / 4 % 4U);
        body.set_busiest_worker_permille(input.word());
        body.set_is_draining((form & 0x40) != 0);
        if ((form & 0x20) != 0) {
            // Full, or without any.
            v1::NaptLoad::Fill& ports = *body.mutable_napt()->mutable_ports_ipv4();
            ports.set_used(16);
            ports.set_capacity(form & 0x10);
        }
        return message;
    }
    // Id and revision, of a path that is or was.
    std::pair<std::uint64_t, std::uint32_t> some_path(std::uint8_t which) {
        for (const auto& [id, path] : world_.dc->context().paths.all()) {
            known_paths_[id.value] = path->record.revision;
        }
        if (known_paths_.empty()) {
            return {which, 1};
        }
        return *std::next(
            known_paths_.begin(), static_cast<std::ptrdiff_t>(which % known_paths_.size())
        );
    }

    // A request alone, with nothing else under way; held against what the DC knew before.
    void ask(Caller& caller, const v1::Signal& message) {
        v1::Signal hello;
        hello.mutable_address_probe();
        static_cast<void>(world_.ask(caller, hello));
        const Knowledge before = world_.knowledge();
        const auto answer = world_.ask(caller, message);
        const Knowledge after = world_.knowledge();
        check_rights(caller, before, after);
        if (answer && is_refused(message, *answer)) {
            demand(before == after, "what is refused changes nothing");
        }
    }
    // Otherwise than after an attempt.
    static bool is_refused(const v1::Signal& message, const v1::Signal& answer) {
        switch (answer.status()) {
            case v1::STATUS_OK:
                return false;
            case v1::STATUS_NO_RELAY:
            case v1::STATUS_UNREACHABLE:
                return !message.has_direction_request();
            default:
                return true;
        }
    }
    void check_rights(const Caller& caller, const Knowledge& before, const Knowledge& after) const {
        const dc::PeerKey& key = caller.peer.key();
        for (const auto& [node, text] : before.nodes) {
            const auto now = after.nodes.find(node);
            demand(
                node == key || (now != after.nodes.end() && now->second == text),
                "nobody touches another's registration"
            );
        }
        for (const auto& [relay, text] : before.relays) {
            const auto now = after.relays.find(relay);
            demand(
                relay == key || is_odd_ || (now != after.relays.end() && now->second == text),
                "nobody touches another's registration"
            );
        }
        if (!world_.is_node(caller) || is_odd_) {
            return;
        }
        for (const auto& [id, text] : before.paths) {
            const auto now = after.paths.find(id);
            const bool is_same = now != after.paths.end() && now->second == text;
            demand(
                is_same || text.find(key.text()) != std::string::npos,
                "a node touches no path of others"
            );
        }
    }

    Manner manner(Input& input) {
        Manner made;
        const std::uint8_t kind = input.byte();
        made.is_silent = kind % 8 == 1;
        if (kind % 8 == 2) {
            made.odd = read_message<v1::Signal>(input);
            is_odd_ |= made.odd.has_value();
        }
        if (kind % 8 > 3) {
            made.status = static_cast<v1::Status>(kind / 8 % 13);
            const std::int32_t added = input.byte();
            made.revision_added = added < 128 ? added : added - 256;
            made.is_released = kind % 8 == 7;
        }
        return made;
    }
    // A datagram that is nobody's, or was somebody's: the DC knows no more and no less after it.
    void strange(std::uint8_t form, Input& input) {
        const Endpoint from = world_.callers[form % world_.callers.size()].peer.outside;
        const Knowledge before = world_.knowledge();
        if ((form & 0x80) != 0 && !world_.seen.empty()) {
            Bytes again = world_.seen[input.byte() % world_.seen.size()];
            if ((form & 0x40) != 0) {
                again[input.byte() % again.size()] ^= 1;
            }
            world_.arrive(from, again);
        } else if ((form & 0x40) != 0) {
            world_.arrive(from, protocol::build_cookie_ask(input.byte()));
        } else {
            const ByteView bytes = input.take(input.byte());
            world_.arrive(from, {bytes.begin(), bytes.end()});
        }
        world_.run();
        demand(world_.knowledge() == before, "strange datagrams change nothing");
    }
    void wait(std::uint8_t form) {
        static constexpr std::array<Duration, 5> pauses{
            milliseconds{20}, milliseconds{310}, seconds{1}, seconds{3}, seconds{16}};
        const Duration pause = pauses[form % pauses.size()];
        if (waited_ < most_waited) {
            waited_ += pause;
            world_.pass(pause);
        }
    }
    void go(Caller& caller, Input& input) {
        static const std::array places{
            endpoint("192.0.2.77:41000"),
            endpoint("192.0.2.1:9770"),
            endpoint("192.0.2.1:40001"),
            endpoint("198.51.100.20:9770"),
            endpoint("[2001:db8:6::1]:9770"),
            endpoint("[2001:db8:6::2]:9770")};
        const std::uint8_t where = input.byte();
        caller.peer.is_reachable = where < 0x80;
        const Endpoint& place = places[where % places.size()];
        if (caller.peer.outside.address.family() == place.address.family() && is_free(place)) {
            caller.peer.outside = place;
        }
    }
    [[nodiscard]] bool is_free(const Endpoint& place) const {
        return std::ranges::none_of(world_.callers, [&](const Caller& caller) {
            return caller.peer.outside == place;
        });
    }
    void restart(Caller& caller, std::uint8_t form) {
        if ((form & 0x80) != 0) {
            world_.restart_dc();
        } else {
            world_.restart(caller);
        }
    }
    static dc::StoreHealth health(std::uint8_t form) {
        static constexpr std::array all{
            dc::StoreHealth::sound,
            dc::StoreHealth::sound,
            dc::StoreHealth::short_of_space,
            dc::StoreHealth::failing};
        return all[form % all.size()];
    }

    CoordinatorWorld world_;
    std::map<std::uint64_t, std::uint32_t> known_paths_;
    bool is_odd_ = false;  // some relay answers what it likes, its addresses among it
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
