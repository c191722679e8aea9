// SPDX-License-Identifier: BSD-3-Clause
// A worker's RS-N: ends the tunnels of paths to general nodes, and reaches these by its NAPT
// (docs/protocol.md section 7).
//
//   from the node         open_tunnel -> napt_outbound
//   from a general node   napt_inbound -> seal_tunnel
//
// With several workers each has its share of the subscribers, and what comes to another one is handed over
// before anything has been done to it.
//
// Of some packets that can not go on the sender is told by an ICMP error, as by a router: the node as if
// its general node had said so, which alone may send to it by this path; by an exit path, where anybody
// may, in the relay's own name. Connections that a process before had and this one has not are reset.
#pragma once

#include "common/base/rate_limit.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/napt/held_syns.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"
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
        std::uint32_t subscribers;  // numbers below this
        WorkerCounters* counters;   // of its worker
        Share share{};
        // Until then nodes' connections that are not known are those of a process before, and are reset.
        Instant resets_until{};
    };
    explicit RsN(Parts parts);

    void carry_out(const SubscriberOrder& order, Instant now);
    // Ends some of what is past its time or its subscriber's, and goes on with an inquiry: for every
    // round of the worker, the idle ones too.
    void tend(Instant now) noexcept;
    // Whether it is time to answer a SYN that nothing has come of.
    [[nodiscard]] bool has_refusal(Instant now) const noexcept { return held_syns_.has_due(now); }
    // Makes the answer of the burst's one packet, which is empty, and sends it on. False: there is
    // none after all.
    [[nodiscard]] bool refuse(
        Burst& burst, const PathLookup& table, const Settings& settings, Instant now
    ) noexcept;
    [[nodiscard]] bool has_inquiry() const noexcept { return inquiry_ != nullptr; }

    // DATA of paths that end here, from the bound address of its leg. Returns what is for a public port
    // of this relay, and comes in next.
    [[nodiscard]] Lane pass_out(
        Burst& burst, Lane& lane, const PathLookup& table, const Settings& settings, Instant now
    ) noexcept;
    // IP packets for a public address, hairpinned ones among them. Returns those that are the kernel's.
    [[nodiscard]] Lane pass_in(
        Burst& burst, Lane& lane, const PathLookup& table, const Settings& settings, Instant now
    ) noexcept;

    [[nodiscard]] napt::Bindings::Usage usage() const noexcept { return bindings_->usage(); }

  private:
    void follow(const OpenSubscriber& order, Instant now);
    void follow(const CloseSubscriber& order, Instant now);
    void follow(const CloseLeft& order, Instant now);
    void follow(const Inquire& order, Instant) noexcept { inquiry_ = order.inquiry; }
    // Whether he has been here since the process before this one.
    [[nodiscard]] bool goes_on(const OpenSubscriber& order, Instant now);
    void dismiss(napt::Position subscriber);
    // What did not come in.
    struct Rest {
        Lane errors;  // in its place, for its senders
        Lane kernels;
    };
    [[nodiscard]] Rest bring_in(
        Burst& burst, Lane& lane, const PathLookup& table, const Settings& settings, Instant now
    ) noexcept;
    void publish(Instant now) noexcept;
    // Those of the lane that were dropped and nobody is to answer yet.
    void hold_syns(Burst& burst, const Lane& lane, const Settings& settings, Instant now) noexcept;
    [[nodiscard]] std::optional<napt::Refusal> next_refusal(Instant now) noexcept;
    [[nodiscard]] NaptParts napt(const Settings& settings, Instant now) noexcept {
        return {*bindings_, addresses_, settings, subscribers_, now};
    }
    // Hands those of the lane over that are other workers'; they leave it.
    template <typename OwnerOf>
    void part(Burst& burst, Lane& lane, OwnerOf owner_of) const noexcept;
    // Takes back those that were dropped and may be answers to what the relay's kernel has sent from an
    // address that is public too: nobody keeps it from identifiers of echoes, as it is kept from ports.
    [[nodiscard]] Lane kernels_of(Burst& burst, const Lane& lane) const noexcept;
    // Makes ICMP errors of those of the lane that were dropped for a reason of which their senders
    // are told, and returns these. `speaker`: from whom, by the packet's number.
    template <typename Speaker>
    [[nodiscard]] Lane make_errors(
        Burst& burst, const Lane& lane, Speaker speaker, Instant now
    ) noexcept;
    // Likewise resets of connections.
    [[nodiscard]] Lane make_resets(Burst& burst, const Lane& lane, Instant now) noexcept;
    // Of errors for nodes.
    [[nodiscard]] tables::PaddedAddress speaker_to_node(std::size_t number) const noexcept;
    // Where the packet was going.
    [[nodiscard]] tables::PaddedAddress destination_of(std::size_t number) const noexcept {
        const napt::InnerPacket& packet = ended_.inner[number];
        return packet.ends(packet.headers()).destination;
    }
    void tell_nodes(
        Burst& burst, Lane errors, const PathLookup& table, const Settings& settings
    ) noexcept;
    // Returns the errors that are for nodes: about hairpinned packets.
    [[nodiscard]] Lane tell_general_nodes(
        Burst& burst, Lane errors, const Settings& settings
    ) noexcept;
    void count_errors(const Burst& burst, const Lane& sent) noexcept;

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
    TokenBucket errors_;
    TokenBucket resets_;
    napt::HeldSyns held_syns_;
    EndedPackets ended_;
};

}  // namespace ntm::relay
