// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/rs_n_world.hpp"

#include "bench/micro/napt_flows.hpp"
#include "bench/micro/workload.hpp"
#include "common/packet/ntm_view.hpp"
#include "common/packet/packet_builder.hpp"
#include "common/packet/udp.hpp"
#include "rs-dataplane/relay/check_leg.hpp"
#include "rs-dataplane/relay/classify.hpp"
#include "rs-dataplane/relay/find_path.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace ntm::bench {

namespace {

constexpr std::uint16_t headroom = 128;
constexpr Port general_port{443};

std::uint32_t subscriber_of(std::uint32_t path) {
    return path / sessions_a_subscriber;
}
Endpoint endpoint(std::uint32_t address, std::uint16_t port) {
    return {Ipv4Address::from_host(address), Port{port}};
}
Endpoint node_outside(std::uint32_t path) {
    return endpoint(0x0a000000U + subscriber_of(path), 5000);
}
// Of the node's VIP.
Endpoint node_inside(std::uint32_t path) {
    const std::uint32_t port = 1000 + path % sessions_a_subscriber;
    return endpoint(0xc6120000U + subscriber_of(path), static_cast<std::uint16_t>(port));
}
Endpoint general_node_inside(std::uint32_t path) {
    return {Ipv4Address::from_host(0x64000000U + path), general_port};
}
Endpoint general_node_outside(std::uint32_t path) {
    return {Ipv4Address::from_host(0x50000000U + path), general_port};
}

relay::Settings rs_n_settings() {
    relay::Settings made = settings();
    const auto pool = public_pool();
    made.public_side = {tables::OwnAddresses{{pool.begin(), pool.end()}}, 1024, 65535};
    return made;
}

using KeptWorlds = std::map<std::pair<std::uint32_t, crypto::Suite>, std::unique_ptr<RsNWorld>>;

KeptWorlds& kept_worlds() {
    static KeptWorlds kept;
    return kept;
}

}  // namespace

RsNWorld& RsNWorld::of(std::uint32_t paths, crypto::Suite suite) {
    auto& world = kept_worlds()[{paths, suite}];
    if (world == nullptr) {
        world = std::make_unique<RsNWorld>(paths, suite);
    }
    return *world;
}

void RsNWorld::forget_all() {
    kept_worlds().clear();
}

RsNWorld::RsNWorld(std::uint32_t paths, crypto::Suite suite)
    : suite_{suite},
      settings_{rs_n_settings()},
      grace_period_{tables::GracePeriod::create(1).value()},
      table_{tables::RelayTable::create(paths, settings_.own, *grace_period_).value()},
      path_counters_{tables::LargeArray<relay::PathCounters>::map(table_->slot_count())},
      cipher_of_nodes_{crypto::BurstCipher::create().value()},
      buffers_(burst_size) {
    const napt::Bindings::Plan plan = plan_for(paths);
    rs_n_ = std::make_unique<relay::RsN>(relay::RsN::Parts{
        napt::Bindings::make(plan, random_),
        public_addresses(),
        crypto::BurstCipher::create().value(),
        relay::FragmentGatherer::make({}, worker_counters_, 1),
        plan.subscribers,
        &worker_counters_});
    for (std::uint32_t path = 0; path < paths; ++path) {
        add_path(path);
    }
    open_session_of_each_path();
}

void RsNWorld::add_path(std::uint32_t path) {
    const std::uint32_t subscriber = subscriber_of(path);
    if (path % sessions_a_subscriber == 0) {
        const auto vip = node_inside(path).address.ipv4();
        rs_n_->carry_out(relay::OpenSubscriber{subscriber, vip, {}, {}}, now);
    }
    Ends& ends = ends_.emplace_back();
    ends.id = {random_.number()};
    ends.key = random_.bytes<16>();
    const std::shared_ptr<tables::EndKeys> keys{keys_.make(), [this](tables::EndKeys* gone) {
                                                    keys_.drop(gone);
                                                }};
    keys->opening.key = {suite_, ends.key};
    keys->sealing.key = {suite_, random_.bytes<16>()};

    tables::RelayPath made;
    made.id = ends.id;
    made.leg(Role::initiator) = {true, node_outside(path), relay_endpoint(Family::ipv4), {}, {}, 0};
    made.end = tables::PathEnd{
        subscriber,
        keys,
        {{general_node_inside(path).address, general_node_outside(path).address, 0}}};
    if (!table_->writer().insert(made)) {
        std::abort();
    }
}

