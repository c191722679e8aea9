// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/relay_plane.hpp"

#include <algorithm>
#include <stdexcept>

namespace ntm::simulation {

namespace {

constexpr std::uint32_t capacity = 64;
constexpr std::uint16_t headroom = 128;
constexpr std::uint16_t buffer_size = 2048;

template <typename T, typename E>
T take(Result<T, E> result, const char* what) {
    if (!result) {
        throw std::runtime_error{std::string{"the simulation's relay has no "} + what};
    }
    return std::move(result).value();
}

}  // namespace

RelayPlane::RelayPlane(relay::Settings settings, const Secret<16>& token_key, std::uint64_t seed)
    : grace_period_{take(tables::GracePeriod::create(1), "grace period")},
      table_{
          take(tables::RelayTable::create(capacity, settings.own, *grace_period_), "relay table")},
      box_{std::make_unique<relay::SettingsBox>(
          *grace_period_, std::make_unique<relay::Settings>(std::move(settings))
      )},
      counters_{std::make_unique<relay::WorkerCounters>()},
      paths_(table_->slot_count()),
      worker_{grace_period_->worker(0)},
      pipeline_{std::make_unique<relay::Pipeline>(relay::Pipeline::Parts{
          table_->reader(), paths_.data(), counters_.get(), &token_key, seed})} {
    worker_->go_online();
}

RelayPlane::Output RelayPlane::receive(const std::vector<Bytes>& frames, Instant now) {
    Output output;
    for (std::size_t at = 0; at < frames.size(); at += burst_size) {
        const std::size_t count = std::min(burst_size, frames.size() - at);
        receive_burst(std::span{frames}.subspan(at, count), output, now);
    }
    return output;
}

void RelayPlane::receive_burst(std::span<const Bytes> frames, Output& output, Instant now) {
    static_assert(headroom + 1514 < buffer_size);
    std::vector<std::array<std::uint8_t, buffer_size>> buffers(frames.size());
    Burst burst;
    burst.count = frames.size();
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const std::size_t length = std::min<std::size_t>(frames[i].size(), 1514);
        std::copy_n(frames[i].begin(), length, buffers[i].begin() + headroom);
        Packet packet{};
        packet.begin = buffers[i].data() + headroom;
        packet.length = static_cast<std::uint16_t>(length);
        packet.headroom = headroom;
        packet.capacity = buffer_size;
        burst.packets[i] = packet;
    }
    counters_->received.add(frames.size());
    pipeline_->run(burst, relay::SettingsBox::Reader{*box_}.load(), now);
    for (std::size_t i = 0; i < burst.count; ++i) {
        carry_out(burst.packets[i], output);
    }
    worker_->report();
}

void RelayPlane::carry_out(const Packet& packet, Output& output) {
    const Bytes frame{packet.bytes().begin(), packet.bytes().end()};
    switch (packet.fate) {
        case Fate::transmit:
            counters_->transmitted.add(1);
            output.transmitted.push_back(frame);
            return;
        case Fate::punt:
            counters_->punted[packet.punt_class].add(1);
            output.punted.push_back({static_cast<relay::PuntClass>(packet.punt_class), frame});
            return;
        case Fate::drop:
            counters_->dropped[static_cast<std::size_t>(packet.reason)].add(1);
            return;
        case Fate::hand_over:  // there is one worker
        case Fate::held:       // and it is no RS-N
        case Fate::pending:
            return;  // the balance will tell
    }
}

Bytes RelayPlane::inject(Bytes frame) {
    counters_->injected.add(1);
    counters_->transmitted.add(1);
    return frame;
}

std::optional<std::string> RelayPlane::find_imbalance() const {
    const relay::WorkerCounters& all = *counters_;
    std::uint64_t out = all.transmitted.value() + all.held.value();
    for (const relay::Counter& counter : all.punted) {
        out += counter.value();
    }
    for (const relay::Counter& counter : all.dropped) {
        out += counter.value();
    }
    const std::uint64_t in = all.received.value() + all.injected.value() + all.made.value();
    if (in == out && all.dropped[0].value() == 0 && all.made.value() == 0) {
        return std::nullopt;
    }
    return "the relay's counters do not balance: in " + std::to_string(in) + ", out " +
           std::to_string(out);
}

}  // namespace ntm::simulation
