// SPDX-License-Identifier: BSD-3-Clause
// A relay's director between two DCs and the nodes: whole Signals, Legs and Ends of the input's own
// bytes behind real sessions and seals, well-formed orders and Requests, raw datagrams, replays, restarts
// of the DCs, full tables, changes of routes, and time. S-4, F-5: held against a plain account of
// what it was told.
#include "tests/fuzz/messages.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/fuzz/traffic.hpp"
#include "tests/unit/control/director_world.hpp"

#include <map>
#include <set>
#include <utility>

namespace ntm::fuzz {

namespace {

using namespace control;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t most_events = 60;

class Rig final : public DirectorWorld {
  public:
    Rig()
        : DirectorWorld{
              capacity,
              DirectorSettings::Napt{
                  {*IpAddress::parse("198.51.100.21"), *IpAddress::parse("2001:db8:4::21")},
                  {},
                  4}} {}
    void TestBody() override {}
    void play(Input& input) {
        for (std::size_t i = 0; i < most_events && !input.is_empty(); ++i) {
            event(input);
            carry_out(commands());
            check();
        }
    }

  private:
    void event(Input& input) {
        const std::uint8_t what = input.byte();
        FakeDc& dc = (what & 0x80) == 0 ? dc_a : dc_b;
        switch (what % 12) {
            case 0:
                return order_bytes(dc, input);
            case 1:
            case 2:
                return order_direction(dc, input);
            case 3:
                return order_release(dc, input);
            case 4:
            case 5:
                return request(input);
            case 6:
                return leg_bytes(input);
            case 7:
                return raw(input);
            case 8:
                return wait(input);
            case 9:
                dc.start(input.byte(), dc.term + 1, random);
                dc.answers.clear();
                dc.signaling->add_peer(relay_key.public_key(), protocol::PeerKind::relay);
                return;
            case 10:
                is_table_full_ = true;
                return;
            default:
                next_hop_ipv4 = input.byte() % 2 == 0 ? hop4 : tables::no_next_hop;
                director->handle_route_change();
                while (director->is_walking_routes()) {
                    director->walk_routes();
                }
                return;
        }
    }

    // All that the director holds of paths that a DC made, or all but that DC's.
    [[nodiscard]] std::map<PathId, std::string> dump(const crypto::PublicKey* not_of) const {
        std::map<PathId, std::string> all;
        for (const auto& [id, path] : director->paths().all()) {
            if (not_of != nullptr && path.dc == *not_of) {
                continue;
            }
            std::string text = std::to_string(path.revision) + " " +
                               std::to_string(path.expires.since_origin().count());
            for (const Leg& leg : path.legs) {
                text += " " + std::string{as_text(leg.secret.view())};
                text += leg.proven ? leg.proven->text() : "-";
                text += leg.binding ? leg.binding->outer.remote.text() : "-";
                text += leg.previous ? leg.previous->outer.remote.text() : "-";
            }
            if (path.end) {
                text += " " + path.end->subscriber.fqdn + std::to_string(path.end->number);
            }
            all[id] = path.dc.text() + text;
        }
        return all;
    }

