// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/napt_flows.hpp"

#include "common/packet/ethernet.hpp"
#include "common/packet/packet_builder.hpp"
#include "rs-dataplane/napt/translate.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

namespace ntm::bench {

namespace {

constexpr std::uint16_t remote_port = 443;
constexpr napt::PaddedAddress inside_address{10};

// As a worker's ring takes them.
class RecentEvents final : public napt::EventSink {
  public:
    void put(const napt::Event& event) noexcept override {
        events_[next_++ % events_.size()] = event;
    }

  private:
    std::array<napt::Event, 4096> events_{};
    std::size_t next_ = 0;
};

}  // namespace

std::vector<Ipv4Address> public_pool() {
    std::vector<Ipv4Address> addresses;
    for (std::uint32_t i = 0; i < 16; ++i) {
        addresses.push_back(Ipv4Address::from_host(0xc0000200U + i));
    }
    return addresses;
}

const napt::PublicAddresses& public_addresses() {
    static const napt::PublicAddresses addresses{public_pool(), {}};
    return addresses;
}

napt::Bindings::Plan plan_for(std::uint32_t sessions) {
    constexpr std::uint16_t first_port = 1024;
    constexpr std::size_t blocks = (65536 - first_port) / sessions_a_subscriber;
    napt::Bindings::Plan plan;
    plan.subscribers = sessions / sessions_a_subscriber + 1;
    plan.mappings = plan.sessions = sessions;
    static RecentEvents events;
    plan.events = &events;
    plan.ipv4 = {public_pool().size(), first_port, blocks, sessions_a_subscriber};
    return plan;
}

std::unique_ptr<napt::Bindings> make_bindings(std::uint32_t sessions, RandomSource& random) {
    const napt::Bindings::Plan plan = plan_for(sessions);
    auto bindings = napt::Bindings::make(plan, random);
    for (std::uint32_t number = 0; number < plan.subscribers; ++number) {
        if (bindings->add_subscriber({}, {}, {}) != number) {
            std::abort();
        }
    }
    return bindings;
}

Flows& Flows::of(std::uint32_t count) {
    static std::map<std::uint32_t, std::unique_ptr<Flows>> made;
    auto& flows = made[count];
    if (flows == nullptr) {
        flows = std::make_unique<Flows>(count);
    }
    return *flows;
}

Flows::Flows(std::uint32_t count) : bindings_{make_bindings(count, random_)} {
    for (std::uint32_t flow = 0; flow < count; ++flow) {
        open(flow);
    }
}

void Flows::open(std::uint32_t flow) {
    const napt::InsideTuple from{
        napt::PaddedAddress::of(Ipv4Address{random_.bytes<4>()}),
        flow / sessions_a_subscriber,
        static_cast<std::uint16_t>(1 + flow % sessions_a_subscriber),
        remote_port,
        Family::ipv4,
        napt::Protocol::udp};
    const auto its = bindings_->outbound(bindings_->lookup(from), path(flow), {}, now);
    if (!its) {
        std::abort();
    }
    inside_.push_back(from);
    outside_.push_back({from.remote, *its, remote_port, Family::ipv4, napt::Protocol::udp});
}

Packets::Packets() {
    const Bytes frame = eth().ipv4("192.0.2.1", "192.0.2.2").udp(1, 1).payload_of(64 - 28).build();
    std::copy_n(frame.begin() + EthernetView::size, first_.size(), first_.begin());
}

void Packets::write(std::size_t at, const napt::Ends& ends) {
    bytes_[at] = first_;
    napt::translate(napt::InnerPacket::parse(bytes_[at]).value(), ends);
}

void Packets::write_out(std::size_t at, const napt::InsideTuple& flow) {
    write(at, {inside_address, flow.remote, flow.inside_port, flow.remote_port});
}

void Packets::write_in(std::size_t at, const napt::OutsideTuple& flow) {
    const auto& address = public_addresses()(flow.family, flow.public_port.address);
    write(at, {flow.remote, address, flow.remote_port, flow.public_port.port});
}

void OutboundBurst::prepare(const Flows& flows, const Picks& picks) {
    for (std::size_t i = 0; i < burst_size; ++i) {
        senders_[i] = flows.sender(picks[i]);
        packets_.write_out(i, flows.inside()[picks[i]]);
    }
}

unsigned OutboundBurst::send() {
    for (std::size_t i = 0; i < burst_size; ++i) {
        static_cast<void>(parsed_[i].read(packets_.bytes(i)));
        lookups_[i] = napt_.lookup_out(parsed_[i], senders_[i]);
        bindings_.prefetch_index(lookups_[i]);
    }
    for (const auto& lookup : lookups_) {
        bindings_.prefetch_session(lookup);
    }
    unsigned sent = 0;
    for (std::size_t i = 0; i < burst_size; ++i) {
        const DropReason reason = napt_.send_out(parsed_[i], lookups_[i], senders_[i], now);
        sent += reason == DropReason::none ? 1U : 0U;
    }
    return sent;
}

}  // namespace ntm::bench
