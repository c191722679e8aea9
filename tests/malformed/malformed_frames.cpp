// SPDX-License-Identifier: BSD-3-Clause
// S-16, X-1: the campaign of malformed frames. Bursts of every shape, mixed with legitimate frames,
// through the relay's whole pipeline. Each malformed frame ends as its shape allows and never as
// traffic of a path; each legitimate one is relayed, to the byte as it must be; the balance holds
// behind every burst, and the table stays as it was. Argument: how many malformed frames.
//
// Fails as well if a shape never occurred, or a drop reason of the pipeline never did.
#include "tests/malformed/rs_n_packets.hpp"
#include "tests/malformed/shapes.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace ntm::malformed {

namespace {

constexpr std::uint64_t seed = 20;
constexpr std::size_t legitimate_in_burst = 8;

// A stranger's flood is faster than each of them.
relay::Settings settings() {
    relay::Settings made = WatchedRelay::usual_settings();
    for (Budget& budget : made.punt_budgets) {
        budget = {150, 10};
    }
    made.legs_per_path = {80, 5};
    made.cookies_per_ipv4_source = made.cookies_per_ipv6_source = {150, 5};
    return made;
}

// What takes more than one frame, or no frame at all.
bool is_beyond_a_frame(DropReason reason) {
    switch (reason) {
        case DropReason::key_used_up:
        case DropReason::not_sealed:
        case DropReason::other_path:
        case DropReason::napt_port_quota:
        case DropReason::napt_session_quota:
        case DropReason::napt_mapping_rate:
        case DropReason::napt_no_ports:
        case DropReason::napt_no_memory:
        case DropReason::inner_fragment:  // every fragment waits, or is dropped for what it is
        case DropReason::fragment_timeout:
        case DropReason::fragment_crowded_out:
        case DropReason::no_buffer:
            return true;
        default:
            return describe(reason).place == DropPlace::glue;
    }
}

class Campaign {
  public:
    void run(std::uint64_t wanted) {
        while (malformed_ < wanted) {
            run_burst();
        }
        relay_.check_table();
    }

    [[nodiscard]] bool report() const {
        bool is_complete = true;
        for (std::size_t i = 0; i < shapes_.size(); ++i) {
            if (made_[i] == 0) {
                std::printf("never made: %s\n", shapes_[i].name.c_str());
                is_complete = false;
            }
        }
        for (std::size_t i = 1; i < drop_reason_count; ++i) {
            const auto& reason = describe(static_cast<DropReason>(i));
            const auto count = relay_.counters().dropped[i].value();
            if (is_beyond_a_frame(static_cast<DropReason>(i))) {
                continue;
            }
            std::printf(
                "%-20s %10llu\n", reason.name.data(), static_cast<unsigned long long>(count)
            );
            is_complete = is_complete && count != 0;
        }
        std::printf(
            "%zu shapes, %llu malformed frames, %llu legitimate, %s\n",
            shapes_.size(),
            static_cast<unsigned long long>(malformed_),
            static_cast<unsigned long long>(legitimate_),
            is_complete ? "every shape made, every reason reached" : "NOT every shape or reason"
        );
        return is_complete;
    }

  private:
    static constexpr std::size_t none = SIZE_MAX;

    void make(std::size_t at) {
        // Legitimate ones at random places among the others.
        if (draw_.below(burst_size) < legitimate_in_burst) {
            make_legitimate(frames_[at]);
            its_shape_[at] = none;
            ++legitimate_;
            return;
        }
        its_shape_[at] = draw_.below(shapes_.size());
        ++made_[its_shape_[at]];
        ++malformed_;
        shapes_[its_shape_[at]].make(frames_[at], draw_);
    }

    void make_legitimate(Frame& frame) {
        const bool is_ipv6 = draw_.below(2) == 1;
        if (draw_.below(2) == 0) {
            frame.become_tunnel(is_ipv6 ? Family::ipv6 : Family::ipv4, draw_);
            return;
        }
        const Side side = draw_.one_of(all_sides);
        packets_.put(
            frame, side, packets_.good(side, is_ipv6, draw_.one_of(flow_kinds), draw_), draw_
        );
    }

    void run_burst() {
        const std::size_t count = draw_.from_to(1, burst_size);
        for (std::size_t i = 0; i < count; ++i) {
            make(i);
            wire_[i] = frames_[i].wire();
        }
        now_ = now_ + std::chrono::microseconds{100};
        const auto packets = run_watched(count);
        for (std::size_t i = 0; i < count; ++i) {
            check(i, packets[i]);
        }
        if (draw_.below(64) == 0) {
            relay_.check_table();
        }
    }

    std::span<const Packet> run_watched(std::size_t count) {
        try {
            return relay_.run({wire_.data(), count}, now_);
        } catch (const BrokenPromise& broken) {
            std::printf("BROKEN: %s, in a burst of\n", broken.what());
            for (std::size_t i = 0; i < count; ++i) {
                say(i);
            }
            throw;
        }
    }

    void check(std::size_t at, const Packet& packet) const {
        const Outcomes outcome = Outcomes::of(packet, !relay_.was_answered(at));
        const Outcomes allowed =
            its_shape_[at] == none ? Outcomes::relayed() : shapes_[its_shape_[at]].allowed;
        if (allowed.contains(outcome)) {
            return;
        }
        const char* fate = packet.fate == Fate::drop   ? describe(packet.reason).name.data()
                           : packet.fate == Fate::punt ? "punted"
                                                       : "transmitted";
        std::printf("NOT ALLOWED: %s (punt class %d) of\n", fate, packet.punt_class);
        say(at);
        throw BrokenPromise{"a frame ends as its shape allows"};
    }

    void say(std::size_t at) const {
        std::printf(
            "  %s, port %u, marks %u, headroom %u: %s\n",
            its_shape_[at] == none ? "legitimate" : shapes_[its_shape_[at]].name.c_str(),
            wire_[at].port,
            wire_[at].receive_marks,
            wire_[at].headroom,
            to_hex(wire_[at].bytes).c_str()
        );
    }

    Instant now_{std::chrono::seconds{100}};
    WatchedRelay relay_{settings()};
    RsNPackets packets_{relay_, now_};
    Shapes shapes_ = all_shapes(packets_);
    std::vector<std::uint64_t> made_ = std::vector<std::uint64_t>(shapes_.size());
    Draw draw_{seed};
    std::vector<Frame> frames_ = std::vector<Frame>(burst_size);
    std::array<WireFrame, burst_size> wire_;
    std::array<std::size_t, burst_size> its_shape_{};
    std::uint64_t malformed_ = 0;
    std::uint64_t legitimate_ = 0;
};

}  // namespace

}  // namespace ntm::malformed

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s MALFORMED-FRAMES\n", argv[0]);
        return 2;
    }
    try {
        ntm::malformed::start_eal();
        ntm::malformed::Campaign campaign;
        campaign.run(std::strtoull(argv[1], nullptr, 10));
        return campaign.report() ? 0 : 1;
    } catch (const ntm::malformed::BrokenPromise& broken) {
        std::printf("%s\n", broken.what());
        return 1;
    }
}
