// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/world.hpp"

#include <algorithm>

namespace ntm::simulation {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Port ntm_port{9770};

SegmentSpec nat_segment(
    const char* name, const char* inside, const char* outside, NatKind kind, Duration timeout
) {
    SegmentSpec spec;
    spec.name = name;
    spec.ipv4 = Prefix::parse(inside);
    spec.nat = kind;
    spec.nat_outside = IpAddress::parse(outside);
    spec.nat_timeout = timeout;
    return spec;
}

SegmentSpec public_segment(const char* name, const char* ipv4, const char* ipv6) {
    SegmentSpec spec;
    spec.name = name;
    spec.ipv4 = Prefix::parse(ipv4);
    spec.ipv6 = Prefix::parse(ipv6);
    return spec;
}

// The hosts' numbers are 0 to 5, and their addresses end in 10 and more.
const std::vector<Endpoint> dc_endpoints{
    *Endpoint::parse("203.0.113.10:9770"), *Endpoint::parse("[2001:db8::a]:9770")};
const std::vector<Endpoint> relay_endpoints{
    *Endpoint::parse("203.0.113.11:9770"), *Endpoint::parse("[2001:db8::b]:9770")};
const std::vector<Endpoint> second_relay_endpoints{
    *Endpoint::parse("203.0.113.15:9770"), *Endpoint::parse("[2001:db8::f]:9770")};

}  // namespace

World::World(const Options& options)
    : weather_random{options.seed * 8},
      network{events, weather_random, trace},
      global{network.add_segment(public_segment("global", "203.0.113.0/24", "2001:db8::/64"))},
      nat_a{network.add_segment(nat_segment(
          "nat-a", "10.0.1.0/24", "198.51.100.1", NatKind::port_restricted, options.nat_timeout
      ))},
      nat_b{network.add_segment(nat_segment(
          "nat-b", "10.0.2.0/24", "198.51.100.2", NatKind::symmetric, options.nat_timeout
      ))},
      nat_c{network.add_segment(nat_segment(
          "nat-c", "10.0.3.0/24", "198.51.100.3", NatKind::port_restricted, options.nat_timeout
      ))},
      v6only{network.add_segment(public_segment("v6only", "", "2001:db8:6::/64"))},
      key_policy_{options.key_policy},
      key_random_{options.seed * 8 + 1},
      dc_random_{options.seed * 8 + 2},
      relay_random_{options.seed * 8 + 3},
      mn_random_{options.seed * 8 + 4},
      cn_random_{options.seed * 8 + 5},
      third_random_{options.seed * 8 + 6},
      second_relay_random_{options.seed * 8 + 7},
      dc_key_{crypto::KeyPair::generate(key_random_)},
      relay_key_{crypto::KeyPair::generate(key_random_)},
      mn_key_{crypto::KeyPair::generate(key_random_)},
      cn_key_{crypto::KeyPair::generate(key_random_)},
      third_key_{crypto::KeyPair::generate(key_random_)},
      second_relay_key_{crypto::KeyPair::generate(key_random_)},
      dc{"dc", surroundings(), dc_setup(options), secrets, history, dc_random_},
      relay{
          "rs",
          surroundings(),
          [this] { return relay_settings("rs", relay_key_, relay_random_); },
          relay_random_},
      mn{"mn",
         surroundings(),
         [this] { return node_settings(mn_name, mn_key_, mn_random_); },
         {ledger, secrets},
         mn_random_},
      cn{"cn",
         surroundings(),
         [this] { return node_settings(cn_name, cn_key_, cn_random_); },
         {ledger, secrets},
         cn_random_} {
    network.set_round_trip(mn.host(), dc.host(), milliseconds{23});
    network.set_round_trip(dc.host(), relay.host(), milliseconds{20});
    network.set_round_trip(mn.host(), relay.host(), milliseconds{38});
    network.set_round_trip(cn.host(), dc.host(), milliseconds{21});
    network.set_round_trip(cn.host(), relay.host(), milliseconds{39});
    network.set_round_trip(cn.host(), mn.host(), milliseconds{40});
    if (options.has_third_node_and_second_relay) {
        add_third_node_and_second_relay();
    }
}

void World::add_third_node_and_second_relay() {
    third = std::make_unique<SimNode>(
        "xn",
        surroundings(),
        [this] { return node_settings(third_name, third_key_, third_random_); },
        SimNode::Witnesses{ledger, secrets},
        third_random_
    );
    second_relay = std::make_unique<SimRelay>(
        "rs2",
        surroundings(),
        [this] { return relay_settings("rs2", second_relay_key_, second_relay_random_); },
        second_relay_random_
    );
    network.set_round_trip(mn.host(), second_relay->host(), milliseconds{44});
    network.set_round_trip(cn.host(), second_relay->host(), milliseconds{36});
}

Surroundings World::surroundings() {
    return {events, network, trace, station_breaches_};
}

