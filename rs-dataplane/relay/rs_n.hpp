// SPDX-License-Identifier: BSD-3-Clause
// A worker's RS-N: ends the tunnels of paths to general nodes, and reaches these by its NAPT
// (docs/protocol.md section 7).
//
//   from the node         open_tunnel -> napt_outbound
//   from a general node   napt_inbound -> seal_tunnel
//
// Fragments of either are put together first, and the whole packet goes the same way (rs_n_fragments.cpp).
// What is too long for its way then, and may be, goes on in fragments: inside the tunnel, never outside
// (RFC 4459).
//
// With several workers each has its share of the subscribers, and what comes to another one is handed over
// before anything has been done to it.
//
// Of some packets that can not go on the sender is told by an ICMP error, as by a router (rs_n_answers.cpp):
// the node as if its general node had said so, which alone may send to it by this path; by an exit path,
// where anybody may, in the relay's own name. Connections that a process before had and this one has not
// are reset.
#pragma once

#include "common/base/rate_limit.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/napt/held_syns.hpp"
#include "rs-dataplane/relay/admit_punts.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"
#include "rs-dataplane/relay/fragment_gatherer.hpp"
#include "rs-dataplane/relay/frame_maker.hpp"
#include "rs-dataplane/relay/napt_inbound.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/relay/share.hpp"
#include "rs-dataplane/relay/subscriber_orders.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ntm::relay {

class RsN {
  public:
    struct Parts {
        std::unique_ptr<napt::Bindings> bindings;
        napt::PublicAddresses addresses;
        std::unique_ptr<crypto::BurstCipher> cipher;
        std::unique_ptr<FragmentGatherer> fragments;
        std::uint32_t subscribers;  // numbers below this
        WorkerCounters* counters;   // of its worker
        Share share{};
        // Until then nodes' connections that are not known are those of a process before, and are reset.
        Instant resets_until{};
        std::uint64_t seed = 0;  // random, and the same for all workers
    };
    // What all of a round needs.
    struct Round {
        PathLookup table;
        const Settings& settings;
        Instant now;
        PuntBuckets& punts;
    };
    explicit RsN(Parts parts);

    // Before the first packet; without, none goes on in fragments, and no SYN is answered.
    void make_frames_by(MadeFrames& frames) noexcept { maker_.use(frames); }

    void carry_out(const SubscriberOrder& order, Instant now);
    // Ends some of what is past its time or its subscriber's, and goes on with an inquiry: for every
    // round of the worker, the idle ones too.
    void tend(Instant now) noexcept;
    // Whether it is time to answer a SYN that nothing has come of.
    [[nodiscard]] bool has_refusal(Instant now) const noexcept { return held_syns_.has_due(now); }
    // Sends that answer. False: there is none after all.
    bool refuse(const Round& round) noexcept;
    [[nodiscard]] bool has_inquiry() const noexcept { return inquiry_ != nullptr; }

    // DATA of paths that end here, from the bound address of its leg. Returns what is for a public port
    // of this relay, and comes in next.
    [[nodiscard]] Lane pass_out(Burst& burst, Lane& lane, const Round& round) noexcept;
    // IP packets for a public address, hairpinned ones among them. Returns those that are the kernel's.
    [[nodiscard]] Lane pass_in(Burst& burst, Lane& lane, const Round& round) noexcept;

    [[nodiscard]] napt::Bindings::Usage usage() const noexcept { return bindings_->usage(); }

