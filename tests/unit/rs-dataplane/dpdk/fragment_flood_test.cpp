// SPDX-License-Identifier: BSD-3-Clause
// 100,000 first fragments a second without rest, of which nothing ever becomes whole, while 10,000 whole
// packets a second pass, and some that come in fragments: by one worker and by two, for longer than a
// fragment may wait. Rows: U-14, M-8, X-1.
#include "common/base/byte_order.hpp"
#include "tests/unit/rs-dataplane/dpdk/hand_over_world.hpp"
#include "tests/unit/rs-dataplane/relay/fragments.hpp"

#include <algorithm>

namespace ntm::dpdk::testing {
namespace {

using namespace std::chrono_literals;
using relay::testing::Piece;

// configs/relay.yaml, but for the time.
constexpr relay::Reassembly::Plan plan{2048, 256, 1s};
constexpr Duration flood_lasts = 3s;
constexpr std::uint32_t fragments_each = 10;  // for each whole packet
constexpr Duration round_lasts = 200us;       // in which a whole packet goes each way
constexpr std::uint32_t rounds = flood_lasts / round_lasts;
constexpr std::uint32_t rounds_of_lifetime = plan.lifetime / round_lasts;
constexpr std::uint32_t rounds_between_genuine = 50;
constexpr std::size_t payload_at = 28;
constexpr std::size_t genuine_size = 1000;
constexpr std::size_t slow_size = 900;
constexpr std::size_t in_each = 256;  // of both in four fragments
const IpAddress flooder = address("203.0.113.66");
const IpAddress flooder6 = address("2001:db8:66::66");

enum class From : std::uint8_t { one_host, many_hosts, a_node };
struct Shape {
    From from;
    std::size_t workers;
};
std::string name_of(const ::testing::TestParamInfo<Shape>& shape) {
    constexpr std::array from{"one_host", "many_hosts", "a_node"};
    return std::string{from.at(static_cast<std::size_t>(shape.param.from))} + "_by_" +
           std::to_string(shape.param.workers);
}

bool is_fragment(const Bytes& packet) {
    return relay::IpFragment::is_one(packet);
}
// Of a fragment its offset and whether there are more.
std::uint16_t offset_field(const Bytes& packet) {
    return load<Be16>(packet.data() + 6).to_host();
}
std::uint32_t number_in(const Bytes& packet) {
    return load<Be32>(packet.data() + payload_at).to_host();
}
Bytes numbered(std::uint32_t number, std::size_t size) {
    Bytes payload(size);
    store(payload.data(), Be32::from_host(number));
    return payload;
}

// What goes one way of a flow. All that comes is in order, and nothing is missing.
struct Way {
    std::uint32_t sent = 0;
    std::uint32_t came = 0;
    std::uint32_t genuine_sent = 0;  // in fragments
    std::uint32_t genuine_came = 0;
    std::uint32_t slow_came = 0;
    std::vector<Bytes> waiting;  // fragments to be sent, the last in front
    std::vector<Bytes> arrived;

    void take(const Bytes& packet) {
        if (is_fragment(packet)) {
            take_fragment(packet);
            return;
        }
        ASSERT_EQ(number_in(packet), came);
        ++came;
    }
    void take_fragment(const Bytes& fragment) {
        arrived.push_back(fragment);
        if ((offset_field(fragment) & 0x2000) != 0) {
            return;
        }
        const Bytes whole = joined(arrived);
        arrived.clear();
        if (whole.size() == payload_at + slow_size) {
            ++slow_came;
            return;
        }
        ASSERT_EQ(whole.size(), payload_at + genuine_size);
        ASSERT_EQ(number_in(whole), genuine_came);
        ++genuine_came;
    }
};

struct Flow {
    Node node;
    std::uint16_t public_port = 0;
    Way out{};
    Way in{};

    [[nodiscard]] Bytes packet_out(const Bytes& payload) const {
        const PacketEnds ends{node.vip, inside_port, gn4, gn_port};
        return napt::packet_of(napt::Kind::udp, ends, payload);
    }
    [[nodiscard]] Bytes packet_in(const Bytes& payload) const {
        const PacketEnds ends{gn4, gn_port, rs4.address, public_port};
        return napt::packet_of(napt::Kind::udp, ends, payload);
    }
};

class FragmentFlood : public HandOverTest, public ::testing::WithParamInterface<Shape> {
  protected:
    FragmentFlood() : HandOverTest{GetParam().workers, plan} {}
    void SetUp() override {
        for (Flow& flow : flows_) {
            install(flow.node.relay_path(), flow.node.opening());
            arrive(owner_of(flow), flow.node.data(mac(), gn4, gn_port));
            ASSERT_EQ(poll(owner_of(flow)), 1U);
            flow.public_port = source_port(inner_of(sent_by(owner_of(flow)).value()));
        }
        first_.push_back(flows_[0].packet_out(Bytes(200)));
        const PacketEnds ends{flooder, gn_port, rs4.address, flows_[0].public_port};
        first_.push_back(napt::packet_of(napt::Kind::udp, ends, Bytes(200)));
        const PacketEnds ends6{flooder6, gn_port, rs6.address, flows_[0].public_port};
        first_.push_back(napt::packet_of(napt::Kind::udp, ends6, Bytes(200)));
    }

