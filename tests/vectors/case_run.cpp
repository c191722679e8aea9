// SPDX-License-Identifier: BSD-3-Clause
#include "tests/vectors/case_run.hpp"

#include "rs-dataplane/relay/pipeline.hpp"
#include "rs-dataplane/tables/grace_period.hpp"
#include "rs-dataplane/tables/relay_table.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_cast.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <rte_ip.h>

namespace ntm::vectors {

namespace {

constexpr std::size_t tailroom = 128;
constexpr Instant start{std::chrono::seconds{100}};

// DPDK's own checksum functions say whether a transmitted frame's are right. Only IPv4 may do
// without one for UDP.
bool has_right_checksums(Bytes frame) {
    std::uint8_t* ip = frame.data() + 14;
    const bool is_ipv4 = ip[0] >> 4 == 4;
    std::uint8_t* udp = ip + (is_ipv4 ? 20 : 40);
    const auto field = load<std::uint16_t>(udp + 6);
    if (field == 0) {
        return is_ipv4;
    }
    store(udp + 6, std::uint16_t{0});
    if (is_ipv4) {
        return rte_raw_cksum(ip, 20) == 0xffff &&
               rte_ipv4_udptcp_cksum(reinterpret_cast<rte_ipv4_hdr*>(ip), udp) == field;
    }
    return rte_ipv6_udptcp_cksum(reinterpret_cast<rte_ipv6_hdr*>(ip), udp) == field;
}

class Run {
  public:
    explicit Run(const CaseText& text)
        : text_{&text},
          period_{std::move(*tables::GracePeriod::create(1))},
          table_{std::move(*tables::RelayTable::create(64, text.settings.own, *period_))},
          paths_(table_->slot_count()) {
        for (const tables::RelayPath& path : text.paths) {
            const auto slot = table_->writer().insert(path);
            if (!slot) {
                result_.broken.push_back("path " + path.id.text() + " does not fit the table");
                continue;
            }
            slots_.push_back(*slot);
            if (path.end) {
                become_rs_n(*path.end);
            }
        }
    }

    [[nodiscard]] CaseResult take_result() {
        const Secret<16> key;
        relay::Pipeline pipeline{
            {table_->reader(), paths_.data(), &counters_, &key, 1, rs_n_.get()}};
        std::span<const InputFrame> rest = text_->frames;
        while (!rest.empty()) {
            const std::size_t count = burst_length(rest);
            run_burst(pipeline, rest.first(count));
            rest = rest.subspan(count);
        }
        write_counters();
        return std::move(result_);
    }

  private:
    void become_rs_n(const tables::PathEnd& end) {
        namespace cast = relay::testing;
        rs_n_ = cast::make_rs_n({cast::own_public}, random_, counters_);
        rs_n_->carry_out(
            relay::OpenSubscriber{end.subscriber, cast::vip4.ipv4(), cast::vip6.ipv6(), {}}, start
        );
    }

    // What arrives at the same time is one burst.
    static std::size_t burst_length(std::span<const InputFrame> frames) {
        std::size_t count = 1;
        while (count < std::min(frames.size(), burst_size) && frames[count].at == frames[0].at) {
            ++count;
        }
        return count;
    }

    void run_burst(relay::Pipeline& pipeline, std::span<const InputFrame> frames) {
        auto burst = std::make_unique<Burst>();
        std::array<Bytes, burst_size> buffers;
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const InputFrame& frame = frames[i];
            buffers[i].resize(frame.headroom + frame.bytes.size() + tailroom);
            std::ranges::copy(frame.bytes, buffers[i].begin() + frame.headroom);
            Packet& packet = burst->packets[i];
            packet.begin = buffers[i].data() + frame.headroom;
            packet.length = static_cast<std::uint16_t>(frame.bytes.size());
            packet.headroom = frame.headroom;
            packet.capacity = static_cast<std::uint16_t>(buffers[i].size());
            packet.port = frame.port;
            packet.receive_marks = frame.receive_marks;
        }
        burst->count = frames.size();
        counters_.received.add(frames.size());
        pipeline.run(*burst, text_->settings, start + frames[0].at);
        for (std::size_t i = 0; i < frames.size(); ++i) {
            write_fate(burst->packets[i]);
        }
    }

    void write_fate(const Packet& packet) {
        const Bytes frame{packet.begin, packet.begin + packet.length};
        const std::string port = " port " + std::to_string(packet.port) + " ";
        switch (packet.fate) {
            case Fate::transmit:
                counters_.transmitted.add(1);
                result_.out += "transmit" + port + to_hex(frame) + "\n";
                if (!has_right_checksums(frame)) {
                    result_.broken.push_back("wrong checksum in " + to_hex(frame));
                }
                break;
            case Fate::punt:
                counters_.punted[packet.punt_class].add(1);
                result_.out += "punt " +
                               std::string{relay::punt_class_names.at(packet.punt_class)} + port +
                               to_hex(frame) + "\n";
                break;
            case Fate::drop:
                counters_.dropped[static_cast<std::size_t>(packet.reason)].add(1);
                break;
            case Fate::hand_over:  // there is one worker
            case Fate::held:       // of what comes whole
            case Fate::pending:
                result_.broken.emplace_back("a packet has no fate");
        }
    }

    void write_counter(const std::string& name, std::uint64_t value) {
        if (value != 0) {
            result_.counters += name + " " + std::to_string(value) + "\n";
        }
    }

    void write_counters() {
        std::uint64_t ended = counters_.transmitted.value();
        write_counter("received", counters_.received.value());
        write_counter("transmitted", counters_.transmitted.value());
        write_counter("cookies_answered", counters_.cookies_answered.value());
        for (std::size_t i = 0; i < relay::punt_class_count; ++i) {
            write_counter(
                "punted." + std::string{relay::punt_class_names.at(i)}, counters_.punted[i].value()
            );
            ended += counters_.punted[i].value();
        }
        for (std::size_t i = 0; i < drop_reason_count; ++i) {
            const std::string name{describe(static_cast<DropReason>(i)).name};
            write_counter("dropped." + name, counters_.dropped[i].value());
            ended += counters_.dropped[i].value();
        }
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            write_legs(i);
        }
        if (ended != counters_.received.value() || counters_.made.value() != 0) {
            result_.broken.emplace_back("the balance does not hold");
        }
    }

    void write_legs(std::size_t path) {
        const relay::PathCounters& counters = paths_[slots_[path]];
        for (std::size_t role = 0; role < counters.legs.size(); ++role) {
            const std::string name =
                text_->paths[path].id.text() + (role == 0 ? ".initiator" : ".responder");
            write_counter(name + ".packets", counters.legs[role].packets.value());
            write_counter(name + ".bytes", counters.legs[role].bytes.value());
        }
    }

    const CaseText* text_;
    std::unique_ptr<tables::GracePeriod> period_;
    std::unique_ptr<tables::RelayTable> table_;
    std::vector<relay::PathCounters> paths_;
    std::vector<tables::Slot> slots_;
    relay::WorkerCounters counters_;
    SeededRandom random_{1};
    std::unique_ptr<relay::RsN> rs_n_;  // of a case whose path ends here
    CaseResult result_;
};

}  // namespace

CaseResult run_case(const CaseText& text) {
    return Run{text}.take_result();
}

}  // namespace ntm::vectors
