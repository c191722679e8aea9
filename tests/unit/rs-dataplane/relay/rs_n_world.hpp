// SPDX-License-Identifier: BSD-3-Clause
// A relay that is an RS-N, as its worker sees it: the relay of world.hpp, one path of a node to one
// general node in both families, and that node's and general node's own packets.
#pragma once

#include "common/protocol/sealed.hpp"
#include "rs-dataplane/relay/pipeline.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_cast.hpp"

#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::relay::testing {

// A packet that the worker got or made, and what became of it.
struct Outcome {
    Fate fate = Fate::pending;
    DropReason reason = DropReason::none;
    std::uint8_t punt_class = 0;
    std::uint16_t port = 0;
    std::uint8_t worker = 0;
    std::uint8_t receive_marks = 0;
    Bytes frame;

    [[nodiscard]] static Outcome of(const Packet& packet);
};

// Keeps what became of frames that were made.
class KeptFrames final : public MadeFrames {
  public:
    [[nodiscard]] bool add_to(Burst& burst) noexcept override;
    void carry_out(Burst& burst) noexcept override;

    std::size_t buffers = SIZE_MAX;  // that there are
    std::vector<Outcome> outcomes;

  private:
    std::array<std::array<std::uint8_t, 128 + MadeFrames::room>, burst_size> bytes_;
};

class RsNTest : public ::testing::Test {
  protected:
    explicit RsNTest(const PublicPair& at = own_public);
    ~RsNTest() override { expect_balance(); }

    using Outcome = testing::Outcome;
    // Each packet has one end; what is made besides is `made_`'s.
    [[nodiscard]] std::vector<Outcome> run(const std::vector<Bytes>& frames);
    // And what is sent on counts for its path, or as an ICMP error.
    [[nodiscard]] std::vector<Outcome> receive_all(const std::vector<Bytes>& frames);
    [[nodiscard]] Outcome receive(const Bytes& frame) { return receive_all({frame}).front(); }

    // What the worker sends now though nothing came for it; nothing if there is none.
    [[nodiscard]] std::optional<Outcome> own();

    // The node's DATA, from where its leg is bound.
    [[nodiscard]] Bytes data(ByteView inner);
    [[nodiscard]] Bytes datagram_from_node(const Bytes& datagram, std::uint8_t traffic_class = 0)
        const;
    [[nodiscard]] static Bytes from_general_node(const Bytes& packet);
    // What the node finds in a frame for it; nothing if it is not authentic.
    [[nodiscard]] std::optional<Bytes> opened(const Bytes& frame);

    // Sends a flow's first packet; gives it with its public port.
    [[nodiscard]] Ends open(napt::Kind kind, Family family);
    // What was sent on, as all paths have counted it, and ICMP errors.
    [[nodiscard]] std::uint64_t counted() const;

    // received + made + taken over = transmitted + punted + dropped + held + handed over.
    void expect_balance() const;
    [[nodiscard]] std::uint64_t dropped(DropReason reason) const {
        return worker_counters_.dropped[static_cast<std::size_t>(reason)].value();
    }

    // Before the path is installed.
    void use(crypto::Suite suite);
    void install();
    void replace();
    // Another node with such a path, bound at the same address, as subscriber 1. Returns what seals its DATA.
    [[nodiscard]] protocol::DataSealer add_other_node();
    // Anew, of one worker or of one of several.
    void make_pipeline(Share share, Instant resets_until = {});

    SeededRandom random_{1};
    Instant now_{std::chrono::seconds{1000}};
    Secret32 secret_;
    std::shared_ptr<tables::EndKeys> keys_;
    PublicPair public_;
    Endpoint node_ = mn4;
    tables::RelayPath path_;
    Settings settings_ = settings();
    std::unique_ptr<tables::GracePeriod> grace_period_;
    std::unique_ptr<tables::RelayTable> table_;
    std::optional<tables::RelayTable::Writer> writer_;
    std::vector<PathCounters> path_counters_;
    WorkerCounters worker_counters_;
    KeptFrames made_;
    Secret<16> token_key_;
    std::unique_ptr<RsN> rs_n_;
    std::unique_ptr<Pipeline> pipeline_;
    std::optional<protocol::DataSealer> node_sealer_;
    std::optional<protocol::DataOpener> node_opener_;

  private:
    void bind_leg();
    static void expect_one_end(const Outcome& outcome);
    void count(const Outcome& outcome);
    void count_made(std::size_t first);

    std::uint64_t ended_ = 0;  // as anything but dropped or held
};

}  // namespace ntm::relay::testing
