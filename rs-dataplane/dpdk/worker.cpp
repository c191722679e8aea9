// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/worker.hpp"

#include "common/packet/ethernet.hpp"
#include "rs-dataplane/relay/ip_fragment.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

namespace ntm::dpdk {

namespace {

// A worker that has found nothing this often in a row begins to sleep: first as short as the kernel
// can, then up to `longest_sleep`, which a port's queue must be able to buffer.
constexpr unsigned rounds_before_sleep = 500;
constexpr std::chrono::microseconds shortest_sleep{10};
constexpr std::chrono::microseconds longest_sleep{250};
constexpr unsigned rounds_a_step = 20;

constexpr std::size_t orders_a_round = 8;

constexpr std::size_t ahead = 4;  // buffers whose frames are fetched before they are read

std::uint8_t lasting_marks_of(const Packet& packet) noexcept {
    return packet.receive_marks & (ReceiveMarks::hairpinned | ReceiveMarks::for_this_worker);
}

}  // namespace

Worker::Worker(const Parts& parts)
    : pipeline_{parts.pipeline},
      counters_{parts.pipeline.worker},
      settings_{parts.settings},
      grace_period_{parts.grace_period},
      rings_{parts.rings},
      rs_n_{parts.pipeline.rs_n},
      subscribers_{parts.subscribers},
      number_{parts.number},
      hand_over_{parts.hand_over},
      handed_(parts.hand_over != nullptr ? parts.hand_over->workers() : 0),
      buffers_{parts.buffers} {
    if (rs_n_ != nullptr && buffers_ != nullptr) {
        rs_n_->make_frames_by(*this);
    }
    for (const QueuePair& queue : parts.queues) {
        ports_.push_back({queue, {}});
    }
}

void Worker::run() noexcept {
    TscClock clock;
    grace_period_.go_online();
    std::uint64_t begun = rte_rdtsc();
    while (!is_stopped_.load(std::memory_order_relaxed)) {
        const bool was_busy = poll(clock.at(begun)) != 0;
        grace_period_.report();
        if (was_busy) {
            idle_rounds_ = 0;
        } else {
            rest();
        }
        const std::uint64_t ended = rte_rdtsc();
        account(ended - begun, was_busy);
        begun = ended;
    }
    grace_period_.go_offline();
}

std::size_t Worker::poll(Instant now) noexcept {
    const relay::Settings& settings = settings_.load();
    may_sleep_ = settings.may_sleep;
    if (rs_n_ != nullptr) {
        carry_out_orders(now);
    }
    std::size_t frames = 0;
    const auto ports = static_cast<std::uint16_t>(ports_.size());
    for (std::uint16_t port = 0; port < ports; ++port) {
        frames += poll_port(port, settings, now);
    }
    if (hand_over_ != nullptr) {
        frames += take_over(settings, now);
    }
    if (rs_n_ != nullptr) {
        rs_n_->tend(now);
        if (pipeline_.has_own(now)) [[unlikely]] {
            frames += pipeline_.send_own(settings, now) ? 1 : 0;
        }
    }
    return frames + send_injected();
}

// Between bursts: no packet is on its way that was found with a path of a subscriber who goes.
void Worker::carry_out_orders(Instant now) {
    std::array<relay::SubscriberOrder, orders_a_round> orders;
    const std::size_t count = subscribers_->take(orders);
    for (std::size_t i = 0; i < count; ++i) {
        rs_n_->carry_out(orders[i], now);
    }
}

std::size_t Worker::poll_port(
    std::uint16_t port, const relay::Settings& settings, Instant now
) noexcept {
    std::array<rte_mbuf*, burst_size> buffers;
    const QueuePair& queue = ports_[port].queue;
    const std::uint16_t count =
        rte_eth_rx_burst(queue.device, queue.queue, buffers.data(), burst_size);
    if (count == 0) {
        return 0;
    }
    counters_->received.add(count);
    const auto its_tag = [port](const rte_mbuf&) noexcept {
        return FrameTag{port};
    };
    process({buffers.data(), count}, its_tag, settings, now);
    return count;
}

std::size_t Worker::take_over(const relay::Settings& settings, Instant now) noexcept {
    std::array<rte_mbuf*, burst_size> buffers;
    const std::size_t count = hand_over_->take(number_, buffers);
    if (count == 0) {
        return 0;
    }
    counters_->taken_over.add(count);
    process({buffers.data(), count}, tag_of, settings, now);
    return count;
}

template <typename TagOf>
void Worker::process(
    std::span<rte_mbuf*> buffers, TagOf its_tag, const relay::Settings& settings, Instant now
) noexcept {
    counters_->bursts.add(1);
    const std::size_t count = buffers.size();
    for (std::size_t i = 0; i < std::min<std::size_t>(ahead, count); ++i) {
        rte_prefetch0(rte_pktmbuf_mtod(buffers[i], void*));
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (i + ahead < count) {
            rte_prefetch0(rte_pktmbuf_mtod(buffers[i + ahead], void*));
        }
        const FrameTag tag = its_tag(*buffers[i]);
        Packet& packet = burst_.packets[i];
        see_as_packet(*buffers[i], tag.port, packet);
        packet.receive_marks = packet.receive_marks | tag.marks;
    }
    burst_.count = count;
    pipeline_.run(burst_, settings, now);
    carry_out(burst_, buffers);
}

// While the pipeline runs: the outboxes are empty then.
bool Worker::add_to(Burst& burst) noexcept {
    rte_mbuf* const buffer = rte_pktmbuf_alloc(buffers_);
    if (buffer == nullptr) {
        return false;
    }
    see_as_packet(*buffer, 0, burst.packets[burst.count]);
    made_[burst.count++] = buffer;
    return true;
}

void Worker::carry_out(Burst& burst) noexcept {
    carry_out(burst, {made_.data(), burst.count});
}

void Worker::carry_out(const Burst& burst, std::span<rte_mbuf*> buffers) noexcept {
    for (std::size_t i = 0; i < burst.count; ++i) {
        const Packet& packet = burst.packets[i];
        rte_mbuf* buffer = buffers[i];
        switch (packet.fate) {
            [[likely]] case Fate::transmit : write_back(*buffer, packet);
            ports_[packet.port].outbox.add(buffer);
            break;
            case Fate::punt:
                write_back(*buffer, packet);
                set_tag(*buffer, {packet.port, packet.punt_class});
                punted_.add(buffer);
                break;
            case Fate::hand_over:
                write_back(*buffer, packet);
                set_tag(*buffer, {.port = packet.port, .marks = lasting_marks_of(packet)});
                handed(packet).add(buffer);
                break;
            case Fate::held:
                given_back_.add(buffer);
                break;
            case Fate::drop:
            case Fate::pending:
                counters_->dropped[static_cast<std::size_t>(packet.reason)].add(1);
                given_back_.add(buffer);
                break;
        }
    }
    send_all();
    hand_over_punted();
    for (std::size_t worker = 0; worker < handed_.size(); ++worker) {
        hand_over(worker);
    }
    if (given_back_.count != 0) {
        rte_pktmbuf_free_bulk(given_back_.frames.data(), given_back_.count);
        given_back_.count = 0;
    }
}

void Worker::send_all() noexcept {
    for (PortOutbox& out : ports_) {
        if (out.outbox.count != 0) {
            send(out);
        }
    }
}

void Worker::send(PortOutbox& out) noexcept {
    Outbox& outbox = out.outbox;
    const std::uint16_t sent =
        rte_eth_tx_burst(out.queue.device, out.queue.queue, outbox.frames.data(), outbox.count);
    counters_->transmitted.add(sent);
    if (sent != outbox.count) {
        const unsigned rest = outbox.count - sent;
        counters_->dropped[static_cast<std::size_t>(DropReason::tx_queue_full)].add(rest);
        rte_pktmbuf_free_bulk(outbox.frames.data() + sent, rest);
    }
    outbox.count = 0;
}

void Worker::hand_over_punted() noexcept {
    if (punted_.count == 0) {
        return;
    }
    // Read before the control thread owns the frames.
    std::array<std::uint8_t, burst_size> classes;
    for (std::size_t i = 0; i < punted_.count; ++i) {
        classes[i] = tag_of(*punted_.frames[i]).punt_class;
    }
    const std::size_t taken = rings_.punt({punted_.frames.data(), punted_.count});
    for (std::size_t i = 0; i < taken; ++i) {
        counters_->punted[classes[i]].add(1);
    }
    const std::size_t rest = punted_.count - taken;
    if (rest != 0) {
        counters_->dropped[static_cast<std::size_t>(DropReason::punt_ring_full)].add(rest);
        rte_pktmbuf_free_bulk(punted_.frames.data() + taken, static_cast<unsigned>(rest));
    }
    punted_.count = 0;
}

// As it came: of a tunnel packet its outer header tells, and that has never been in fragments.
Worker::Outbox& Worker::handed(const Packet& packet) noexcept {
    HandedOutbox& its = handed_[packet.worker];
    return relay::IpFragment::is_one(packet.bytes().subspan(EthernetView::size)) ? its.fragments
                                                                                 : its.whole;
}

void Worker::hand_over(std::size_t worker) noexcept {
    auto& [whole, fragments] = handed_[worker];
    if (whole.count != 0) {
        count_handed(whole, hand_over_->put(worker, whole.all()));
    }
    if (fragments.count != 0) {
        count_handed(fragments, hand_over_->put_fragments(worker, fragments.all()));
    }
}

void Worker::count_handed(Outbox& outbox, std::size_t taken) noexcept {
    counters_->handed_over.add(taken);
    const std::size_t rest = outbox.count - taken;
    if (rest != 0) {
        counters_->dropped[static_cast<std::size_t>(DropReason::hand_over_ring_full)].add(rest);
        rte_pktmbuf_free_bulk(outbox.frames.data() + taken, static_cast<unsigned>(rest));
    }
    outbox.count = 0;
}

std::size_t Worker::send_injected() noexcept {
    std::array<rte_mbuf*, burst_size> frames;
    const std::size_t count = rings_.take_injected(frames);
    if (count == 0) {
        return 0;
    }
    counters_->injected.add(count);
    for (std::size_t i = 0; i < count; ++i) {
        ports_[tag_of(*frames[i]).port].outbox.add(frames[i]);
    }
    send_all();
    return count;
}

void Worker::account(std::uint64_t cycles, bool was_busy) noexcept {
    (was_busy ? counters_->busy_cycles : counters_->idle_cycles).add(cycles);
}

void Worker::rest() noexcept {
    ++idle_rounds_;
    const bool is_waited_for = rs_n_ != nullptr && rs_n_->has_inquiry();
    if (!may_sleep_ || is_waited_for || idle_rounds_ < rounds_before_sleep) {
        rte_pause();
        return;
    }
    const unsigned steps = (idle_rounds_ - rounds_before_sleep) / rounds_a_step;
    const auto length = std::min(longest_sleep, shortest_sleep * (steps + 1));
    counters_->sleeps.add(1);
    grace_period_.go_offline();
    is_asleep_.store(true, std::memory_order_relaxed);
    std::this_thread::sleep_for(length);
    is_asleep_.store(false, std::memory_order_relaxed);
    grace_period_.go_online();
}

}  // namespace ntm::dpdk
