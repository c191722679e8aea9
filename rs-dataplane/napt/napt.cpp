// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/napt/napt.hpp"

#include "rs-dataplane/napt/translate.hpp"

namespace ntm::napt {

namespace {

PaddedAddress as_seen_inside(
    const PaddedAddress& real, const Path& path, const GeneralNode& general_node
) noexcept {
    return path.is_exit ? real : general_node.virtual_address;
}

// An ICMP error: it is for who sent what it quotes.
bool goes_to_sender(const Ends& error, const Ends& quoted) noexcept {
    return error.destination == quoted.source;
}

}  // namespace

Target Napt::target_of(const InnerPacket& packet) noexcept {
    if (packet.kind() == Kind::icmp_error) {
        const Ends came = packet.ends(packet.quote());
        return {came.source, came.source_port};
    }
    const Ends ends = packet.ends(packet.headers());
    return {ends.destination, ends.destination_port};
}

DropReason Napt::send_out(
    const InnerPacket& packet, const Lookup<InsideTuple>& from, const Sender& sender, Instant now
) {
    if (packet.kind() == Kind::echo_reply) {
        return DropReason::inner_icmp_type;
    }
    const TcpSegment segment = packet.kind() == Kind::tcp ? packet.segment() : TcpSegment{};
    const auto port = bindings_.outbound(from, sender.path, segment, now);
    if (!port) {
        return port.error();
    }
    const InsideTuple& tuple = from.tuple;
    translate(
        packet,
        {addresses_(tuple.family, port->address), tuple.remote, port->port, tuple.remote_port}
    );
    return DropReason::none;
}

DropReason Napt::send_error_out(const InnerPacket& packet, const Sender& sender) const noexcept {
    // What came in, as the subscriber got it.
    const Headers& quote = packet.quote();
    const Ends seen = packet.ends(quote);
    const Ends error = packet.ends(packet.headers());
    const bool is_of_who_got_it = error.source == seen.destination;
    if (quote.kind == Kind::echo_request || !is_of_who_got_it || !goes_to_sender(error, seen)) {
        return DropReason::unknown_quote;
    }
    const InsideTuple tuple{
        sender.real_address_of(seen.source),
        sender.subscriber,
        seen.destination_port,
        seen.source_port,
        quote.family,
        protocol_of(quote.kind)};
    const auto port = bindings_.find(tuple);
    if (!port) {
        return DropReason::unknown_quote;
    }
    const PaddedAddress& address = addresses_(quote.family, port->address);
    translate_error(
        packet,
        {.source = address, .destination = tuple.remote},
        {tuple.remote, address, tuple.remote_port, port->port}
    );
    return DropReason::none;
}

Result<InsideEndpoint, DropReason> Napt::find_receiver(
    const InnerPacket& packet, const Lookup<OutsideTuple>& to, Instant now
) noexcept {
    if (packet.kind() == Kind::echo_request) {
        return Unexpected{DropReason::inner_icmp_type};
    }
    const TcpSegment segment = packet.kind() == Kind::tcp ? packet.segment() : TcpSegment{};
    return bindings_.inbound(to, segment, now);
}

Result<InsideEndpoint, DropReason> Napt::find_receiver_of_error(const InnerPacket& packet
) const noexcept {
    // What went out, as it left from here. An echo's answer does not: its source port is nobody's.
    const Headers& quote = packet.quote();
    const Ends sent = packet.ends(quote);
    const auto address = addresses_.find(quote.family, sent.source);
    if (!address || !goes_to_sender(packet.ends(packet.headers()), sent)) {
        return Unexpected{DropReason::unknown_quote};
    }
    const auto found = bindings_.find(OutsideTuple{
        sent.destination,
        {*address, sent.source_port},
        sent.destination_port,
        quote.family,
        protocol_of(quote.kind)});
    if (!found) {
        return Unexpected{DropReason::unknown_quote};
    }
    return *found;
}

PaddedAddress Napt::general_node_of(const InnerPacket& packet) noexcept {
    return packet.kind() == Kind::icmp_error ? packet.ends(packet.quote()).destination
                                             : packet.ends(packet.headers()).source;
}

void Napt::bring_in(const InnerPacket& packet, const Receiver& receiver) noexcept {
    const Ends came = packet.ends(packet.headers());
    const PaddedAddress source = as_seen_inside(came.source, receiver.path, receiver.general_node);
    if (packet.kind() != Kind::icmp_error) {
        translate(packet, {source, receiver.address, came.source_port, receiver.port});
        return;
    }
    const Ends sent = packet.ends(packet.quote());
    const PaddedAddress remote =
        as_seen_inside(sent.destination, receiver.path, receiver.general_node);
    translate_error(
        packet,
        {.source = source, .destination = receiver.address},
        {receiver.address, remote, receiver.port, sent.destination_port}
    );
}

}  // namespace ntm::napt
