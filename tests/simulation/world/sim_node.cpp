// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/sim_node.hpp"

#include "common/protocol/ntm_header.hpp"
#include "tests/simulation/world/frames.hpp"

namespace ntm::simulation {

namespace {
constexpr Port application_port{7};
}

SimNode::SimNode(
    const std::string& name,
    Surroundings surroundings,
    MakeSettings make_settings,
    Witnesses witnesses,
    RandomSource& random
)
    : Station{name, surroundings},
      make_settings_{std::move(make_settings)},
      witnesses_{witnesses},
      random_{random} {}

void SimNode::start() {
    manager_ = std::make_unique<client::TunnelManager>(make_settings_(), random_);
    world_.trace.note(now(), name() + " starts");
    update_addresses();
}

void SimNode::kill() {
    manager_.reset();
    forget_inputs();
    world_.trace.note(now(), name() + " is killed");
}

void SimNode::update_addresses() {
    std::vector<client::RealAddress> present;
    for (const Attachment& attachment : world_.network.attachments(host())) {
        for (const InterfaceAddress& address : attachment.addresses) {
            const auto index = static_cast<std::uint32_t>(attachment.segment + 1);
            present.push_back({address, index, client::InterfaceKind::wireless});
        }
    }
    run([&](Instant at) { manager_->handle_addresses(present, at); });
}

std::uint64_t SimNode::ask(const std::string& fqdn) {
    const std::uint64_t number = next_query_++;
    queries_[number] = {now(), is_running() && !is_frozen(), std::nullopt, {}};
    run([&](Instant at) {
        manager_->handle_dns_query(number, fqdn, client::DnsWish::addresses, at);
    });
    return number;
}

std::optional<IpAddress> SimNode::vip(Family family) const {
    return family == Family::ipv4 ? vipv4_ : vipv6_;
}

std::optional<std::uint64_t> SimNode::send(
    const SimNode& addressee, const IpAddress& to, std::size_t size
) {
    const auto own = vip(to.family());
    if (!is_running() || is_frozen() || !own) {
        return std::nullopt;
    }
    Ledger::Entry entry;
    entry.sender = host();
    entry.addressee = addressee.host();
    entry.sent = now();
    const std::uint64_t number = witnesses_.ledger.entries().size();
    Bytes packet = witnesses_.ledger.make(
        std::move(entry), {*own, application_port}, {to, application_port}, size
    );
    run([&](Instant at) { manager_->handle_inner_packet(std::move(packet), at); });
    return number;
}

void SimNode::collect_output() {
    for (Datagram& datagram : manager_->take_datagrams()) {
        send_datagram(std::move(datagram));
    }
    for (const client::DnsAnswer& answer : manager_->take_dns_answers()) {
        Query& query = queries_[answer.query];
        if (query.answered) {
            breach("answers a query twice");
        }
        query.answered = now();
        query.answer = answer;
    }
    for (const client::NodeEvent& event : manager_->take_events()) {
        world_.trace.note(now(), name() + ": " + event.text);
    }
    check_virtual_addresses();
    for (const Bytes& packet : manager_->take_inner_packets()) {
        take_inner(packet);
    }
}

void SimNode::receive(const Datagram& datagram, Instant now) {
    const auto header = protocol::NtmHeader::parse(datagram.payload);
    if (header && header->type == protocol::PacketType::data) {
        data_received_.push_back({now, datagram.local.address});
    }
    manager_->handle_datagram(datagram, now);
}

void SimNode::send_datagram(Datagram datagram) {
    const auto header = protocol::NtmHeader::parse(datagram.payload);
    if (!header) {
        breach("sends what is no NTM packet");
        return;
    }
    if (header->type == protocol::PacketType::data) {
        witnesses_.secrets.see_sent(datagram.payload);
        data_sent_.push_back({now(), datagram.local.address});
    }
    world_.network.send(host(), std::move(datagram));
}

void SimNode::take_inner(const Bytes& packet) {
    const auto number = witnesses_.ledger.deliver(host(), packet, now());
    if (!number) {
        return;
    }
    const Ledger::Entry& entry = witnesses_.ledger.entry(*number);
    if (is_echoing_ && !entry.is_echo) {
        // The TUN device hands it over later, not from within the brain.
        world_.events.in(Duration{0}, [this, number] { echo(*number); });
    }
}

void SimNode::echo(std::uint64_t number) {
    const Ledger::Entry asked = witnesses_.ledger.entry(number);
    const auto opened = open_udp_packet(asked.packet);
    if (!opened || !is_running() || is_frozen()) {
        return;
    }
    Ledger::Entry entry;
    entry.sender = host();
    entry.addressee = asked.sender;
    entry.is_echo = true;
    entry.echo_of = number;
    entry.sent = now();
    Bytes packet = witnesses_.ledger.make(
        std::move(entry),
        opened->datagram.remote,
        opened->datagram.local,
        opened->datagram.payload.size()
    );
    run([&](Instant at) { manager_->handle_inner_packet(std::move(packet), at); });
}

void SimNode::check_virtual_addresses() {
    const client::VirtualNetwork& network = manager_->virtual_network();
    const auto check = [this](std::optional<IpAddress>& known, const auto& present) {
        if (!present) {
            return;
        }
        if (known && *known != present->address && !may_change_vips_) {
            breach("has another virtual address: " + present->address.text());
        }
        known = present->address;
    };
    check(vipv4_, network.vipv4);
    check(vipv6_, network.vipv6);
}

}  // namespace ntm::simulation
