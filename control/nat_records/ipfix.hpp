// SPDX-License-Identifier: BSD-3-Clause
// Records as IPFIX messages (RFC 7011) with the events of RFC 8158: port blocks, sessions where they are on
// record, and shortages. A state machine without a socket: records and the time go in, messages come out.
//
// Over UDP a collector that comes late, or back, knows no template: they are sent again and again.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/time.hpp"
#include "control/nat_records/ipfix_records.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ntm::control {

struct IpfixMessage {
    Bytes bytes;
    std::size_t records = 0;  // besides templates
};

class IpfixExporter {
  public:
    struct Settings {
        std::uint32_t domain = 1;  // of observation, by which a collector tells relays apart
        Duration templates_every = std::chrono::minutes{10};
    };
    explicit IpfixExporter(const Settings& settings) noexcept : settings_{settings} {}

    // Takes what RFC 8158 has an event for.
    void add(const NatRecord& record);
    // All that was added, and the templates when it is time. To be sent in order.
    [[nodiscard]] std::vector<IpfixMessage> take(Instant now, WallTime wall);

    // RFC 7011 section 10.3.3: packets of 512 bytes where nobody knows the path's MTU.
    static constexpr std::size_t most_bytes = 512 - 40 - 8;

  private:
    [[nodiscard]] IpfixMessage next_message(WallTime wall);

    Settings settings_;
    std::vector<IpfixRecord> waiting_;
    std::size_t first_waiting_ = 0;
    std::uint32_t sequence_ = 0;
    Instant templates_due_;
    bool sends_templates_ = false;
};

}  // namespace ntm::control
