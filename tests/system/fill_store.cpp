// SPDX-License-Identifier: BSD-3-Clause
// fill-store FILE RELAY COUNT: adds so many nodes to the store of a DC that has ended, and as many paths
// between them, relayed by RELAY. The nodes have registered once, from places where nobody is now.
#include "common/crypto/system_random.hpp"
#include "dc/sqlite_store.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace ntm;
using namespace ntm::dc;

template <typename Id>
Id draw(RandomSource& random) {
    return Id{random.number()};
}

NodeRecord make_node(std::uint64_t number, RandomSource& random) {
    NodeRecord node;
    random.fill(node.key.bytes);
    node.fqdn = "stored" + std::to_string(number) + ".a.ntm.test";
    node.vipv4 = Ipv4Address::from_host(0xc6120000 + static_cast<std::uint32_t>(number));
    node.vipv6 = IpAddress::parse("fd00:a::")->ipv6();
    for (std::size_t i = 0; i < 8; ++i) {
        node.vipv6.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    node.boot_id = draw<BootId>(random);
    node.registration_id = 1;
    node.outside = Endpoint{
        IpAddress{Ipv4Address::from_host(0xc0000200 + static_cast<std::uint32_t>(number % 256))},
        Port{static_cast<std::uint16_t>(1024 + number)}};
    node.addresses = {*InterfaceAddress::parse("10.0.0.2/24")};
    node.port = Port{9770};
    node.suites = {crypto::Suite::aes_128_gcm};
    return node;
}

PathRecord make_path(
    const NodeRecord& initiator,
    const NodeRecord& responder,
    const PeerKey& relay,
    RandomSource& random
) {
    PathRecord path;
    path.id = draw<PathId>(random);
    path.relay = relay;
    random.fill(path.path_secret.mutable_view());
    path.is_directed = true;
    path.ends[0].node = initiator.key;
    path.ends[0].boot_id = initiator.boot_id;
    path.ends[1].node = responder.key;
    path.ends[1].boot_id = responder.boot_id;
    for (PathEnd& end : path.ends) {
        random.fill(end.leg_secret.mutable_view());
    }
    return path;
}

int fail(const std::string& why) {
    std::fprintf(stderr, "fill-store: %s\n", why.c_str());
    return 1;
}

int fill(const std::string& file, const std::string& relay_name, std::uint64_t count) {
    auto store = SqliteStore::open(file);
    if (!store) {
        return fail(store.error().text);
    }
    auto state = (*store)->load();
    if (!state) {
        return fail(state.error().text);
    }
    const auto relay = std::ranges::find(state->relays, relay_name, &RelayRecord::name);
    if (relay == state->relays.end()) {
        return fail("the store has no relay " + relay_name);
    }
    crypto::SystemRandom random;
    const std::uint64_t first = state->next_address_number;
    NodeRecord last = make_node(first, random);
    (*store)->put_node(last);
    for (std::uint64_t number = first + 1; number <= first + count; ++number) {
        NodeRecord next = make_node(number, random);
        (*store)->put_node(next);
        (*store)->put_path(make_path(last, next, relay->key, random));
        last = std::move(next);
    }
    (*store)->put_next_address_number(first + count + 1);
    const auto stored = (*store)->commit();
    return stored ? 0 : fail(stored.error().text);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        return fail("usage: fill-store FILE RELAY COUNT");
    }
    return fill(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10));
}
