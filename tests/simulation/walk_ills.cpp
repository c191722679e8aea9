// SPDX-License-Identifier: BSD-3-Clause
// The ills of a walk. Each is told to the model with the time that it may be felt after its end.
#include "tests/simulation/walk.hpp"

namespace ntm::simulation {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t least_mtu = 1280;
constexpr std::size_t most_mtu = 1500;

constexpr Duration move_heals = seconds{4};
constexpr Duration relay_heals = seconds{5};
constexpr Duration dc_heals = seconds{6};
constexpr Duration node_heals = seconds{6};
constexpr Duration network_heals = seconds{6};
constexpr Duration rebind_heals = seconds{4};
// A node learns of it by its next Keep Alive.
constexpr Duration removal_heals = seconds{40};

}  // namespace

void Walk::do_something() {
    switch (decisions_.below(14)) {
        case 0:
        case 1:
        case 2:
            return move();
        case 3:
        case 4:
            return interrupt();
        case 5:
            return freeze();
        case 6:
            return change_weather();
        case 7:
            return cut();
        case 8:
            return cut_family();
        case 9:
            return narrow();
        case 10:
            return rebind();
        case 11:
            return reprovision();
        default:
            return attack();
    }
}

void Walk::move() {
    std::size_t which = 0;
    SimNode& node = any_node(which);
    const std::size_t from = places_[which];
    const std::size_t to = (from + 1 + decisions_.below(place_count - 1)) % place_count;
    places_[which] = to;
    const std::size_t ill = model_.begin({"move", {node.host()}, move_heals});
    model_.tell(node.name() + " goes from " + std::to_string(from) + " to " + std::to_string(to));
    if (one_in(2)) {
        world_.join(node, to);
        run(between(Duration{0}, seconds{1}));
        world_.leave(node, from);
    } else {
        world_.leave(node, from);
        run(one_in(2) ? between(Duration{0}, milliseconds{60}) : between(Duration{0}, seconds{3}));
        world_.join(node, to);
    }
    model_.end(ill);
}

// Of its new run: whoever has a path there.
Unaware Walk::unaware_of(const SimRelay& relay) const {
    Unaware unaware{{}, relay.host()};
    for (const World::NamedNode& named : nodes_) {
        if (!named.node->is_running()) {
            continue;
        }
        const auto paths = named.node->manager().paths(world_.events.now());
        const bool is_user = std::ranges::any_of(paths, [&](const client::PathView& path) {
            return path.relay == relay.name();
        });
        if (is_user) {
            unaware.told_at.emplace(named.node->host(), std::nullopt);
        }
    }
    return unaware;
}

template <typename Program>
void Walk::kill(Program& program, Ill ill) {
    if (!program.is_running()) {
        return;
    }
    const std::size_t number = model_.begin(std::move(ill));
    model_.tell(program.name() + " is killed");
    program.kill();
    world_.events.in(between(Duration{0}, seconds{5}), [this, &program, number] {
        if (!program.is_running()) {
            program.start();
        }
        model_.end(number, unaware_of(program));
    });
}

void Walk::interrupt() {
    std::size_t which = 0;
    switch (decisions_.below(5)) {
        case 0:
            return kill(world_.relay, {"relay killed", {}, relay_heals});
        case 1:
            return kill(*world_.second_relay, {"relay killed", {}, relay_heals});
        case 2:
            return kill(world_.dc, {"DC killed", {}, dc_heals});
        default: {
            SimNode& node = any_node(which);
            return kill(node, {"node killed", {node.host()}, node_heals});
        }
    }
}

void Walk::freeze() {
    std::size_t which = 0;
    Station* station = nullptr;
    Ill ill{"node frozen", {}, node_heals};
    switch (decisions_.below(4)) {
        case 0:
            station = one_in(2) ? &world_.relay : world_.second_relay.get();
            ill = {"relay frozen", {}, relay_heals};
            break;
        case 1:
            station = &world_.dc;
            ill = {"DC frozen", {}, dc_heals};
            break;
        default:
            station = &any_node(which);
            ill.hosts = {station->host()};
            break;
    }
    if (!station->is_running() || station->is_frozen()) {
        return;
    }
    const std::size_t number = model_.begin(std::move(ill));
    model_.tell(station->name() + " is frozen");
    station->freeze();
    const bool are_timers_first = one_in(2);
    world_.events.in(between(milliseconds{10}, seconds{15}), [=, this] {
        station->thaw(are_timers_first);
        model_.end(number);
    });
}

