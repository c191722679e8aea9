// SPDX-License-Identifier: BSD-3-Clause
// The relay's whole pipeline in front of a populated table, with every outcome held against
// docs/protocol.md by code that shares nothing with the stages. For the fuzz target and the campaign
// of malformed frames. The relay is that of tests/unit/rs-dataplane/relay/world.hpp; its paths:
//
//   path    mn4 - cn4          5  as the first, the responder's leg unbound
//   2       mn6 - cn6          6  as the first, moved: the initiator was at mn4_before
//   3       mn4 - cn6          7  as the first, no route to the responder
//   4       mn6 - cn4          8  as the first, next hop not resolved
//                              9  as the first, next hop with a small MTU
//
// and those that end there (watched_rs_n.hpp).
#pragma once

#include "common/base/time.hpp"
#include "common/crypto/token_mint.hpp"
#include "rs-dataplane/relay/pipeline.hpp"
#include "rs-dataplane/tables/grace_period.hpp"
#include "rs-dataplane/tables/relay_table.hpp"
#include "tests/malformed/made_buffers.hpp"
#include "tests/malformed/remade_packets.hpp"
#include "tests/malformed/watched_legs.hpp"
#include "tests/malformed/watched_rs_n.hpp"
#include "tests/malformed/wire_frame.hpp"
#include "tests/unit/rs-dataplane/relay/world.hpp"

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace ntm::malformed {

inline const Endpoint mn4_before = relay::testing::endpoint("192.0.2.11:4001");
inline constexpr SessionId live_session{42};
inline constexpr std::uint64_t live_nonce = 0x6e6f6e6365303031;
inline constexpr std::uint16_t small_mtu = 120;

// Starts EAL without devices, huge pages and files.
void start_eal();

class WatchedRelay {
  public:
    explicit WatchedRelay(relay::Settings settings);
    ~WatchedRelay();

    // Runs a burst; throws BrokenPromise. The packets are valid until the next run.
    std::span<const Packet> run(std::span<const WireFrame> frames, Instant now);
    // What has come and gone, by fate and reason.
    [[nodiscard]] const relay::WorkerCounters& counters() const noexcept { return counters_; }
    [[nodiscard]] WatchedRsN& rs_n() noexcept { return rs_n_; }
    // Of the last burst: whether that packet was answered with a COOKIE.
    [[nodiscard]] bool was_answered(std::size_t number) const { return was_answered_.at(number); }
    // Whether the table has the entries that it was filled with, to the byte; throws.
    void check_table() const;
    [[nodiscard]] static relay::Settings usual_settings();

  private:
    struct Slots;
    void compare_ways(std::span<const WireFrame> frames);
    void check(const WireFrame& frame, const Packet& packet, std::size_t number, Instant now);
    void check_transmitted(
        const WireFrame& frame, const Packet& packet, std::size_t number, Instant now
    );
    void count_made(const Packet& packet);
    void count_punted(const Packet& packet);
    void count_dropped(const Packet& packet);
    void check_balance() const;
    [[nodiscard]] const tables::RelayPath& path_of(ByteView ntm) const;

    relay::Settings settings_;
    std::unique_ptr<tables::GracePeriod> period_;
    std::unique_ptr<tables::RelayTable> table_;
    std::vector<tables::RelayPath> paths_;
    std::vector<tables::RelayEntry> entries_;  // as they were filled in
    std::vector<relay::PathCounters> path_counters_;
    Secret<16> token_key_;
    crypto::TokenMint mint_{token_key_};
    relay::WorkerCounters counters_;
    MadeBuffers made_;
    WatchedLegs legs_;
    WatchedRsN rs_n_{counters_, legs_};
    RemadePackets remade_{rs_n_, legs_};
    relay::Pipeline pipeline_;
    std::array<bool, burst_size> was_answered_{};
    std::unique_ptr<Slots> slots_;
};

}  // namespace ntm::malformed
