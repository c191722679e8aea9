// SPDX-License-Identifier: BSD-3-Clause
// What RS-N's stages find out about the packets of a burst, by their numbers in it, and what they
// share besides.
#pragma once

#include "common/base/time.hpp"
#include "common/packet/burst.hpp"
#include "common/packet/ecn.hpp"
#include "common/packet/ethernet.hpp"
#include "rs-dataplane/crypto/burst_cipher.hpp"
#include "rs-dataplane/napt/napt.hpp"
#include "rs-dataplane/relay/identifications.hpp"
#include "rs-dataplane/relay/numbered_subscriber.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/tunnel_end.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace ntm::relay {

// A tunnelled packet, opened, stands behind room for this.
inline constexpr std::uint16_t inner_at = EthernetView::size;

struct EndedPackets {
    std::array<const tables::TunnelEnd*, burst_size> ends;
    std::array<napt::InnerPacket, burst_size> inner;
    std::array<Ecn, burst_size> outer_ecn;       // of what came by a tunnel
    std::array<std::uint16_t, burst_size> most;  // of what was too big: how long it might be
    // Of packets that were put together: theirs, longer than which none goes on, since their sender
    // knows what fits the whole way (0: they came as they are).
    std::uint16_t longest_fragment = 0;
};

// A worker's NAPT at the time of a burst.
struct NaptParts {
    napt::Bindings& bindings;
    const napt::PublicAddresses& addresses;
    const Settings& settings;
    const std::vector<NumberedSubscriber>& subscribers;  // by number
    Identifications& identifications;
    Instant now;

    [[nodiscard]] const NumberedSubscriber& subscriber(tables::SubscriberNumber number
    ) const noexcept {
        static constexpr NumberedSubscriber nobody;
        return number < subscribers.size() ? subscribers[number] : nobody;
    }
};

}  // namespace ntm::relay