void Walk::change_weather() {
    Weather weather;
    const auto some = [this](unsigned most) {
        return one_in(2) ? 0U : static_cast<unsigned>(decisions_.below(most + 1));
    };
    weather.loss_permille = some(1000);
    weather.duplicate_permille = some(1000);
    weather.copies = static_cast<unsigned>(1 + decisions_.below(5));
    weather.jitter = one_in(2) ? Duration{0} : between(Duration{0}, milliseconds{300});
    weather.flip_permille = some(300);
    weather.late_permille = some(1000);
    static constexpr std::array lateness{seconds{1}, seconds{5}, seconds{30}, seconds{600}};
    weather.late = lateness[decisions_.below(lateness.size())];
    const std::size_t ill = model_.begin({"weather", {}, network_heals});
    world_.network.set_weather(weather);
    world_.events.in(between(milliseconds{50}, seconds{3}), [this, ill] {
        world_.network.set_weather({});
        model_.end(ill);
    });
}

// Between two hosts, in one direction or both.
void Walk::cut() {
    std::size_t which = 0;
    const HostNumber node = any_node(which).host();
    const std::array others{
        world_.dc.host(),
        world_.relay.host(),
        world_.second_relay->host(),
        nodes_[(which + 1) % node_count].node->host()};
    const std::size_t other = decisions_.below(others.size() + 1);
    const bool is_core = other == others.size();
    const HostNumber from = is_core ? world_.dc.host() : node;
    const HostNumber to = is_core ? world_.relay.host() : others[other];
    const std::uint64_t directions = 1 + decisions_.below(3);
    Ill ill{"cut", {}, network_heals};
    if (!is_core) {
        ill.hosts = {node};
    }
    const std::size_t number = model_.begin(std::move(ill));
    model_.tell("of hosts " + std::to_string(from) + " and " + std::to_string(to));
    const auto set = [=, this](bool is_cut) {
        if ((directions & 1) != 0) {
            world_.network.set_cut(from, to, is_cut);
        }
        if ((directions & 2) != 0) {
            world_.network.set_cut(to, from, is_cut);
        }
    };
    set(true);
    world_.events.in(between(milliseconds{50}, seconds{8}), [=, this] {
        set(false);
        model_.end(number);
    });
}

void Walk::cut_family() {
    std::size_t which = 0;
    const HostNumber host = one_in(4) ? world_.relay.host() : any_node(which).host();
    const Family family = one_in(2) ? Family::ipv4 : Family::ipv6;
    const bool is_relays = host == world_.relay.host();
    const std::size_t ill = model_.begin(
        {"family cut", is_relays ? std::set<HostNumber>{} : std::set{host}, network_heals}
    );
    world_.network.set_family_cut(host, family, true);
    world_.events.in(between(milliseconds{50}, seconds{8}), [=, this] {
        world_.network.set_family_cut(host, family, false);
        model_.end(ill);
    });
}

// Only long packets are lost; the signalling's all fit.
void Walk::narrow() {
    const SegmentNumber segment = decisions_.below(place_count);
    const std::size_t ill = model_.begin({"narrow", {}, Duration{0}});
    world_.network.set_mtu(segment, least_mtu + decisions_.below(most_mtu - least_mtu));
    world_.events.in(between(milliseconds{50}, seconds{4}), [=, this] {
        world_.network.set_mtu(segment, most_mtu);
        model_.end(ill);
    });
}

void Walk::rebind() {
    const std::size_t which = decisions_.below(node_count);
    // Who notices it tells the DC at once.
    Unaware behind_it{{}, world_.dc.host()};
    for (std::size_t node = 0; node < node_count; ++node) {
        if (places_[node] == places_[which]) {
            behind_it.told_at.emplace(nodes_[node].node->host(), std::nullopt);
        }
    }
    model_.end(model_.begin({"NAT rebinds", {}, rebind_heals}), std::move(behind_it));
    world_.network.rebind(places_[which]);
}

// It is no ill: nothing may be felt of it.
void Walk::attack() {
    const std::size_t count = decisions_.below(60);
    const bool is_spoofing = one_in(2);
    model_.tell("an attack of " + std::to_string(count));
    attacker_.replay(count, is_spoofing, decisions_);
    attacker_.forge(decisions_.below(20), decisions_);
    attacker_.invent(decisions_.below(20), decisions_);
}

void Walk::reprovision() {
    std::size_t which = 0;
    SimNode& node = any_node(which);
    if (!world_.dc.is_running() || world_.dc.is_frozen()) {
        return;
    }
    if (!world_.dc.remove_node(nodes_[which].fqdn)) {
        return;  // it is removed already
    }
    node.allow_other_vips();
    model_.removed(nodes_[which].fqdn);
    const std::size_t ill = model_.begin({"removed", {node.host()}, removal_heals});
    model_.tell("it is " + node.name());
    world_.events.in(between(Duration{0}, seconds{6}), [=, this] { provision(which, ill); });
}

void Walk::provision(std::size_t which, std::size_t ill) {
    if (!world_.dc.is_running() || world_.dc.is_frozen() ||
        !world_.dc.add_node(nodes_[which].fqdn)) {
        world_.events.in(seconds{1}, [=, this] { provision(which, ill); });
        return;
    }
    model_.provisioned(nodes_[which].fqdn);
    model_.end(ill);
}

}  // namespace ntm::simulation
