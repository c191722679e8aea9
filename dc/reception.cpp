// SPDX-License-Identifier: BSD-3-Clause
// What a coordinator does with a datagram: tells what it is, and hands it to the part that it is for.
#include "common/protocol/cookie.hpp"
#include "common/protocol/ntm_header.hpp"
#include "dc/coordinator_parts.hpp"

#include <utility>

namespace ntm::dc {

using protocol::NtmHeader;
using protocol::PacketType;

Arrival Coordinator::sort(const Datagram& datagram, Instant now) {
    const auto header = NtmHeader::parse(datagram.payload);
    if (!header) {
        ++parts_->counters.bad_header;
        return Arrival::refused;
    }
    switch (header->type) {
        case PacketType::handshake:
            return header->is_answer() ? parts_->sort_by_session(*header, datagram, now)
                                       : Arrival::handshake;
        case PacketType::signal:
            return parts_->sort_by_session(*header, datagram, now);
        case PacketType::cookie:
            return header->is_answer() ? parts_->sort_cookie_answer(datagram) : Arrival::cookie_ask;
        case PacketType::data:
        case PacketType::leg:
        case PacketType::end:
            break;
    }
    ++parts_->counters.not_for_a_dc;
    return Arrival::refused;
}

// No session will have the id later: it is drawn here, and told by an answer of ours.
Arrival Coordinator::Parts::sort_by_session(
    const NtmHeader& header, const Datagram& datagram, Instant now
) {
    if (signaling.owns_session(header.session_id())) {
        return Arrival::of_session;
    }
    signaling.handle_datagram(datagram, now);  // counts it
    return Arrival::refused;
}

Arrival Coordinator::Parts::sort_cookie_answer(const Datagram& datagram) {
    const auto answer = protocol::parse_cookie_answer(datagram.payload);
    if (answer && signaling.owns_cookie(answer->nonce)) {
        return Arrival::of_session;
    }
    ++counters.not_for_a_dc;
    return Arrival::refused;
}

void Coordinator::handle_datagram(const Datagram& datagram, Instant now) {
    if (parts_->stall) {
        ++parts_->counters.while_stalled;
        return;
    }
    switch (sort(datagram, now)) {
        case Arrival::refused:
            return;
        case Arrival::of_session:
        case Arrival::handshake:
            parts_->signaling.handle_datagram(datagram, now);
            break;
        case Arrival::cookie_ask:
            if (auto answer = parts_->cookies.answer(datagram, now)) {
                parts_->later.push_back(std::move(*answer));
            }
            break;
    }
    parts_->settle(now);
}

}  // namespace ntm::dc