  private:
    void follow(const OpenSubscriber& order, Instant now);
    void follow(const CloseSubscriber& order, Instant now);
    void follow(const CloseLeft& order, Instant now);
    void follow(const Inquire& order, Instant) noexcept { inquiry_ = order.inquiry; }
    // Whether he has been here since the process before this one.
    [[nodiscard]] bool goes_on(const OpenSubscriber& order, Instant now);
    void dismiss(napt::Position subscriber);
    // Hairpinned errors of the relay's own, of which no error comes, and no fragment: they have DF.
    void bring_own_in(Burst& burst, Lane lane, EndedPackets& ended, const Round& round) noexcept;
    void publish(Instant now) noexcept;
    // Those of the lane that were dropped and nobody is to answer yet.
    void hold_syns(
        Burst& burst, const Lane& lane, const EndedPackets& ended, const Round& round
    ) noexcept;
    [[nodiscard]] std::optional<napt::Refusal> next_refusal(Instant now) noexcept;
    [[nodiscard]] NaptParts napt(const Settings& settings, Instant now) noexcept {
        return {*bindings_, addresses_, settings, subscribers_, identifications_, now};
    }
    // Hands those of the lane over that are other workers'; they leave it.
    template <typename OwnerOf>
    void part(Burst& burst, Lane& lane, OwnerOf owner_of) const noexcept;
    // Takes back those that were dropped and may be answers to what the relay's kernel has sent from an
    // address that is public too: nobody keeps it from identifiers of echoes, as it is kept from ports.
    [[nodiscard]] Lane kernels_of(Burst& burst, const Lane& lane, const EndedPackets& ended)
        const noexcept;
    // Makes resets of those of the lane that were dropped and are of connections of a process before, and
    // returns these.
    [[nodiscard]] Lane make_resets(
        Burst& burst, const Lane& lane, const EndedPackets& ended, Instant now
    ) noexcept;
    // These, and ICMP errors of which the senders of others are told.
    [[nodiscard]] Lane make_answers_for_nodes(
        Burst& burst, const Lane& lane, const EndedPackets& ended, Instant now
    ) noexcept;
    [[nodiscard]] bool may_tell(tables::SubscriberNumber node, Instant now) noexcept;
    [[nodiscard]] bool may_reset(tables::SubscriberNumber node, Instant now) noexcept;
    [[nodiscard]] bool may_tell_general_node(Instant now) noexcept;
    [[nodiscard]] Lane make_errors_for_general_nodes(
        Burst& burst, const Lane& lane, const EndedPackets& ended, Instant now
    ) noexcept;
    void tell_nodes(Burst& burst, Lane answers, EndedPackets& ended, const Round& round) noexcept;
    // Those about hairpinned packets turn round too.
    void tell_general_nodes(
        Burst& burst, Lane errors, EndedPackets& ended, const Round& round
    ) noexcept;
    // Those that go on.
    void count_errors(const Burst& burst, const Lane& errors) noexcept;

    // Of those of the lane that came as fragments.
    void gather_out(Burst& burst, const Lane& lane, const Round& round) noexcept;
    void gather_in(Burst& burst, const Lane& lane, const Round& round) noexcept;
    // The packet that was put together.
    void pass_whole_out(const tables::TunnelEnd* end, const Round& round) noexcept;
    void pass_whole_in(const Round& round) noexcept;
    void turn_whole_round(const Round& round) noexcept;
    void bring_whole_in(const Round& round) noexcept;
    void punt_whole(const Round& round) noexcept;
    void hand_whole_over(WorkerNumber owner) noexcept;
    // It goes no further.
    void drop_whole(DropReason reason) noexcept;
    void drop_whole_if_unsent() noexcept;
    // Those of the lane that are to go on in fragments.
    void send_fragments_out(
        Burst& burst, const Lane& lane, const EndedPackets& ended, const Round& round
    ) noexcept;
    void send_fragments_in(
        Burst& burst, const Lane& lane, const EndedPackets& ended, const Round& round
    ) noexcept;
    // Of a packet that is to go on in fragments: whether there were buffers for all, and all go on.
    static void settle_cut(Packet& packet, bool are_made, bool go_all, const Round& round) noexcept;
    [[nodiscard]] WorkerNumber worker_of(const Packet& packet, const Settings& settings)
        const noexcept;

    std::unique_ptr<napt::Bindings> bindings_;
    napt::PublicAddresses addresses_;
    std::unique_ptr<crypto::BurstCipher> cipher_;
    std::vector<NumberedSubscriber> subscribers_;  // by number
    std::vector<napt::Position> left_;     // by number: of the process before, not opened yet
    std::vector<napt::Position> leaving_;  // have no number any more, but sessions
    Inquiry* inquiry_ = nullptr;           // of the control thread
    WorkerCounters* counters_;
    Share share_;
    Instant resets_until_;
    TokenBucket errors_to_nodes_;
    std::vector<TokenBucket> errors_to_node_;  // by number
    TokenBucket errors_to_general_nodes_;
    TokenBucket resets_to_nodes_;
    std::vector<TokenBucket> resets_to_node_;  // by number
    napt::HeldSyns held_syns_;
    std::unique_ptr<FragmentGatherer> fragments_;
    FrameMaker maker_;
    Identifications identifications_;
    EndedPackets ended_;
};

}  // namespace ntm::relay
