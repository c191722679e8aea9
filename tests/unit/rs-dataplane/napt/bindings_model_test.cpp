// SPDX-License-Identifier: BSD-3-Clause
// Bindings against the model: random events of several subscribers who have too little of everything,
// and every sequence of seven events of one mapping. U-1, U-3, U-8, T-4, T-7, V-7, C-4, C-8, C-11.
#include "tests/unit/rs-dataplane/napt/model.hpp"

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::napt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The real ones and the model, told the same.
class Both {
  public:
    Both(const Bindings::Plan& plan, std::uint64_t seed) : world_{plan, seed}, model_{plan} {}

    Position add(const Limits& limits) {
        const Position added = world_.add(limits);
        model_.add(added, limits);
        return added;
    }
    void remove(Position subscriber) {
        world_.remove(subscriber);
        model_.remove(subscriber, world_.now());
    }
    Result<PublicPort, DropReason> send(
        const Inside& from, const Remote& to, const Path& path, const TcpSegment& segment
    ) {
        const auto got = world_.send(from, to, path, segment);
        model_.sent(from, to, path, segment, got);
        return got;
    }
    void receive(PublicPort to, const Inside& of, const Remote& from, const TcpSegment& segment) {
        const auto tuple = World::outside_tuple(to, of, from);
        model_.found(to, of, from, world_.bindings().find(tuple));
        model_.received(to, of, from, segment, world_.receive(to, of, from, segment));
    }
    void pass(Duration time) {
        world_.pass(time);
        model_.set_time(world_.now());
    }
    void count() { model_.counted(world_.bindings().usage()); }

  private:
    World world_;
    Model model_;
};

const std::array<TcpSegment, 7> segments{
    syn,
    syn_ack,
    data,
    TcpSegment{.sequence = 101, .acknowledgement = 501, .has_ack = true, .has_fin = true},
    TcpSegment{.sequence = 501, .acknowledgement = 101, .has_ack = true, .has_fin = true},
    TcpSegment{.sequence = 101, .has_rst = true},
    TcpSegment{.sequence = 501, .has_rst = true},
};
const std::array<Remote, 5> remotes{
    gn, gn_other_port, Remote{gn_address, 9}, other_gn, Remote{Ipv4Address{{192, 0, 2, 33}}, 1}};

class RandomEvents {
  public:
    RandomEvents(const Bindings::Plan& plan, std::uint64_t seed)
        : random_{seed}, both_{plan, seed} {
        for (int i = 0; i < 4; ++i) {
            subscribers_.push_back(both_.add(limits_));
        }
    }
    void step() {
        const std::uint64_t kind = random_.below(100);
        if (kind < 55) {
            send();
        } else if (kind < 90) {
            receive();
        } else if (kind < 99) {
            both_.pass(milliseconds{random_.below(random_.below(20) == 0 ? 300'000 : 1'000)});
        } else {
            Position& leaving = subscribers_[random_.below(subscribers_.size())];
            both_.remove(leaving);
            leaving = both_.add(limits_);
        }
        both_.count();
    }
    [[nodiscard]] unsigned translated() const { return translated_; }
    [[nodiscard]] const std::set<DropReason>& refusals() const { return refusals_; }

  private:
    [[nodiscard]] Inside some_inside() {
        return {
            subscribers_[random_.below(subscribers_.size())],
            static_cast<std::uint16_t>(1 + random_.below(60)),
            static_cast<Protocol>(random_.below(3)),
            Family::ipv4};
    }
    void send() {
        const Inside from = some_inside();
        const bool is_exit = random_.below(4) == 0;
        const Path path{PathId{1 + random_.below(3) + (is_exit ? 10 : 0)}, is_exit};
        const std::size_t segment = random_.below(2) == 0 ? 0 : random_.below(segments.size());
        const auto got =
            both_.send(from, remotes[random_.below(remotes.size())], path, segments[segment]);
        if (got) {
            ++translated_;
            known_.push_back(*got);
        } else {
            refusals_.insert(got.error());
        }
    }
    void receive() {
        PublicPort to{
            static_cast<PublicAddress>(random_.below(3)),
            static_cast<std::uint16_t>(1020 + random_.below(400))};
        if (!known_.empty() && random_.below(10) > 0) {
            to = known_
                [known_.size() - 1 - random_.below(std::min<std::size_t>(known_.size(), 100))];
        }
        both_.receive(
            to,
            some_inside(),
            remotes[random_.below(remotes.size())],
            segments[random_.below(segments.size())]
        );
    }

