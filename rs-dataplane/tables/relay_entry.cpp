// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/tables/relay_entry.hpp"

#include "common/packet/checksum.hpp"
#include "common/packet/ipv4.hpp"

namespace ntm::tables {

namespace {

// The raw 16-bit words of an address and a port, summed.
WordSum sum_of(const Endpoint& endpoint) noexcept {
    return Be16::from_host(endpoint.port.number).raw() + sum_words(endpoint.address.padded());
}

// What switching from one outside pair of endpoints to the other adds to a UDP checksum's sum
// (RFC 1624 eqn. 3: ~m + m'). Protocol and length are the same in both pseudo headers.
std::uint16_t delta_of(
    const Endpoint& from, const Endpoint& from_local, const Endpoint& to, const Endpoint& to_local
) noexcept {
    return checksum_delta(sum_of(from) + sum_of(from_local), sum_of(to) + sum_of(to_local));
}

// Sum of the outgoing IPv4 header's words that are the same in each packet: version, header length,
// the DF bit, protocol and addresses. Identification is zero: with DF it means nothing (RFC 6864).
std::uint16_t ipv4_sum_of(const Endpoint& local, const Endpoint& remote) noexcept {
    WordSum sum = Be16::from_host(0x4500).raw();
    sum += Be16::from_host(0x4000).raw();
    sum += Be16::from_host(ip_protocol::udp).raw();
    sum += sum_of({local.address, {}}) + sum_of({remote.address, {}});
    return fold(sum);
}

void fill_from(Passage& passage, const RelayLeg& from, const OwnAddresses& own) noexcept {
    passage.from_address = from.remote.address.padded();
    passage.from_port = Be16::from_host(from.remote.port.number).raw();
    passage.from_local = own.find(from.local.address);
}

void fill_to(Passage& passage, const RelayLeg& to, const OwnAddresses& own) noexcept {
    store(passage.to_ports.data(), Be16::from_host(to.local.port.number));
    store(passage.to_ports.data() + 2, Be16::from_host(to.remote.port.number));
    passage.next_hop = to.next_hop;
    passage.to_local = own.find(to.local.address);
    passage.to_ipv6 = to.remote.address.is_ipv6();
    passage.to_address = to.remote.address.padded();
    if (!passage.to_ipv6) {
        store(passage.to_address.data(), to.local.address.ipv4());
        store(passage.to_address.data() + 4, to.remote.address.ipv4());
        passage.ipv4_sum = ipv4_sum_of(to.local, to.remote);
    }
}

Passage compile_switched(const RelayPath& path, Role from_role, const OwnAddresses& own) noexcept {
    const RelayLeg& from = path.leg(from_role);
    const RelayLeg& to = path.leg(other(from_role));
    Passage passage;
    passage.path_id = path.id;
    if (!from.is_bound || !to.is_bound) {
        return passage;
    }
    passage.kind = PassageKind::switched;
    fill_from(passage, from, own);
    fill_to(passage, to, own);
    passage.udp_delta = delta_of(from.remote, from.local, to.remote, to.local);
    return passage;
}

Passage compile_ended(const RelayPath& path, Role from_role, const OwnAddresses& own) noexcept {
    const RelayLeg& leg = path.leg(Role::initiator);
    Passage passage;
    passage.path_id = path.id;
    if (!leg.is_bound) {
        return passage;
    }
    passage.kind = PassageKind::ended;
    if (from_role == Role::initiator) {
        fill_from(passage, leg, own);
    } else {
        fill_to(passage, leg, own);
    }
    return passage;
}

}  // namespace

RelayEntry compile_entry(const RelayPath& path, const OwnAddresses& own) noexcept {
    const auto compile = path.end ? compile_ended : compile_switched;
    return {{compile(path, Role::initiator, own), compile(path, Role::responder, own)}};
}

PreviousSource compile_previous(
    const RelayPath& path, Role from_role, const OwnAddresses& own
) noexcept {
    const RelayLeg& from = path.leg(from_role);
    const RelayLeg& to = path.leg(other(from_role));
    PreviousSource source;
    source.address = from.previous_remote->address.padded();
    source.port = Be16::from_host(from.previous_remote->port.number).raw();
    source.local = own.find(from.previous_local.address);
    if (!path.end) {
        source.udp_delta =
            delta_of(*from.previous_remote, from.previous_local, to.remote, to.local);
    }
    return source;
}

}  // namespace ntm::tables
