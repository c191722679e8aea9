// SPDX-License-Identifier: BSD-3-Clause
// The relays that this node knows, timed and kept open by COOKIE on every way to them (docs/
// protocol.md section 4.1): which are alive, from where and in which family they answer faster,
// what outside address they see, and tokens in stock. TunnelManager owns it, tells it what was sent
// and heard, and acts on its events.
#pragma once

#include "client/node/local_addresses.hpp"
#include "client/node/way.hpp"
#include "client/node/way_pulse.hpp"
#include "common/base/datagram.hpp"
#include "common/base/ids.hpp"
#include "common/base/random.hpp"
#include "common/protocol/cookie.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ntm::client {

struct RelayAddresses {
    std::string name;
    std::vector<Endpoint> endpoints;  // at most one of each family
};

// A way turned out to work: its first answer, or the first after it was dead.
struct WayWorks {
    std::string relay;
    Way way;
};
struct WayDied {
    std::string relay;
    Way way;
};
// Another boot id: the relay has lost all bindings.
struct RelayRestarted {
    std::string relay;
};
// The relay sees this way come from another address: its legs there must be bound again.
struct OutsideChanged {
    std::string relay;
    Way way;
    Endpoint outside;
};
using RelayEvent = std::variant<WayWorks, WayDied, RelayRestarted, OutsideChanged>;

// A path that uses a relay, and the way that it is bound to, if any.
struct RelayUse {
    std::string relay;
    std::optional<Way> way;
};

struct WayView {
    std::string relay;
    Way way;
    std::optional<Duration> rtt;
    std::optional<Endpoint> outside;
    bool has_answered = false;
    bool is_dead = false;
};

class RelayWatch {
  public:
    RelayWatch(Port own_port, RandomSource& random) : own_port_{own_port}, random_{random} {}

    void set_locals(const std::vector<LocalAddress>& usable, Instant now);
    // From the Registration Response: to be timed, whether used or not.
    void set_candidates(const std::vector<RelayAddresses>& candidates, Instant now);
    // From a Route Direction.
    void add_relay(const RelayAddresses& relay, Instant now);
    // All paths' present uses; a relay that is neither used nor a candidate is forgotten.
    void set_uses(const std::vector<RelayUse>& uses);

    void note_sent(const Way& way, Instant now);
    void note_active(const Way& way, Instant now);
    // Something authentic came on it.
    void note_heard(const Way& way, Instant now);
    // From a COOKIE answer or a Tunnel Response.
    void note_boot_id(const std::string& relay, BootId boot_id);
    // From a Tunnel Response. While one leg is heard no COOKIE is asked that would tell the others.
    void note_outside(const Way& way, const Endpoint& outside, Instant now);
    // Something else has shown that a NAT may have forgotten the holes of this family: asks at once.
    void doubt(Family family, Instant now);
    void store_token(const Way& way, const crypto::Token& token, Instant now);

    // The way to take: one that works on the newest interface; of its two families IPv6, unless
    // IPv4 is faster by more than 10 ms. What has not answered yet comes next, then what is dead.
    [[nodiscard]] std::optional<Way> best_way(const std::string& relay, Instant now) const;
    [[nodiscard]] bool has_answered(const Way& way) const;
    [[nodiscard]] std::optional<Duration> rtt(const Way& way) const;
    [[nodiscard]] std::optional<crypto::Token> token(const Way& way, Instant now) const;
    [[nodiscard]] std::optional<Duration> rtt_of_relay(const std::string& relay) const;
    [[nodiscard]] std::vector<WayView> ways() const;

    // True if the answer was to an ask of ours.
    bool handle_answer(const protocol::CookieAnswer& answer, Instant now);
    [[nodiscard]] Instant next_timeout() const;
    void handle_timeout(Instant now);
    [[nodiscard]] std::vector<Datagram> take_datagrams();
    [[nodiscard]] std::vector<RelayEvent> take_events();

  private:
    struct Relay {
        RelayAddresses addresses;
        bool is_candidate = false;
        std::optional<BootId> boot_id;
        std::vector<WayPulse> pulses;
    };
    struct Postponed {
        Instant until;
        WayWorks event;
    };
    [[nodiscard]] Relay* find_relay(const std::string& name);
    [[nodiscard]] const Relay* find_relay(const std::string& name) const;
    [[nodiscard]] WayPulse* find(const Way& way);
    [[nodiscard]] const WayPulse* find(const Way& way) const;
    Relay& add_or_update(const RelayAddresses& relay, Instant now);
    void make_pulses(Relay& relay, Instant now) const;
    void works(const Relay& relay, const WayPulse& pulse, Instant now);
    // What a NAT has forgotten before one relay it may have before the others.
    void handle_sight(
        WayPulse::Sight sight, const Relay& relay, const WayPulse& pulse, Instant now
    );

    Port own_port_;
    RandomSource& random_;
    std::vector<LocalAddress> locals_;
    std::vector<Relay> relays_;
    std::vector<Postponed> postponed_;
    std::vector<Datagram> datagrams_;
    std::vector<RelayEvent> events_;
};

}  // namespace ntm::client
