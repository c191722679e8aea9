// SPDX-License-Identifier: BSD-3-Clause
#include "dc/intake.hpp"

#include "common/protocol/ntm_header.hpp"

#include <utility>

namespace ntm::dc {

namespace {

using protocol::NtmHeader;

bool begins_handshake(const Datagram& datagram) noexcept {
    const auto header = NtmHeader::parse(datagram.payload);
    return header && header->type == protocol::PacketType::handshake && !header->is_answer();
}

}  // namespace

void Intake::add(Datagram datagram, Instant now) {
    if (begins_handshake(datagram)) {
        if (handshakes_.size() == capacity) {
            give_up_oldest();
        }
        handshakes_.push_back({std::move(datagram), now});
        return;
    }
    if (others_.size() == capacity) {
        ++counters_.no_room;
        return;
    }
    others_.push_back(std::move(datagram));
}

std::vector<Datagram> Intake::take(std::size_t most, Instant now) {
    while (!handshakes_.empty() && now - handshakes_.front().came >= patience) {
        give_up_oldest();
    }
    std::vector<Datagram> taken;
    while (taken.size() < most && !is_empty()) {
        const bool is_turn_of_others = taken.size() % 2 == 0;
        if (handshakes_.empty() || (is_turn_of_others && !others_.empty())) {
            taken.push_back(std::move(others_.front()));
            others_.pop_front();
        } else {
            taken.push_back(std::move(handshakes_.back().datagram));
            handshakes_.pop_back();
        }
    }
    return taken;
}

void Intake::give_up_oldest() {
    handshakes_.pop_front();
    ++counters_.handshakes_given_up;
}

}  // namespace ntm::dc