    void run_round(std::uint32_t round) {
        Flow& outward = flows_[round % 2];
        Flow& inward = flows_[1 - round % 2];
        flood();
        send_out(outward, outward.packet_out(numbered(outward.out.sent++, 4)));
        flood();
        send_in(inward, inward.packet_in(numbered(inward.in.sent++, 4)));
        send_genuine(round);
        send_slow(round % rounds_of_lifetime);
        now_ += round_lasts;
        poll_all();
    }
    // A look of each worker by turns, until there is nothing left to see.
    void poll_all() {
        std::size_t seen = 1;
        while (seen != 0) {
            seen = 0;
            for (std::size_t worker = 0; worker < workers(); ++worker) {
                seen += poll(worker);
                while (const auto sent = sent_by(worker)) {
                    take(*sent);
                }
            }
        }
    }
    // Until no fragment waits any more.
    void let_all_pass() {
        now_ += plan.lifetime;
        for (std::uint32_t i = 0; i < plan.fragments; ++i) {
            poll_all();
        }
    }

    [[nodiscard]] std::uint64_t flooded() const { return flooded_; }
    [[nodiscard]] std::uint32_t slow_sent() const { return slow_sent_; }
    [[nodiscard]] const std::array<Flow, 2>& flows() const { return flows_; }
    [[nodiscard]] std::uint64_t held() const {
        std::uint64_t held = 0;
        for (std::size_t worker = 0; worker < workers(); ++worker) {
            held += counters(worker).held.value();
        }
        return held;
    }
    [[nodiscard]] std::uint64_t dropped_by_all(DropReason reason) const {
        std::uint64_t sum = 0;
        for (std::size_t worker = 0; worker < workers(); ++worker) {
            sum += dropped(worker, reason);
        }
        return sum;
    }

  private:
    [[nodiscard]] std::size_t owner_of(const Flow& flow) const {
        return flow.node.number % workers();
    }
    // All comes to the wrong worker, if there are two.
    void send_out(Flow& flow, const Bytes& packet) {
        arrive(workers() - 1 - owner_of(flow), flow.node.data(mac(), packet));
    }
    void send_in(const Flow& flow, const Bytes& packet) {
        arrive(workers() - 1 - owner_of(flow), frame_of(packet));
    }

    void flood() {
        for (std::uint32_t i = 0; i < fragments_each; ++i) {
            flood_by(flooded_++);
        }
    }
    // The first of a packet that none of those in use has the identification of.
    void flood_by(std::uint32_t number) {
        constexpr Piece first{0, 160, true};
        const std::uint32_t id = 0x1000 + number % 0xf000;
        if (GetParam().from == From::a_node) {
            send_out(flows_[0], fragment_of(first_[0], first, id));
            return;
        }
        if (GetParam().from == From::one_host) {
            arrive(0, frame_of(fragment_of(first_[1], first, id)));
            return;
        }
        Bytes& packet = first_[1 + number % 2];
        const std::size_t source_at = number % 2 == 0 ? 12 : 8;
        store(packet.data() + source_at, Be32::from_host(0x20000000U + number));
        arrive(number / 2 % workers(), frame_of(fragment_of(packet, first, id)));
    }

    // A fragment in each round, the last one of the packet first.
    void send_genuine(std::uint32_t round) {
        for (Flow& flow : flows_) {
            if (round % rounds_between_genuine == 0) {
                begin_genuine(flow);
            }
            if (!flow.out.waiting.empty()) {
                send_out(flow, flow.out.waiting.back());
                send_in(flow, flow.in.waiting.back());
                flow.out.waiting.pop_back();
                flow.in.waiting.pop_back();
            }
        }
    }
    // Both flows' come from the same general node.
    static void begin_genuine(Flow& flow) {
        const std::uint32_t number = flow.out.genuine_sent++;
        flow.in.genuine_sent++;
        const std::uint32_t id = 2 * number + flow.node.number;
        const Bytes payload = numbered(number, genuine_size);
        flow.out.waiting = fragments_of(flow.packet_out(payload), in_each, id);
        flow.in.waiting = fragments_of(flow.packet_in(payload), in_each, id);
    }
    // From a general node: all but the last fragment soon, and this one just in time.
    void send_slow(std::uint32_t round) {
        if (round == 10) {
            const std::uint32_t id = 0x8000 + slow_sent_++;
            slow_ = fragments_of(flows_[1].packet_in(numbered(id, slow_size)), in_each, id);
            for (std::size_t i = 0; i < 3; ++i) {
                send_in(flows_[1], slow_[i]);
            }
        } else if (round == rounds_of_lifetime - 10) {
            send_in(flows_[1], slow_[3]);
        }
    }

