// SPDX-License-Identifier: BSD-3-Clause
// What a datagram is to a DC, as its header and a look into the tables of sessions say.
#pragma once

#include <cstdint>

namespace ntm::dc {

enum class Arrival : std::uint8_t {
    refused,     // for nobody here; counted, and to be forgotten
    of_session,  // SIGNAL of a session that stands, or an answer to a question of ours
    handshake,   // a first message
    cookie_ask,
};

}  // namespace ntm::dc
