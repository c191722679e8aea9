// SPDX-License-Identifier: BSD-3-Clause
// Both ways of a packet through the NAPT of a worker: what its bindings say, written into its bytes. For
// bursts the stages make a lookup for each packet first, and prefetch by it; an ICMP error has none.
#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/packet/drop_reason.hpp"
#include "rs-dataplane/napt/bindings.hpp"
#include "rs-dataplane/napt/inner_packet.hpp"
#include "rs-dataplane/napt/public_addresses.hpp"
#include "rs-dataplane/tables/tunnel_end.hpp"

#include <optional>

namespace ntm::napt {

using tables::GeneralNode;

// Where to a packet goes that leaves by an exit path, and, if it is an ICMP error, from where that came
// which it quotes. Without a port: 0.
struct Target {
    PaddedAddress address{};
    std::uint16_t port = 0;
};

// From whom a packet comes that goes out, and by which path. The stages before have made sure that the
// path's addresses are the packet's.
struct Sender {
    Position subscriber = nowhere;
    Path path;
    GeneralNode general_node;  // unless it is an exit path

    [[nodiscard]] const PaddedAddress& real_address_of(const PaddedAddress& seen) const noexcept {
        return path.is_exit ? seen : general_node.real_address;
    }
};

// To whom a packet goes that came in.
struct Receiver {
    PaddedAddress address{};  // the subscriber's VIP
    std::uint16_t port = 0;
    Path path;
    GeneralNode general_node;  // unless it is an exit path
};

class Napt {
  public:
    Napt(Bindings& bindings, const PublicAddresses& addresses)
        : bindings_{bindings}, addresses_{addresses} {}

    // Not of an ICMP error.
    [[nodiscard]] Lookup<InsideTuple> lookup_out(const InnerPacket& packet, const Sender& sender)
        const noexcept;
    // Nothing: it is an ICMP error, or does not go to a public address.
    [[nodiscard]] std::optional<Lookup<OutsideTuple>> lookup_in(const InnerPacket& packet
    ) const noexcept;

    // From a subscriber: as he addresses it.
    [[nodiscard]] static Target target_of(const InnerPacket& packet) noexcept;
    // From a subscriber: a packet with its lookup, or an ICMP error. Translates, or says why not.
    [[nodiscard]] DropReason send_out(
        const InnerPacket& packet,
        const Lookup<InsideTuple>& from,
        const Sender& sender,
        Instant now
    );
    [[nodiscard]] DropReason send_error_out(const InnerPacket& packet, const Sender& sender)
        const noexcept;

    // To a public address: whose packet it is. Changes none of its bytes.
    [[nodiscard]] Result<InsideEndpoint, DropReason> find_receiver(
        const InnerPacket& packet, const Lookup<OutsideTuple>& to, Instant now
    ) noexcept;
    [[nodiscard]] Result<InsideEndpoint, DropReason> find_receiver_of_error(
        const InnerPacket& packet
    ) const noexcept;
    // Of either kind that came in: from which general node it is, or to which the quoted packet went.
    [[nodiscard]] static PaddedAddress general_node_of(const InnerPacket& packet) noexcept;
    static void bring_in(const InnerPacket& packet, const Receiver& receiver) noexcept;

  private:
    Bindings& bindings_;
    const PublicAddresses& addresses_;
};

// Both here, so that a lookup is made where it will stand: to copy what was just written waits for it.
inline Lookup<InsideTuple> Napt::lookup_out(const InnerPacket& packet, const Sender& sender)
    const noexcept {
    const Headers& headers = packet.headers();
    const Ends ends = packet.ends(headers);
    return bindings_.lookup(InsideTuple{
        sender.real_address_of(ends.destination),
        sender.subscriber,
        ends.source_port,
        ends.destination_port,
        headers.family,
        protocol_of(headers.kind)});
}

inline std::optional<Lookup<OutsideTuple>> Napt::lookup_in(const InnerPacket& packet
) const noexcept {
    const Headers& headers = packet.headers();
    const Ends ends = packet.ends(headers);
    const auto address = addresses_.find(headers.family, ends.destination);
    if (headers.kind == Kind::icmp_error || !address) {
        return std::nullopt;
    }
    return bindings_.lookup(OutsideTuple{
        ends.source,
        {*address, ends.destination_port},
        ends.source_port,
        headers.family,
        protocol_of(headers.kind)});
}

}  // namespace ntm::napt
