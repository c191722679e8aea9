// SPDX-License-Identifier: BSD-3-Clause
// What the tests of handover share: the networks that mn moves between, a world with a path of a kind
// that stays of that kind, streams both ways, and what became of them.
#pragma once

#include "common/protocol/ntm_header.hpp"
#include "tests/simulation/world/checks.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::simulation {

struct HandoverWorld;
struct Place {
    const char* name;
    SegmentNumber HandoverWorld::*segment;
};

enum class Kind : std::uint8_t { relayed, direct };
[[nodiscard]] inline const char* text_of(Kind kind) {
    return kind == Kind::relayed ? "relayed" : "direct";
}

// The ledger's numbers.
using Numbers = std::shared_ptr<std::vector<std::uint64_t>>;
struct Streams {
    Numbers up;    // from mn
    Numbers down;  // from cn
};

// cn is in the open, so that all places have a direct path to it; or behind a NAT, and nothing goes between
// the two themselves, so that all paths are by the relay.
struct HandoverWorld : World {
    static constexpr Duration to_relay =
        std::chrono::milliseconds{39};  // the farther one's round trip
    static constexpr Duration to_cn = std::chrono::milliseconds{40};

    HandoverWorld(Kind kind_of_path, const Place& mn_at)
        : HandoverWorld{kind_of_path, mn_at, home_of_cn(kind_of_path)} {}
    HandoverWorld(Kind kind_of_path, const Place& mn_at, const Place& cn_at)
        : World{Options{}}, kind{kind_of_path} {
        if (kind == Kind::relayed) {
            network.set_cut(mn.host(), cn.host(), true);
            network.set_cut(cn.host(), mn.host(), true);
        }
        start_all({this->*mn_at.segment, this->*cn_at.segment});
        mn.set_echoing(false);
        cn.set_echoing(false);
        const SimNode::Query& query = resolve(mn, cn, std::chrono::seconds{5});
        EXPECT_TRUE(query.answered.has_value());
        expect_kind();
    }
    [[nodiscard]] static Place home_of_cn(Kind kind);
    void expect_kind() const {
        const bool is_direct = kind == Kind::direct;
        const auto wanted = is_direct ? client::RouteKind::direct : client::RouteKind::relayed;
        for (const SimNode* node : {&mn, &cn}) {
            const auto paths = node->manager().paths(events.now());
            ASSERT_EQ(paths.size(), 1U);
            EXPECT_EQ(paths[0].kind, wanted) << "at " << node->name();
        }
    }
    [[nodiscard]] Streams streams(std::size_t count, Duration pause) {
        return {stream(mn, cn, count, pause), stream(cn, mn, count, pause)};
    }

    Kind kind;
    // Behind a NAT behind a NAT: two that restrict ports look from outside like one.
    SegmentNumber double_nat = network.add_segment({
        "double",
        Prefix::parse("10.0.4.0/24"),
        std::nullopt,
        NatKind::port_restricted,
        IpAddress::parse("198.51.100.4"),
    });
};

inline constexpr std::array places{
    Place{"global", &HandoverWorld::global},
    Place{"nat-a", &HandoverWorld::nat_a},
    Place{"nat-b", &HandoverWorld::nat_b},
    Place{"v6only", &HandoverWorld::v6only},
    Place{"double", &HandoverWorld::double_nat},
};
inline constexpr Place elsewhere{"nat-c", &HandoverWorld::nat_c};

inline Place HandoverWorld::home_of_cn(Kind kind) {
    return kind == Kind::relayed ? elsewhere : places[0];
}

struct Move {
    Place from;
    Place to;
    [[nodiscard]] std::string text() const { return std::string{from.name} + " -> " + to.name; }
};

[[nodiscard]] inline std::vector<Move> all_moves() {
    std::vector<Move> moves;
    for (const Place& from : places) {
        for (const Place& to : places) {
            if (from.segment != to.segment) {
                moves.push_back({from, to});
            }
        }
    }
    return moves;
}

// How often the address changes to which the far end of mn's leg, the relay or cn, sends DATA for mn.
class FarEndWatch {
  public:
    explicit FarEndWatch(HandoverWorld& world) {
        const HostNumber far_end =
            world.kind == Kind::direct ? world.cn.host() : world.relay.host();
        world.network.add_observer([this, far_end](const WirePacket& packet) {
            const auto header = protocol::NtmHeader::parse(packet.datagram.payload);
            const bool is_data = header && header->type == protocol::PacketType::data;
            // The relay's other leg: cn is behind nat-c.
            const bool is_to_cn =
                packet.datagram.remote.address == *IpAddress::parse("198.51.100.3");
            if (packet.from != far_end || !is_data || is_to_cn) {
                return;
            }
            changes_ += last_ && *last_ != packet.datagram.remote;
            last_ = packet.datagram.remote;
        });
    }
    [[nodiscard]] std::size_t changes() const noexcept { return changes_; }

  private:
    std::optional<Endpoint> last_;
    std::size_t changes_ = 0;
};

[[nodiscard]] inline bool has_address(const Attachment& attachment, const IpAddress& address) {
    return std::ranges::any_of(attachment.addresses, [&](const InterfaceAddress& own) {
        return own.address == address;
    });
}

// How long after `from` the last packet was sent that has not arrived.
[[nodiscard]] inline Duration last_lost(
    const World& world, const std::vector<std::uint64_t>& numbers, Instant from
) {
    Duration last{0};
    for (const std::uint64_t number : numbers) {
        const Ledger::Entry& entry = world.ledger.entry(number);
        if (!entry.delivered && entry.sent >= from) {
            last = std::max(last, entry.sent - from);
        }
    }
    return last;
}

// How many came behind one that was sent after them.
[[nodiscard]] inline std::size_t count_overtaken(
    const World& world, const std::vector<std::uint64_t>& numbers
) {
    std::size_t overtaken = 0;
    Instant latest;
    for (const std::uint64_t number : numbers) {
        const auto& delivered = world.ledger.entry(number).delivered;
        if (delivered) {
            overtaken += *delivered < latest;
            latest = std::max(latest, *delivered);
        }
    }
    return overtaken;
}

}  // namespace ntm::simulation
