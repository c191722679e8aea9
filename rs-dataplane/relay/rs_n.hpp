// SPDX-License-Identifier: BSD-3-Clause
// A worker's RS-N: ends the tunnels of paths to general nodes, and reaches these by its NAPT
// (docs/protocol.md section 7).
//
//   from the node         open_tunnel -> napt_outbound
//   from a general node   napt_inbound -> seal_tunnel
#pragma once

#include "common/base/time.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/ended_packets.hpp"
#include "rs-dataplane/relay/napt_inbound.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/relay/subscriber_orders.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace ntm::relay {

class RsN {
  public:
    struct Parts {
        std::unique_ptr<napt::Bindings> bindings;
        napt::PublicAddresses addresses;
        std::unique_ptr<crypto::BurstCipher> cipher;
        std::uint32_t subscribers;  // numbers below this
    };
    explicit RsN(Parts parts);

    void carry_out(const SubscriberOrder& order, Instant now);

    // DATA of paths that end here, from the bound address of its leg.
    void pass_out(Burst& burst, Lane& lane, const Settings& settings, Instant now) noexcept;
    // IP packets for a public address.
    void pass_in(
        Burst& burst, Lane& lane, const PathLookup& table, const Settings& settings, Instant now
    ) noexcept;

    [[nodiscard]] napt::Bindings::Usage usage() const noexcept { return bindings_->usage(); }

  private:
    [[nodiscard]] NaptParts napt(Instant now) noexcept {
        return {*bindings_, addresses_, subscribers_, now};
    }

    std::unique_ptr<napt::Bindings> bindings_;
    napt::PublicAddresses addresses_;
    std::unique_ptr<crypto::BurstCipher> cipher_;
    std::vector<napt::Position> subscribers_;
    EndedPackets ended_;
};

}  // namespace ntm::relay