    void send(FakeDc& dc, v1::Signal message) {
        const auto before = dump(nullptr);
        const crypto::PublicKey key = dc.key_pair.public_key();
        const auto others = dump(&key);
        const std::uint64_t id = dc.signaling->send_request(
            relay_key.public_key(), std::move(message), protocol::OnNewBoot::fail, now
        );
        run();
        demand(dump(&key) == others, "a DC touches no path of another");
        const auto answer = dc.answers.find(id);
        if (answer == dc.answers.end()) {
            return;
        }
        bool is_refused = answer->second.status() != v1::STATUS_OK;
        for (const v1::RelayResponse& one : answer->second.relay_responses().responses()) {
            is_refused |= answer->second.relay_responses().responses_size() == 1 &&
                          one.status() != v1::STATUS_OK;
        }
        demand(!is_refused || dump(nullptr) == before, "what is refused changes nothing");
    }
    void order_bytes(FakeDc& dc, Input& input) {
        auto message = read_message<v1::Signal>(input);
        if (!message) {
            return;
        }
        // Most fences are wrong by themselves.
        if (message->has_relay_directions() && input.byte() % 2 == 0) {
            *message->mutable_relay_directions()->mutable_fence() = fence(dc);
        }
        if (message->has_path_release() && input.byte() % 2 == 0) {
            *message->mutable_path_release()->mutable_fence() = fence(dc);
        }
        send(dc, *std::move(message));
    }
    void order_direction(FakeDc& dc, Input& input) {
        v1::Signal message;
        *message.mutable_relay_directions()->mutable_fence() = fence(dc);
        const std::size_t count = 1 + input.byte() % 3U;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint8_t id = input.byte();
            const std::uint8_t revision = input.byte() % 6U;
            const std::uint8_t form = input.byte();
            v1::RelayDirection one = (form & 0x40) != 0 ? ending(id % 5U, revision, form)
                                                        : switching(id % 5U, revision, form);
            if ((form & 1) != 0) {
                one.set_lifetime_seconds(form % 32U);
            }
            if ((form & 2) != 0) {
                one.mutable_legs(0)->clear_proven();
            }
            *message.mutable_relay_directions()->add_directions() = one;
        }
        send(dc, std::move(message));
    }
    static v1::RelayDirection switching(
        std::uint64_t id, std::uint32_t revision, std::uint8_t form
    ) {
        v1::RelayDirection one = direction(id, revision);
        if ((form & 4) != 0) {
            one.mutable_legs(1)->set_leg_secret(std::string(form % 40U, 'b'));
        }
        if ((form & 8) != 0) {
            one.mutable_legs(1)->set_role(v1::ROLE_INITIATOR);
        }
        return one;
    }
    static v1::RelayDirection ending(std::uint64_t id, std::uint32_t revision, std::uint8_t form) {
        v1::RelayDirection one = DirectorWorld::ending(id, revision);
        if ((form & 4) != 0) {
            one.mutable_end()->set_path_secret(std::string(32, 'z'));
        }
        if ((form & 8) != 0) {
            one.mutable_end()->clear_subscriber_vipv6();
        }
        if ((form & 0x10) != 0) {
            one.mutable_end()->mutable_general_nodes()->RemoveLast();
        }
        return one;
    }
    void order_release(FakeDc& dc, Input& input) {
        v1::Signal message;
        message.mutable_path_release()->set_path_id(input.byte() % 5U);
        message.mutable_path_release()->set_revision(input.byte() % 6U);
        *message.mutable_path_release()->mutable_fence() = fence(dc);
        send(dc, std::move(message));
    }

    [[nodiscard]] static const Endpoint& place(std::uint8_t number) {
        static const std::array places{mn_at, mn_moved, cn_at, stranger};
        return places[number % places.size()];
    }
    void arrive_from(const Bytes& payload, const Endpoint& from) {
        traffic_.came(from, payload);
        seen_.push_back(payload);
        arrive(payload, from, from.address.is_ipv4() ? relay4 : relay6);
        account();
    }
    void request(Input& input) {
        const std::uint8_t form = input.byte();
        const Endpoint& from = place(input.byte());
        Request asked;
        asked.path = form % 5U;
        asked.role = (form & 0x40) == 0 ? Role::initiator : Role::responder;
        asked.is_padded = (form & 0x20) == 0;
        asked.token = (form & 0x80) == 0 ? std::string{} : tokens_[place(input.byte())];
        arrive_from(sealed_request(asked), from);
    }
    void leg_bytes(Input& input) {
        const std::uint8_t form = input.byte();
        const Endpoint& from = place(input.byte());
        const Role role = (form & 0x40) == 0 ? Role::initiator : Role::responder;
        if ((form & 0x80) != 0) {
            return end_bytes(PathId{form % 5U}, role, from, input);
        }
        const auto message = read_message<v1::Leg>(input);
        if (!message) {
            return;
        }
        arrive_from(
            protocol::seal_leg(secret_of(role), PathId{form % 5U}, role, *message, random), from
        );
    }
    void end_bytes(PathId path, Role role, const Endpoint& from, Input& input) {
        const auto message = read_message<v1::End>(input);
        if (message) {
            const Secret32 path_secret = secret_of(Role::initiator);
            arrive_from(protocol::seal_end(path_secret, path, role, *message, random), from);
        }
    }
    void raw(Input& input) {
        const std::uint8_t form = input.byte();
        const Endpoint& from = place(input.byte());
        if ((form & 1) != 0 && !seen_.empty()) {
            const Bytes again = seen_[form / 2 % seen_.size()];
            return arrive_from(again, from);
        }
        const ByteView bytes = input.take(input.byte());
        arrive_from({bytes.begin(), bytes.end()}, from);
    }
    void wait(Input& input) {
        static constexpr std::array<Duration, 4> pauses{
            milliseconds{20}, milliseconds{310}, seconds{2}, seconds{11}};
        const Duration pause = pauses[input.byte() % pauses.size()];
        if (waited_ < seconds{80}) {
            waited_ += pause;
            pass(pause);
            account();
        }
    }

