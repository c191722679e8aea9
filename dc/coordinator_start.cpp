// SPDX-License-Identifier: BSD-3-Clause
// How a coordinator starts: it is made, adopts what the store has of the run before, and greets the nodes
// that were there.
#include "dc/coordinator.hpp"
#include "dc/coordinator_parts.hpp"

#include <chrono>
#include <utility>

namespace ntm::dc {

namespace {

// Handshakes begun towards nodes after a start: 1000 a second.
constexpr std::size_t greeted_at_once = 100;
constexpr Duration greeting_pause = std::chrono::milliseconds{100};

Secret<16> draw_key(RandomSource& random) {
    Secret<16> key;
    random.fill(key.mutable_view());
    return key;
}

protocol::Signaling::Settings make_signaling_settings(
    Coordinator::Identity identity, const Secret<16>& token_key
) {
    protocol::Signaling::Settings settings{
        std::move(identity.key), identity.boot_id, token_key.clone()};
    settings.demands_tokens = true;
    settings.key_log = std::move(identity.key_log);
    return settings;
}

AddressPool make_pool(const Settings& settings, std::uint64_t next_number) {
    const auto& general = settings.general_blocks;
    return {settings.blocks, next_number, general ? std::optional{general->ipv4} : std::nullopt};
}

std::string describe_blocks(const Settings& settings) {
    const std::string blocks = settings.blocks.ipv4.text() + ", " + settings.blocks.ipv6.text();
    const auto& general = settings.general_blocks;
    return general ? blocks + ", but for general nodes' " + general->ipv4.text() : blocks;
}

}  // namespace

Coordinator::Parts::Parts(
    Settings given, Identity identity, std::uint64_t term, Store& store, RandomSource& random
)
    : settings{std::move(given)},
      token_key{draw_key(random)},
      key_log{identity.key_log},
      signaling{make_signaling_settings(std::move(identity), token_key), random},
      registry{settings.limits},
      general_addresses{settings.general_blocks, store},
      context{
          settings,
          term,
          signaling,
          store,
          registry,
          paths,
          general_addresses,
          random,
          notices,
          key_log},
      pool{make_pool(settings, 1)},
      relay_courier{context},
      node_courier{context},
      releases{context},
      director{context, {relay_courier, node_courier, releases}},
      general_desk{context, director},
      node_desk{context, director, general_desk},
      relay_desk{context, director},
      cookies{signaling.boot_id(), settings.limits.cookies_per_second, token_key, random} {}

Result<std::unique_ptr<Coordinator>, StoreError> Coordinator::create(
    Settings settings, Identity identity, Store& store, RandomSource& random, Instant now
) {
    auto state = store.load();
    if (!state) {
        return Unexpected{state.error()};
    }
    const auto term = store.advance_term();
    if (!term) {
        return Unexpected{term.error()};
    }
    auto parts =
        std::make_unique<Parts>(std::move(settings), std::move(identity), *term, store, random);
    parts->adopt(std::move(*state), now);
    if (parts->failure) {
        return Unexpected{*parts->failure};
    }
    parts->settle(now);
    return std::unique_ptr<Coordinator>{new Coordinator{std::move(parts)}};
}

void Coordinator::Parts::adopt(StoredState state, Instant now) {
    pool = make_pool(settings, state.next_address_number);
    for (NodeRecord& record : state.nodes) {
        if (!pool.adopt({record.vipv4, record.vipv6})) {
            failure = StoreError{
                "the store gives " + record.fqdn + " the address " +
                IpAddress{record.vipv4}.text() +
                ", which does not lie in what the configuration leaves for nodes (" +
                describe_blocks(settings) +
                "): nodes keep their addresses, so the blocks can not change under them"};
            return;
        }
        signaling.add_peer(record.key, protocol::PeerKind::node);
        if (record.outside) {
            signaling.set_endpoints(record.key, {*record.outside});
            to_greet.push_back(record.key);
        }
        const PeerKey key = record.key;
        const bool has_registered = !record.boot_id.is_zero();
        static_cast<void>(registry.add_node(std::move(record)));
        if (has_registered) {
            registry.find_node(key)->last_heard = now;
        }
    }
    for (RelayRecord& record : state.relays) {
        signaling.add_peer(record.key, protocol::PeerKind::relay);
        static_cast<void>(registry.add_relay(std::move(record)));
    }
    for (const ReleaseRecord& release : state.releases) {
        releases.adopt(release);
    }
    relay_desk.expect_all(now);
    for (GeneralNodeRecord& record : state.general_nodes) {
        general_addresses.adopt(std::move(record), now);
    }
    for (PathRecord& record : state.paths) {
        director.adopt(std::move(record), now);
    }
    greet_at = to_greet.empty() ? Instant::never() : now;
    greet_some(now);
}

// The holes that idle nodes keep open in their NATs lead here still.
void Coordinator::Parts::greet_some(Instant now) {
    if (greet_at > now) {
        return;
    }
    for (std::size_t i = 0; i < greeted_at_once && !to_greet.empty(); ++i) {
        const PeerKey node = to_greet.front();
        to_greet.pop_front();
        if (registry.find_node(node) != nullptr && !signaling.is_connected(node)) {
            signaling.connect(node, false, now);
        }
    }
    greet_at = to_greet.empty() ? Instant::never() : now + greeting_pause;
}

}  // namespace ntm::dc