client::NodeSettings World::node_settings(
    const std::string& fqdn, const crypto::KeyPair& key, RandomSource& random
) {
    client::NodeSettings settings{
        fqdn,
        ntm_port,
        key.clone(),
        BootId{random.number()},
        dc_key_.public_key(),
        dc_endpoints,
        {"a.ntm.test", "b.ntm.test"}};
    settings.key_log = protocol::KeyLog{[this](std::string_view line) {
        secrets.read_key_log(line);
    }};
    settings.key_policy = key_policy_;
    return settings;
}

control::DirectorSettings World::relay_settings(
    const std::string& name, const crypto::KeyPair& key, RandomSource& random
) const {
    return {
        name,
        key.clone(),
        BootId{random.number()},
        Secret<16>{random.bytes<16>()},
        name == "rs" ? relay_endpoints : second_relay_endpoints,
        64,
        {{"dc", dc_key_.public_key(), dc_endpoints}}};
}

SimDc::Setup World::dc_setup(const Options& options) const {
    dc::Settings settings;
    settings.zones = {"a.ntm.test", "b.ntm.test"};
    settings.blocks = {*Prefix::parse("198.18.0.0/17"), *Prefix::parse("fd00:a::/64")};
    SimDc::Setup setup{
        std::move(settings),
        dc_key_.clone(),
        options.store_file,
        options.store,
        {{mn_name, mn_key_.public_key()}, {cn_name, cn_key_.public_key()}},
        {{"rs", relay_key_.public_key()}}};
    if (options.has_third_node_and_second_relay) {
        setup.nodes.emplace_back(third_name, third_key_.public_key());
        setup.relays.emplace_back("rs2", second_relay_key_.public_key());
    }
    return setup;
}

void World::attach_all(const Places& places) {
    network.attach(dc.host(), global);
    network.attach(relay.host(), global);
    network.attach(mn.host(), places.mn);
    network.attach(cn.host(), places.cn);
    if (third) {
        network.attach(third->host(), places.third);
        network.attach(second_relay->host(), global);
    }
}

void World::start_all(const Places& places) {
    attach_all(places);
    dc.start();
    relay.start();
    mn.start();
    cn.start();
    if (third) {
        third->start();
        second_relay->start();
    }
    run(seconds{3});
}

bool World::run_until(const std::function<bool()>& is_done, Duration limit) {
    const Instant end = events.now() + limit;
    while (!is_done()) {
        if (!events.step(end)) {
            events.run_until(end);
            return is_done();
        }
    }
    return true;
}

void World::join(SimNode& node, SegmentNumber segment) {
    network.attach(node.host(), segment);
    node.update_addresses();
}

void World::leave(SimNode& node, SegmentNumber segment) {
    network.detach(node.host(), segment);
    node.update_addresses();
}

const SimNode::Query& World::resolve(SimNode& from, const SimNode& peer, Duration limit) {
    const std::uint64_t query = from.ask(
        &peer == &cn   ? cn_name
        : &peer == &mn ? mn_name
                       : third_name
    );
    run_until([&] { return from.query(query).answered.has_value(); }, limit);
    return from.query(query);
}

std::shared_ptr<std::vector<std::uint64_t>> World::stream(
    SimNode& from, SimNode& to, std::size_t count, Duration pause
) {
    auto numbers = std::make_shared<std::vector<std::uint64_t>>();
    for (std::size_t i = 0; i < count; ++i) {
        events.in(pause * static_cast<Duration::rep>(i), [numbers, &from, &to, i] {
            const auto destination = to.vip(i % 2 == 0 ? Family::ipv4 : Family::ipv6);
            const auto number = destination ? from.send(to, *destination) : std::nullopt;
            if (number) {
                numbers->push_back(*number);
            }
        });
    }
    return numbers;
}

bool World::ping(SimNode& from, SimNode& to, Duration limit) {
    const auto destination = to.vip(Family::ipv4);
    const auto number = destination ? from.send(to, *destination) : std::nullopt;
    return number && run_until([&] { return ledger.entry(*number).echoed.has_value(); }, limit);
}

std::vector<World::NamedNode> World::nodes() {
    std::vector<NamedNode> all{
        {mn_name, mn_key_.public_key(), &mn}, {cn_name, cn_key_.public_key(), &cn}};
    if (third) {
        all.push_back({third_name, third_key_.public_key(), third.get()});
    }
    return all;
}

std::vector<World::NamedRelay> World::relays() {
    std::vector<NamedRelay> all{{relay_key_.public_key(), &relay}};
    if (second_relay) {
        all.push_back({second_relay_key_.public_key(), second_relay.get()});
    }
    return all;
}

std::vector<std::string> World::breaches() const {
    std::vector<std::string> all = station_breaches_;
    for (const auto* more : {&ledger.breaches(), &secrets.breaches()}) {
        all.insert(all.end(), more->begin(), more->end());
    }
    return all;
}

}  // namespace ntm::simulation