void RsNWorld::open_session_of_each_path() {
    constexpr std::size_t source_at = EthernetView::size + 12;
    constexpr std::size_t port_at = EthernetView::size + Ipv4View::smallest;
    Picks picks;
    for (std::size_t first = 0; first < ends_.size(); first += burst_size) {
        for (std::size_t i = 0; i < burst_size; ++i) {
            picks[i] = static_cast<std::uint32_t>((first + i) % ends_.size());
        }
        prepare_out(picks, 64);
        pass_out();
        if (!are_all_sent()) {
            std::abort();
        }
        for (std::size_t i = 0; i < burst_size; ++i) {
            const std::uint8_t* frame = burst_.packets[i].begin;
            ends_[picks[i]].public_side = {
                load<Ipv4Address>(frame + source_at), Port{load<Be16>(frame + port_at).to_host()}};
        }
    }
}

Bytes RsNWorld::inner_frame(const Endpoint& source, const Endpoint& destination, std::size_t size)
    const {
    return eth()
        .from_mac(settings_.next_hops[0].addresses.destination)
        .to_mac(settings_.ports[0].mac)
        .ip(source.address, destination.address)
        .udp(source.port.number, destination.port.number)
        .payload_of(size - Ipv4View::smallest - UdpView::size)
        .build();
}

void RsNWorld::receive(std::size_t at, const Bytes& frame) {
    auto& buffer = buffers_[at];
    std::ranges::copy(frame, buffer.begin() + headroom);
    Packet& packet = burst_.packets[at];
    packet = {};
    packet.begin = buffer.data() + headroom;
    packet.length = static_cast<std::uint16_t>(frame.size());
    packet.headroom = headroom;
    packet.capacity = buffer_size;
}

void RsNWorld::prepare_out(const Picks& picks, std::size_t inner_size) {
    const Endpoint relay = relay_endpoint(Family::ipv4);
    for (std::size_t i = 0; i < burst_size; ++i) {
        Ends& ends = ends_[picks[i]];
        const Endpoint node = node_outside(picks[i]);
        Bytes text = inner_frame(node_inside(picks[i]), general_node_inside(picks[i]), inner_size);
        text.erase(text.begin(), text.begin() + EthernetView::size);
        text.resize(crypto::sealed_size(suite_, inner_size));
        receive(
            i,
            eth()
                .from_mac(settings_.next_hops[0].addresses.destination)
                .to_mac(settings_.ports[0].mac)
                .ip(node.address, relay.address)
                .udp(node.port.number, relay.port.number)
                .ntm(ends.id)
                .counter(ends.next_counter++)
                .payload(text)
                .build()
        );
    }
    seal(picks, inner_size);
    classify();
    relay::find_path(burst_, lanes_.tunnel, table_->reader(), path_counters_.data());
    lanes_.tunnel.apply(burst_, relay::check_leg);
}

void RsNWorld::seal(const Picks& picks, std::size_t inner_size) {
    constexpr std::size_t header_at = EthernetView::size + Ipv4View::smallest + UdpView::size;
    std::array<crypto::CipherJob, burst_size> jobs;
    for (std::size_t i = 0; i < burst_size; ++i) {
        jobs[i].key = ends_[picks[i]].key.data();
        jobs[i].key_number = picks[i];
        jobs[i].header = burst_.packets[i].begin + header_at;
        jobs[i].text_length = static_cast<std::uint16_t>(inner_size);
        jobs[i].suite = suite_;
    }
    cipher_of_nodes_->seal(jobs);
}

void RsNWorld::prepare_in(const Picks& picks, std::size_t inner_size) {
    for (std::size_t i = 0; i < burst_size; ++i) {
        const Endpoint from = general_node_outside(picks[i]);
        receive(i, inner_frame(from, ends_[picks[i]].public_side, inner_size));
    }
    classify();
}

void RsNWorld::classify() {
    burst_.count = burst_size;
    lanes_ = {};
    relay::classify(burst_, lanes_, settings_);
}

void RsNWorld::pass_out() noexcept {
    const auto reader = table_->reader();
    static_cast<void>(rs_n_->pass_out(
        burst_, lanes_.tunnel, {{reader, path_counters_.data()}, settings_, now, punts_}
    ));
}

void RsNWorld::pass_in() noexcept {
    const auto reader = table_->reader();
    static_cast<void>(rs_n_->pass_in(
        burst_, lanes_.general, {{reader, path_counters_.data()}, settings_, now, punts_}
    ));
}

bool RsNWorld::are_all_sent() const noexcept {
    return std::ranges::all_of(burst_.packets, [](const Packet& packet) {
        return packet.fate == Fate::transmit;
    });
}

}  // namespace ntm::bench
