// SPDX-License-Identifier: BSD-3-Clause
// A relay that is an RS-N, as its worker sees it: the relay of world.hpp, one path of a node to one
// general node in both families, and that node's and general node's own packets.
#pragma once

#include "common/base/random.hpp"
#include "common/protocol/keys.hpp"
#include "common/protocol/sealed.hpp"
#include "rs-dataplane/relay/pipeline.hpp"
#include "rs-dataplane/relay/settings_box.hpp"
#include "tests/unit/rs-dataplane/napt/packets.hpp"
#include "tests/unit/rs-dataplane/relay/world.hpp"

#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::relay::testing {

inline const IpAddress vip4 = address("198.18.0.1");
inline const IpAddress vip6 = address("fd00:a::1");
inline const IpAddress gn_vip4 = address("198.18.64.1");
inline const IpAddress gn_vip6 = address("fd00:a:64::1");
inline const IpAddress gn4 = address("203.0.113.80");
inline const IpAddress gn6 = address("2001:db8:b::80");
inline constexpr std::uint16_t first_public_port = 20000;
inline constexpr std::uint16_t last_public_port = 20511;
inline constexpr std::uint32_t most_subscribers = 4;

inline constexpr std::uint16_t inside_port = 5000;
inline constexpr std::uint16_t gn_port = 443;

using napt::PacketEnds;

// Of a flow between the node and its general node.
struct Ends {
    PacketEnds inside;   // as the node sees it
    PacketEnds outside;  // as the general node does; the source port is the NAPT's choice
};
[[nodiscard]] Ends ends_of(Family family);
[[nodiscard]] PacketEnds reversed(const PacketEnds& ends);
// Of a frame.
[[nodiscard]] Bytes inner_of(const Bytes& frame);
// Of UDP or TCP in an IP packet.
[[nodiscard]] std::uint16_t source_port(const Bytes& packet);
// An IP packet as the next router sends it on.
[[nodiscard]] Bytes one_hop_less(Bytes packet);
[[nodiscard]] Bytes with_hop_limit(Bytes packet, std::uint8_t limit);
// As a router writes one: nothing of the other's traffic class, identification, flow label or TTL.
[[nodiscard]] Bytes with_own_header(Bytes packet);

class RsNTest : public ::testing::Test {
  protected:
    RsNTest();

    // A packet that the worker got, and what became of it.
    struct Outcome {
        Fate fate = Fate::pending;
        DropReason reason = DropReason::none;
        std::uint8_t punt_class = 0;
        std::uint16_t port = 0;
        std::uint8_t worker = 0;
        Bytes frame;
    };
    [[nodiscard]] std::vector<Outcome> receive_all(const std::vector<Bytes>& frames);
    [[nodiscard]] Outcome receive(const Bytes& frame) { return receive_all({frame}).front(); }

    // The node's DATA, from where its leg is bound.
    [[nodiscard]] Bytes data(ByteView inner);
    [[nodiscard]] Bytes datagram_from_node(const Bytes& datagram, std::uint8_t traffic_class = 0)
        const;
    [[nodiscard]] static Bytes from_general_node(const Bytes& packet);
    // What the node finds in a frame for it; nothing if it is not authentic.
    [[nodiscard]] std::optional<Bytes> opened(const Bytes& frame);

    void install();
    void replace();
    // Anew, of one worker or of one of several.
    void make_pipeline(Share share);

    SeededRandom random_{1};
    Instant now_{std::chrono::seconds{1000}};
    Secret32 secret_;
    std::shared_ptr<tables::EndKeys> keys_ = std::make_shared<tables::EndKeys>();
    Endpoint node_ = mn4;
    tables::RelayPath path_;
    Settings settings_ = settings();
    std::unique_ptr<tables::GracePeriod> grace_period_;
    std::unique_ptr<tables::RelayTable> table_;
    std::optional<tables::RelayTable::Writer> writer_;
    std::vector<PathCounters> path_counters_;
    WorkerCounters worker_counters_;
    Secret<16> token_key_;
    std::unique_ptr<RsN> rs_n_;
    std::unique_ptr<Pipeline> pipeline_;
    std::optional<protocol::DataSealer> node_sealer_;
    std::optional<protocol::DataOpener> node_opener_;

  private:
    void bind_leg();
};

}  // namespace ntm::relay::testing