    void take(const Bytes& frame) {
        const Bytes packet = inner_of(frame);
        if (load<Ipv4Address>(packet.data() + 16) == gn4.ipv4()) {
            take_at_general_node(packet);
            return;
        }
        for (Flow& flow : flows_) {
            if (const auto inner = flow.node.opener->open(ByteView{frame}.subspan(42))) {
                flow.in.take(*inner);
                return;
            }
        }
        ADD_FAILURE() << "it is for nobody";
    }
    // The fragments of a packet follow one another.
    void take_at_general_node(const Bytes& packet) {
        if (!is_fragment(packet) || (offset_field(packet) & 0x1fff) == 0) {
            const bool is_first = source_port(packet) == flows_[0].public_port;
            coming_ = is_first ? &flows_[0] : &flows_[1];
        }
        coming_->out.take(packet);
    }

    std::array<Flow, 2> flows_{Flow{Node{0, random_}}, Flow{Node{1, random_}}};
    std::vector<Bytes> first_;  // whose first fragments they are: of a node, and of hosts
    std::uint32_t flooded_ = 0;
    std::uint32_t slow_sent_ = 0;
    std::vector<Bytes> slow_;
    Flow* coming_ = nullptr;  // to the general node
};
INSTANTIATE_TEST_SUITE_P(
    From,
    FragmentFlood,
    ::testing::Values(
        Shape{From::one_host, 1},
        Shape{From::one_host, 2},
        Shape{From::many_hosts, 1},
        Shape{From::many_hosts, 2},
        Shape{From::a_node, 1},
        Shape{From::a_node, 2}
    ),
    name_of
);

TEST_P(FragmentFlood, CostsNoWholePacket) {
    const bool is_of_many = GetParam().from == From::many_hosts;
    // A host's go to both workers, a node's to his.
    const std::uint64_t tables = GetParam().from == From::one_host ? workers() : 1;
    const std::uint64_t most = is_of_many ? plan.fragments : plan.of_a_source * tables;
    constexpr std::uint64_t most_genuine = 20;
    for (std::uint32_t round = 0; round < rounds; ++round) {
        run_round(round);
        ASSERT_EQ(free_buffers(), buffer_count) << "none waits in a buffer";
        ASSERT_LE(held(), most + most_genuine);
    }
    EXPECT_GE(held(), most) << "it is full";
    ASSERT_EQ(flooded(), 10U * 10'000 * 3);
    let_all_pass();
    EXPECT_EQ(held(), 0U);

    for (const Flow& flow : flows()) {
        for (const Way* way : {&flow.out, &flow.in}) {
            EXPECT_EQ(way->sent, rounds / 2);
            EXPECT_EQ(way->came, way->sent) << "no whole packet is lost";
            EXPECT_EQ(way->genuine_sent, rounds / rounds_between_genuine);
            EXPECT_EQ(way->genuine_came, way->genuine_sent) << "nor one whose fragments hurry";
        }
    }
    // The oldest make room: one that waits longer is lost only if its own source, or everybody, floods.
    ASSERT_EQ(slow_sent(), 3U);
    EXPECT_EQ(flows()[1].in.slow_came, is_of_many ? 0U : 3U);

    std::uint64_t dropped_in_all = 0;
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason) {
        dropped_in_all += dropped_by_all(static_cast<DropReason>(reason));
    }
    const std::uint64_t in_vain = dropped_by_all(DropReason::fragment_quota) +
                                  dropped_by_all(DropReason::fragment_crowded_out) +
                                  dropped_by_all(DropReason::fragment_timeout);
    EXPECT_EQ(in_vain, flooded() + (is_of_many ? 4U * slow_sent() : 0U));
    EXPECT_EQ(dropped_in_all, in_vain + dropped_by_all(DropReason::fragment_joined));
    for (std::size_t worker = 0; worker < workers(); ++worker) {
        expect_balance(worker);
    }
}

}  // namespace
}  // namespace ntm::dpdk::testing