    // Datagrams to nodes. An address that has bound a leg is proven.
    void account() {
        for (const auto& [id, path] : director->paths().all()) {
            for (const Leg& leg : path.legs) {
                if (leg.binding) {
                    traffic_.prove(leg.binding->outer.remote);
                }
            }
        }
        for (const Datagram& datagram : to_nodes) {
            traffic_.went(datagram.remote, datagram.payload);
            for (const Role role : {Role::initiator, Role::responder}) {
                const auto message = protocol::open_leg(secret_of(role), datagram.payload);
                if (message && message->has_response() && !message->response().token().empty()) {
                    tokens_[datagram.remote] = message->response().token();
                }
            }
        }
        to_nodes.clear();
        traffic_.check();
    }
    void carry_out(const std::vector<DirectorCommand>& list) {
        for (const DirectorCommand& command : list) {
            if (const auto* opening = std::get_if<OpenSubscriber>(&command)) {
                demand(subscribers_.insert(opening->number).second, "none is opened twice");
            } else if (const auto* closing = std::get_if<CloseSubscriber>(&command)) {
                demand(subscribers_.erase(closing->number) == 1, "what is closed was open");
            } else if (const auto* install = std::get_if<InstallPath>(&command)) {
                demand(is_open(install->path), "no path comes before its subscriber");
                if (std::exchange(is_table_full_, false)) {
                    full_.push_back(install->path.id);
                } else {
                    demand(table_.insert(install->path.id).second, "no path is installed twice");
                }
            } else if (const auto* replace = std::get_if<ReplacePath>(&command)) {
                demand(is_open(replace->path), "no path outlives its subscriber");
                demand(
                    table_.contains(replace->path.id) || !full_.empty(), "what is replaced is there"
                );
            } else if (const auto* removal = std::get_if<RemovePath>(&command)) {
                demand(
                    table_.erase(removal->id) == 1 || !full_.empty(), "what is removed is there"
                );
            }
        }
        for (const PathId id : std::exchange(full_, {})) {
            director->handle_table_full(id, now);
            run();
            carry_out(commands());
        }
    }
    [[nodiscard]] bool is_open(const tables::RelayPath& path) const {
        return !path.end || subscribers_.contains(path.end->subscriber);
    }
    void check() {
        const PathBook& book = director->paths();
        demand(book.size() <= capacity, "no more paths than there is room for");
        std::map<PathId, std::uint32_t> held;
        for (const auto& [id, path] : book.all()) {
            held[id] = path.revision;
            const auto before = held_.find(id);
            demand(before == held_.end() || before->second <= path.revision, "revisions grow");
        }
        held_ = std::move(held);
        demand(director->signaling().session_ids().size() <= 16, "sessions are bounded");
        demand(table_.size() == book.size(), "the table holds what the book holds");
        demand(subscribers_.size() == book.subscribers(), "and as many subscribers are open");
        demand(director->next_timeout() > now, "time-outs lie ahead");
    }

    Traffic traffic_;
    std::map<Endpoint, std::string> tokens_;
    std::vector<Bytes> seen_;
    std::set<PathId> table_;
    std::set<tables::SubscriberNumber> subscribers_;
    bool is_table_full_ = false;  // for the next path
    std::vector<PathId> full_;    // paths that it had no room for
    std::map<PathId, std::uint32_t> held_;
    Duration waited_{0};
};

}  // namespace

void set_up() {
    silence_parser();
}

void run(ByteView bytes) {
    Input input{bytes};
    Rig rig;
    rig.play(input);
}

}  // namespace ntm::fuzz
