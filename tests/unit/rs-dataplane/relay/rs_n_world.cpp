// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/rs-dataplane/relay/rs_n_world.hpp"

#include <algorithm>

namespace ntm::relay::testing {

Outcome Outcome::of(const Packet& packet) {
    return {
        packet.fate,
        packet.reason,
        packet.punt_class,
        packet.port,
        packet.worker,
        packet.receive_marks,
        {packet.begin, packet.begin + packet.length}};
}

bool KeptFrames::add_to(Burst& burst) noexcept {
    if (buffers == 0) {
        return false;
    }
    --buffers;
    auto& bytes = bytes_[burst.count];
    Packet packet{};
    packet.headroom = 128;
    packet.begin = bytes.data() + packet.headroom;
    packet.capacity = static_cast<std::uint16_t>(bytes.size());
    burst.packets[burst.count++] = packet;
    return true;
}

void KeptFrames::carry_out(Burst& burst) noexcept {
    for (std::size_t i = 0; i < burst.count; ++i) {
        outcomes.push_back(Outcome::of(burst.packets[i]));
    }
}

RsNTest::RsNTest(const PublicPair& at) : public_{at} {
    random_.fill(secret_.mutable_view());
    settings_.public_side = {
        tables::OwnAddresses{{at.ipv4, at.ipv6}}, first_public_port, last_public_port};
    grace_period_ = tables::GracePeriod::create(1).value();
    table_ = tables::RelayTable::create(16, settings_.own, *grace_period_).value();
    writer_.emplace(table_->writer());
    path_counters_ = std::vector<PathCounters>(table_->slot_count());
    make_pipeline({});
    path_.id = path;
    path_.end = tables::PathEnd{0, {}, {{gn_vip4, gn4, 1}, {gn_vip6, gn6, 1}}};
    use(crypto::Suite::aes_128_gcm);
}

void RsNTest::use(crypto::Suite suite) {
    keys_ = make_end_keys(secret_, path, suite);
    path_.end->keys = keys_;
    node_sealer_.emplace(secret_, suite, path, Role::initiator);
    node_opener_.emplace(secret_, suite, path, Role::initiator);
}

void RsNTest::make_pipeline(Share share, Instant resets_until) {
    rs_n_ = make_rs_n({public_}, random_, worker_counters_, share, resets_until);
    pipeline_ = std::make_unique<Pipeline>(Pipeline::Parts{
        table_->reader(), path_counters_.data(), &worker_counters_, &token_key_, 1, rs_n_.get()});
    rs_n_->make_frames_by(made_);
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

std::vector<RsNTest::Outcome> RsNTest::run(const std::vector<Bytes>& frames) {
    std::vector<std::unique_ptr<FramedPacket>> framed;
    Burst burst{};
    for (const Bytes& frame : frames) {
        framed.push_back(std::make_unique<FramedPacket>(frame));
        burst.packets[burst.count++] = framed.back()->packet;
    }
    const std::size_t made_before = made_.outcomes.size();
    worker_counters_.received.add(burst.count);
    pipeline_->run(burst, settings_, now_);
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < burst.count; ++i) {
        outcomes.push_back(Outcome::of(burst.packets[i]));
        expect_one_end(outcomes.back());
        count(outcomes.back());
    }
    count_made(made_before);
    return outcomes;
}

void RsNTest::count_made(std::size_t first) {
    for (std::size_t i = first; i < made_.outcomes.size(); ++i) {
        expect_one_end(made_.outcomes[i]);
        count(made_.outcomes[i]);
    }
}

std::optional<RsNTest::Outcome> RsNTest::own() {
    rs_n_->tend(now_);
    const std::size_t made_before = made_.outcomes.size();
    if (!pipeline_->has_own(now_) || !pipeline_->send_own(settings_, now_)) {
        return std::nullopt;
    }
    count_made(made_before);
    return made_.outcomes.size() == made_before ? std::nullopt
                                                : std::optional{made_.outcomes.back()};
}

std::vector<RsNTest::Outcome> RsNTest::receive_all(const std::vector<Bytes>& frames) {
    const std::uint64_t counted_before = counted();
    const std::size_t made_before = made_.outcomes.size();
    std::vector<Outcome> outcomes = run(frames);
    const auto sent =
        static_cast<std::uint64_t>(std::ranges::count(outcomes, Fate::transmit, &Outcome::fate));
    EXPECT_TRUE(made_.outcomes.size() != made_before || counted() - counted_before == sent)
        << "what is sent on counts for its path";
    return outcomes;
}

void RsNTest::count(const Outcome& outcome) {
    if (outcome.fate == Fate::drop) {
        worker_counters_.dropped[static_cast<std::size_t>(outcome.reason)].add(1);
    } else if (outcome.fate != Fate::held) {
        ++ended_;
    }
}

void RsNTest::expect_balance() const {
    std::uint64_t ended = ended_ + worker_counters_.held.value();
    for (const Counter& counter : worker_counters_.dropped) {
        ended += counter.value();
    }
    EXPECT_EQ(worker_counters_.received.value() + worker_counters_.made.value(), ended);
}

void RsNTest::expect_one_end(const Outcome& outcome) {
    EXPECT_NE(outcome.fate, Fate::pending);
    EXPECT_LT(outcome.reason, DropReason::count_);
    EXPECT_TRUE(outcome.fate != Fate::drop || outcome.reason != DropReason::none);
}

std::uint64_t RsNTest::counted() const {
    std::uint64_t packets = 0;
    for (const PathCounters& counters : path_counters_) {
        packets += counters.legs[0].packets.value() + counters.legs[1].packets.value();
    }
    for (const Counter& errors : worker_counters_.icmp_errors) {
        packets += errors.value();
    }
    return packets;
}

Ends RsNTest::open(napt::Kind kind, Family family) {
    Ends ends = ends_of(family, public_);
    const Outcome out = receive(data(first_packet(kind, ends.inside)));
    EXPECT_EQ(out.fate, Fate::transmit) << describe(out.reason).name;
    ends.outside.source_port = source_port(inner_of(out.frame));
    return ends;
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

protocol::DataSealer RsNTest::add_other_node() {
    rs_n_->carry_out(OpenSubscriber{1, other_vip4.ipv4(), other_vip6.ipv6(), {}}, now_);
    tables::RelayPath its = path_;
    its.id = PathId{0x2222};
    its.end->subscriber = 1;
    its.end->keys = make_end_keys(secret_, its.id);
    EXPECT_TRUE(writer_->insert(its));
    return {secret_, crypto::Suite::aes_128_gcm, its.id, Role::initiator};
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