    SeededRandom random_;
    Both both_;
    Limits limits_{.ports = 70, .sessions = 90, .new_mappings = {1'000'000, 1'000'000}};
    std::vector<Position> subscribers_;
    std::vector<PublicPort> known_;
    unsigned translated_ = 0;
    std::set<DropReason> refusals_;
};

TEST(BindingsModel, agrees_on_random_events) {
    Bindings::Plan plan;
    plan.subscribers = 4;
    plan.mappings = 200;
    plan.sessions = 250;
    plan.ipv4 = {.addresses = 3, .first_port = 1024, .blocks_each = 2, .block_size = 64};
    std::set<DropReason> refusals;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        plan.path_filters.fill(static_cast<Filter>(seed % 3));
        plan.exit_path_filters.fill(static_cast<Filter>(seed / 3 % 3));
        RandomEvents events{plan, seed};
        for (int step = 0; step < 20'000; ++step) {
            events.step();
            ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << ", step " << step;
        }
        EXPECT_GT(events.translated(), 4'000U);
        refusals.insert(events.refusals().begin(), events.refusals().end());
    }
    using enum DropReason;
    EXPECT_EQ(
        refusals,
        (std::set{
            napt_no_session, napt_port_quota, napt_session_quota, napt_no_ports, napt_no_memory})
    ) << "each was met";
}

// One inside port and all that may happen to it.
class OneMapping {
  public:
    explicit OneMapping(Protocol protocol) : inside_{0, 5000, protocol} {}

    void begin() {
        inside_.subscriber = both_.add({});
        port_ = {0, 1024};
    }
    void end() {
        both_.count();
        both_.remove(inside_.subscriber);
        both_.count();
        pass();
    }
    void send(const Remote& to, const Path& path, const TcpSegment& segment = {}) {
        if (const auto got = both_.send(inside_, to, path, segment)) {
            port_ = *got;
        }
    }
    void receive(const Remote& from, const TcpSegment& segment = {}) {
        both_.receive(port_, inside_, from, segment);
    }
    void pass() { both_.pass(seconds{121}); }

  private:
    [[nodiscard]] static Bindings::Plan plan() {
        Bindings::Plan plan;
        plan.subscribers = 1;
        plan.mappings = 2;
        plan.sessions = 2;
        plan.ipv4 = {.addresses = 1, .first_port = 1024, .blocks_each = 1, .block_size = 64};
        return plan;
    }

    Both both_{plan(), 1};
    Inside inside_;
    PublicPort port_;
};

using Event = void (*)(OneMapping&);
using Alphabet = std::array<Event, 7>;

constexpr Alphabet udp_events{
    [](OneMapping& one) { one.send(gn, path_to_gn); },
    [](OneMapping& one) { one.send(gn, exit_path); },
    [](OneMapping& one) { one.send(gn_other_port, path_to_gn); },
    [](OneMapping& one) { one.send(other_gn, exit_path); },
    [](OneMapping& one) { one.receive(gn_other_port); },
    [](OneMapping& one) { one.receive(other_gn); },
    [](OneMapping& one) { one.pass(); },
};

constexpr Alphabet tcp_events{
    [](OneMapping& one) { one.send(gn, path_to_gn, syn); },
    [](OneMapping& one) { one.send(gn_other_port, exit_path, syn_ack); },
    [](OneMapping& one) { one.send(gn, exit_path, data); },
    [](OneMapping& one) { one.receive(gn, syn_ack); },
    [](OneMapping& one) { one.receive(gn_other_port, syn); },
    [](OneMapping& one) { one.receive(gn, segments[6]); },
    [](OneMapping& one) { one.pass(); },
};

void run_all_of_seven(Protocol protocol, const Alphabet& events) {
    constexpr unsigned sequences = 7 * 7 * 7 * 7 * 7 * 7 * 7;
    OneMapping mapping{protocol};
    for (unsigned sequence = 0; sequence < sequences; ++sequence) {
        mapping.begin();
        std::string said;
        for (unsigned i = 0, left = sequence; i < 7; ++i, left /= 7) {
            events[left % 7](mapping);
            said += std::to_string(left % 7);
        }
        mapping.end();
        ASSERT_FALSE(testing::Test::HasFailure()) << said;
    }
}

TEST(BindingsModel, agrees_on_every_sequence_of_seven_events_of_udp) {
    run_all_of_seven(Protocol::udp, udp_events);
}

TEST(BindingsModel, agrees_on_every_sequence_of_seven_events_of_tcp) {
    run_all_of_seven(Protocol::tcp, tcp_events);
}

}  // namespace
}  // namespace ntm::napt
