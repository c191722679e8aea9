// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

namespace ntm::relay::testing {

Ends ends_of(Family family) {
    return family == Family::ipv4
               ? Ends{{vip4, inside_port, gn_vip4, gn_port}, {rs4.address, 0, gn4, gn_port}}
               : Ends{{vip6, inside_port, gn_vip6, gn_port}, {rs6.address, 0, gn6, gn_port}};
}

PacketEnds reversed(const PacketEnds& ends) {
    return {ends.destination, ends.destination_port, ends.source, ends.source_port};
}

Bytes inner_of(const Bytes& frame) {
    return {frame.begin() + EthernetView::size, frame.end()};
}

std::uint16_t source_port(const Bytes& packet) {
    const std::size_t upper = packet[0] >> 4 == 4 ? 20 : 40;
    return load<Be16>(packet.data() + upper).to_host();
}

Bytes one_hop_less(Bytes packet) {
    if (packet[0] >> 4 == 6) {
        --packet[7];
        return packet;
    }
    --packet[8];
    napt::repair_ipv4_header(packet);
    return packet;
}

Bytes with_hop_limit(Bytes packet, std::uint8_t limit) {
    if (packet[0] >> 4 == 6) {
        packet[7] = limit;
        return packet;
    }
    packet[8] = limit;
    napt::repair_ipv4_header(packet);
    return packet;
}

Bytes with_own_header(Bytes packet) {
    if (packet[0] >> 4 == 6) {
        store(packet.data(), Be32::from_host(0x60000000));
        packet[7] = 64;
        return packet;
    }
    packet[1] = 0;
    store(packet.data() + 4, Be16::from_host(0));
    packet[8] = 64;
    napt::repair_ipv4_header(packet);
    return packet;
}

RsNTest::RsNTest() {
    random_.fill(secret_.mutable_view());
    for (const Role role : {Role::initiator, Role::responder}) {
        const protocol::KeyPurpose purpose{
            protocol::PacketType::data,
            static_cast<std::uint8_t>(role),
            crypto::Suite::aes_128_gcm,
            path};
        keys_->data[static_cast<std::size_t>(role)] = protocol::derive_key(secret_, purpose, {});
    }
    settings_.public_side = {tables::OwnAddresses{own_list()}, first_public_port, last_public_port};
    grace_period_ = tables::GracePeriod::create(1).value();
    table_ = tables::RelayTable::create(16, settings_.own, *grace_period_).value();
    writer_.emplace(table_->writer());
    path_counters_ = std::vector<PathCounters>(table_->slot_count());
    make_pipeline({});
    path_.id = path;
    path_.end = tables::PathEnd{0, keys_, {{gn_vip4, gn4, 1}, {gn_vip6, gn6, 1}}};
    node_sealer_.emplace(secret_, crypto::Suite::aes_128_gcm, path, Role::initiator);
    node_opener_.emplace(secret_, crypto::Suite::aes_128_gcm, path, Role::initiator);
}

void RsNTest::make_pipeline(Share share) {
    napt::Bindings::Plan plan;
    plan.subscribers = most_subscribers;
    plan.mappings = 256;
    plan.sessions = 256;
    plan.ipv4 = {1, first_public_port, 8, 64};
    plan.ipv6 = plan.ipv4;
    rs_n_ = std::make_unique<RsN>(RsN::Parts{
        napt::Bindings::make(plan_of(share, plan), random_),
        napt::PublicAddresses{{rs4.address.ipv4()}, {rs6.address.ipv6()}},
        crypto::BurstCipher::create().value(),
        plan.subscribers,
        &worker_counters_,
        share});
    pipeline_ = std::make_unique<Pipeline>(Pipeline::Parts{
        table_->reader(), path_counters_.data(), &worker_counters_, &token_key_, 1, rs_n_.get()});
    if (share.owner_of(0) == share.worker) {
        rs_n_->carry_out(OpenSubscriber{0, vip4.ipv4(), vip6.ipv6(), {}}, now_);
    }
}

void RsNTest::bind_leg() {
    tables::RelayLeg& leg = path_.leg(Role::initiator);
    leg.is_bound = true;
    leg.remote = node_;
    leg.local = node_.address.is_ipv4() ? rs4 : rs6;
    leg.next_hop = 0;
}

void RsNTest::install() {
    bind_leg();
    ASSERT_TRUE(writer_->insert(path_));
}

void RsNTest::replace() {
    bind_leg();
    ASSERT_TRUE(writer_->replace(path_));
}

std::vector<RsNTest::Outcome> RsNTest::receive_all(const std::vector<Bytes>& frames) {
    std::vector<std::unique_ptr<FramedPacket>> framed;
    Burst burst{};
    for (const Bytes& frame : frames) {
        framed.push_back(std::make_unique<FramedPacket>(frame));
        burst.packets[burst.count++] = framed.back()->packet;
    }
    pipeline_->run(burst, settings_, now_);
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < burst.count; ++i) {
        const Packet& packet = burst.packets[i];
        outcomes.push_back(
            {packet.fate,
             packet.reason,
             packet.punt_class,
             packet.port,
             packet.worker,
             {packet.begin, packet.begin + packet.length}}
        );
    }
    return outcomes;
}

Bytes RsNTest::datagram_from_node(const Bytes& datagram, std::uint8_t traffic_class) const {
    const Endpoint& rs = node_.address.is_ipv4() ? rs4 : rs6;
    return eth()
        .from_mac(router0)
        .to_mac(rs_mac0)
        .ip(node_.address, rs.address)
        .traffic_class(traffic_class)
        .udp(node_.port.number, rs.port.number)
        .payload(datagram)
        .build();
}

Bytes RsNTest::data(ByteView inner) {
    return datagram_from_node(node_sealer_->seal(inner).value());
}

Bytes RsNTest::from_general_node(const Bytes& packet) {
    Bytes frame = eth().from_mac(router0).to_mac(rs_mac0).build();
    frame.resize(EthernetView::size);
    const bool is_ipv4 = packet[0] >> 4 == 4;
    store(frame.data() + 12, Be16::from_host(is_ipv4 ? ethertype::ipv4 : ethertype::ipv6));
    frame.insert(frame.end(), packet.begin(), packet.end());
    return frame;
}

std::optional<Bytes> RsNTest::opened(const Bytes& frame) {
    const std::size_t headers = node_.address.is_ipv4() ? 42 : 62;
    auto inner = node_opener_->open(ByteView{frame}.subspan(headers));
    return inner ? std::optional{*std::move(inner)} : std::nullopt;
}

}  // namespace ntm::relay::testing
