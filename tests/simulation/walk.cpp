// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/walk.hpp"

#include <algorithm>

namespace ntm::simulation {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Of an inner IPv6 packet of 1400 bytes.
constexpr std::size_t longest_payload = 1400 - 48;

}  // namespace

Walk::Walk(std::uint64_t seed, RandomSource& decisions, dc::Store* store)
    : decisions_{decisions},
      world_{{.seed = seed, .store = store, .has_third_node_and_second_relay = true}},
      model_{world_},
      attacker_{world_},
      nodes_{world_.nodes()[0], world_.nodes()[1], world_.nodes()[2]} {}

Duration Walk::between(Duration least, Duration most) {
    const auto range = static_cast<std::uint64_t>((most - least).count()) + 1;
    return least + Duration{static_cast<Duration::rep>(decisions_.below(range))};
}

SimNode& Walk::any_node(std::size_t& which) {
    which = decisions_.below(node_count);
    return *nodes_[which].node;
}

bool Walk::is_sound() const {
    return model_.breaches().empty() && world_.breaches().empty();
}

// Piece by piece, so that a probe is judged soon after its time.
void Walk::run(Duration duration) {
    const Instant end = world_.events.now() + duration;
    while (world_.events.now() < end && is_sound()) {
        world_.events.run_until(std::min(end, world_.events.now() + seconds{1}));
        model_.check();
    }
}

void Walk::begin() {
    for (std::size_t& place : places_) {
        place = decisions_.below(place_count);
    }
    world_.start_all({places_[0], places_[1], places_[2]});
    for (std::size_t i = 0; i < node_count; ++i) {
        ask(i, (i + 1) % node_count);
        run(milliseconds{400});
    }
    talk();
    run(seconds{1});
}

void Walk::step() {
    talk();
    do_something();
    // Often within a round trip, so that events meet what the last one has begun.
    run(one_in(3) ? between(Duration{0}, milliseconds{60}) : between(milliseconds{10}, seconds{2}));
}

void Walk::pass_long() {
    model_.tell("a long time passes");
    run(between(minutes{10}, minutes{12}));
}

void Walk::talk() {
    for (std::size_t from = 0; from < node_count; ++from) {
        const std::size_t to = (from + 1 + decisions_.below(node_count - 1)) % node_count;
        const std::size_t count = decisions_.below(4);
        const std::size_t size = one_in(4) ? decisions_.below(longest_payload + 1) : 0;
        const Duration pause = between(milliseconds{20}, milliseconds{300});
        for (std::size_t i = 0; i < count; ++i) {
            world_.events.in(pause * static_cast<Duration::rep>(i), [this, from, to, size] {
                probe(*nodes_[from].node, *nodes_[to].node, size);
            });
        }
    }
    if (one_in(4)) {
        const std::size_t from = decisions_.below(node_count);
        ask(from, decisions_.below(node_count));
    }
}

void Walk::probe(SimNode& from, SimNode& to, std::size_t size) {
    const auto destination = to.vip(one_in(2) ? Family::ipv4 : Family::ipv6);
    const auto number = destination ? from.send(to, *destination, size) : std::nullopt;
    if (number) {
        model_.expect_echo(*number);
    }
}

void Walk::ask(std::size_t from, std::size_t to) {
    const std::uint64_t query = nodes_[from].node->ask(nodes_[to].fqdn);
    model_.asked({nodes_[from].node->host(), nodes_[to].node->host(), query});
}

void Walk::end() {
    model_.tell("quiet");
    for (int i = 0; i < 120 && is_sound(); ++i) {
        const auto healed = model_.healed_at();
        if (healed && *healed <= world_.events.now()) {
            break;
        }
        run(healed ? *healed - world_.events.now() : Duration{seconds{1}});
    }
    const Instant from = world_.events.now();
    for (int i = 0; i < 12 && is_sound(); ++i) {
        for (std::size_t node = 0; node < node_count; ++node) {
            for (std::size_t other = 1; other < node_count; ++other) {
                probe(*nodes_[node].node, *nodes_[(node + other) % node_count].node, 0);
            }
        }
        run(milliseconds{250});
    }
    run(2 * Model::probe_limit);
    healing_ = Duration{0};
    for (const Ledger::Entry& entry : world_.ledger.entries()) {
        if (entry.sent >= from && entry.echoed) {
            healing_ = std::max(healing_, *entry.echoed - entry.sent);
        }
    }
    if (is_sound()) {
        model_.check_rest();
    }
}

std::string Walk::report() const {
    std::string text;
    for (const auto& breaches : {model_.breaches(), world_.breaches()}) {
        for (std::size_t i = 0; i < std::min<std::size_t>(breaches.size(), 5); ++i) {
            text += breaches[i] + "\n";
        }
    }
    constexpr std::size_t shown = 40;
    const auto& story = model_.story();
    for (std::size_t i = story.size() - std::min(shown, story.size()); i < story.size(); ++i) {
        text += "  " + story[i] + "\n";
    }
    for (const World::NamedNode& node : nodes_) {
        if (!node.node->is_running()) {
            continue;
        }
        for (const client::PathView& view : node.node->manager().paths(world_.events.now())) {
            text += "  " + node.node->name() + " holds " + view.path_id.text() + " revision " +
                    std::to_string(view.revision) + " to " + view.peer_fqdn +
                    (view.kind == client::RouteKind::direct ? ", direct" : ", by " + view.relay) +
                    (view.is_ready ? ", ready" : "") + ", sent " +
                    std::to_string(view.sent.packets) + ", got " +
                    std::to_string(view.received.packets) + "\n";
        }
    }
    return text;
}

}  // namespace ntm::simulation
