// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/relay_watch.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace ntm::client {

namespace {

// How much slower IPv6 may be and still be taken.
constexpr Duration ipv6_bonus = std::chrono::milliseconds{10};

// Lower is better.
int rank_of(const WayPulse& pulse, Instant now) {
    if (pulse.is_dead()) {
        return 3;
    }
    if (pulse.has_answered()) {
        return 0;
    }
    return pulse.is_silent(now) ? 2 : 1;
}

// Of two ways of the same rank, whether `a` is to be taken before `b`.
bool is_better(const WayPulse& a, const WayPulse& b) {
    if (a.local().interface_age != b.local().interface_age) {
        return a.local().interface_age > b.local().interface_age;
    }
    if (a.way().local.family() == b.way().local.family()) {
        return a.local().age > b.local().age;
    }
    const WayPulse& v6 = a.way().local.is_ipv6() ? a : b;
    const WayPulse& v4 = a.way().local.is_ipv6() ? b : a;
    const bool is_v6_taken = !v6.rtt() || !v4.rtt() || *v6.rtt() <= *v4.rtt() + ipv6_bonus;
    return a.way().local.is_ipv6() == is_v6_taken;
}

}  // namespace

void RelayWatch::set_locals(const std::vector<LocalAddress>& usable, Instant now) {
    locals_ = usable;
    for (Relay& relay : relays_) {
        make_pulses(relay, now);
    }
}

// Keeps what is known of ways that still exist. An address that was away in between is a new one:
// what a relay saw behind it may have changed.
void RelayWatch::make_pulses(Relay& relay, Instant now) const {
    std::vector<WayPulse> pulses;
    for (const LocalAddress& local : locals_) {
        for (const Endpoint& remote : relay.addresses.endpoints) {
            if (remote.address.family() != local.ip().family()) {
                continue;
            }
            const Way way{local.ip(), remote};
            const auto known =
                std::find_if(relay.pulses.begin(), relay.pulses.end(), [&](const WayPulse& pulse) {
                    return pulse.way() == way && pulse.local().age == local.age;
                });
            pulses.push_back(known == relay.pulses.end() ? WayPulse{way, local, now} : *known);
        }
    }
    relay.pulses = std::move(pulses);
}

void RelayWatch::set_candidates(const std::vector<RelayAddresses>& candidates, Instant now) {
    for (Relay& relay : relays_) {
        relay.is_candidate = false;
    }
    for (const RelayAddresses& candidate : candidates) {
        add_or_update(candidate, now).is_candidate = true;
    }
}

void RelayWatch::add_relay(const RelayAddresses& relay, Instant now) {
    add_or_update(relay, now);
}

RelayWatch::Relay& RelayWatch::add_or_update(const RelayAddresses& addresses, Instant now) {
    Relay* relay = find_relay(addresses.name);
    if (relay == nullptr) {
        relay = &relays_.emplace_back();
        relay->addresses.name = addresses.name;
    }
    relay->addresses.endpoints = addresses.endpoints;
    make_pulses(*relay, now);
    return *relay;
}

void RelayWatch::set_uses(const std::vector<RelayUse>& uses) {
    std::set<std::string_view> used_relays;
    std::set<Way> used_ways;
    for (const RelayUse& use : uses) {
        used_relays.insert(use.relay);
        if (use.way) {
            used_ways.insert(*use.way);
        }
    }
    std::erase_if(relays_, [&](const Relay& relay) {
        return !relay.is_candidate && !used_relays.contains(relay.addresses.name);
    });
    for (Relay& relay : relays_) {
        for (WayPulse& pulse : relay.pulses) {
            pulse.set_used(used_ways.contains(pulse.way()));
        }
    }
}

void RelayWatch::note_sent(const Way& way, Instant now) {
    if (WayPulse* pulse = find(way)) {
        pulse->note_sent(now);
    }
}

void RelayWatch::note_active(const Way& way, Instant now) {
    if (WayPulse* pulse = find(way)) {
        pulse->note_active(now);
    }
}

void RelayWatch::note_heard(const Way& way, Instant now) {
    for (Relay& relay : relays_) {
        for (WayPulse& pulse : relay.pulses) {
            if (pulse.way() != way) {
                continue;
            }
            const bool is_news = !pulse.has_answered() || pulse.is_dead();
            pulse.note_heard(now);
            if (is_news) {
                works(relay, pulse, now);
            }
        }
    }
}

void RelayWatch::note_boot_id(const std::string& name, BootId boot_id) {
    Relay* relay = find_relay(name);
    if (relay == nullptr) {
        return;
    }
    if (relay->boot_id && *relay->boot_id != boot_id) {
        for (WayPulse& pulse : relay->pulses) {
            pulse.drop_token();  // made under the key of the run before
        }
        events_.push_back(RelayRestarted{name});
    }
    relay->boot_id = boot_id;
}

void RelayWatch::note_outside(const Way& way, const Endpoint& outside, Instant now) {
    for (Relay& relay : relays_) {
        for (WayPulse& pulse : relay.pulses) {
            if (pulse.way() == way) {
                handle_sight(pulse.note_outside(outside, now), relay, pulse, now);
            }
        }
    }
}

void RelayWatch::doubt(Family family, Instant now) {
    for (Relay& relay : relays_) {
        for (WayPulse& pulse : relay.pulses) {
            if (pulse.way().local.family() == family) {
                pulse.doubt(now);
            }
        }
    }
}

void RelayWatch::store_token(const Way& way, const crypto::Token& token, Instant now) {
    if (WayPulse* pulse = find(way)) {
        pulse->store_token(token, now);
    }
}

std::optional<Way> RelayWatch::best_way(const std::string& name, Instant now) const {
    const Relay* relay = find_relay(name);
    if (relay == nullptr || relay->pulses.empty()) {
        return std::nullopt;
    }
    const auto best = std::min_element(
        relay->pulses.begin(),
        relay->pulses.end(),
        [now](const WayPulse& a, const WayPulse& b) {
            const int rank_a = rank_of(a, now);
            const int rank_b = rank_of(b, now);
            return rank_a != rank_b ? rank_a < rank_b : is_better(a, b);
        }
    );
    return best->way();
}

bool RelayWatch::has_answered(const Way& way) const {
    const WayPulse* pulse = find(way);
    return pulse != nullptr && pulse->has_answered();
}

std::optional<Duration> RelayWatch::rtt(const Way& way) const {
    const WayPulse* pulse = find(way);
    return pulse == nullptr ? std::nullopt : pulse->rtt();
}

std::optional<crypto::Token> RelayWatch::token(const Way& way, Instant now) const {
    const WayPulse* pulse = find(way);
    return pulse == nullptr ? std::nullopt : pulse->token(now);
}

std::optional<Duration> RelayWatch::rtt_of_relay(const std::string& name) const {
    std::optional<Duration> best;
    if (const Relay* relay = find_relay(name)) {
        for (const WayPulse& pulse : relay->pulses) {
            if (pulse.rtt() && !pulse.is_dead() && (!best || *pulse.rtt() < *best)) {
                best = pulse.rtt();
            }
        }
    }
    return best;
}

std::vector<WayView> RelayWatch::ways() const {
    std::vector<WayView> views;
    for (const Relay& relay : relays_) {
        for (const WayPulse& pulse : relay.pulses) {
            views.push_back(
                {relay.addresses.name,
                 pulse.way(),
                 pulse.rtt(),
                 pulse.outside(),
                 pulse.has_answered(),
                 pulse.is_dead()}
            );
        }
    }
    return views;
}

bool RelayWatch::handle_answer(const protocol::CookieAnswer& answer, Instant now) {
    for (Relay& relay : relays_) {
        for (WayPulse& pulse : relay.pulses) {
            if (!pulse.has_asked(answer.nonce)) {
                continue;
            }
            note_boot_id(relay.addresses.name, answer.boot_id);
            const WayPulse::Finding finding = pulse.handle_answer(answer, now);
            if (finding.is_first) {
                works(relay, pulse, now);
            }
            handle_sight(finding.sight, relay, pulse, now);
            return true;
        }
    }
    return false;
}

// A NAT that shows this host to one relay elsewhere than to others has rebound since they saw it, if it is
// none that always does so.
void RelayWatch::handle_sight(
    WayPulse::Sight sight, const Relay& relay, const WayPulse& pulse, Instant now
) {
    if (sight == WayPulse::Sight::as_before) {
        return;
    }
    if (sight == WayPulse::Sight::changed) {
        events_.push_back(OutsideChanged{relay.addresses.name, pulse.way(), *pulse.outside()});
    }
    for (Relay& other : relays_) {
        for (WayPulse& way : other.pulses) {
            if (way.way().local == pulse.way().local && way.outside() &&
                way.outside() != pulse.outside()) {
                way.doubt(now);
            }
        }
    }
}

// An IPv4 answer waits 10 ms for an IPv6 one from the same interface, which would win.
void RelayWatch::works(const Relay& relay, const WayPulse& pulse, Instant now) {
    const WayWorks event{relay.addresses.name, pulse.way()};
    const bool may_lose =
        pulse.way().local.is_ipv4() &&
        std::any_of(relay.pulses.begin(), relay.pulses.end(), [&](const WayPulse& other) {
            return other.way().local.is_ipv6() &&
                   other.local().interface_age == pulse.local().interface_age &&
                   !other.has_answered() && !other.is_silent(now);
        });
    if (may_lose) {
        postponed_.push_back({now + ipv6_bonus, event});
        return;
    }
    events_.push_back(event);
}

Instant RelayWatch::next_timeout() const {
    Instant next = Instant::never();
    for (const Relay& relay : relays_) {
        for (const WayPulse& pulse : relay.pulses) {
            next = std::min(next, pulse.next_timeout());
        }
    }
    for (const Postponed& postponed : postponed_) {
        next = std::min(next, postponed.until);
    }
    return next;
}

void RelayWatch::handle_timeout(Instant now) {
    for (Relay& relay : relays_) {
        for (WayPulse& pulse : relay.pulses) {
            const WayPulse::Step step = pulse.handle_timeout(random_, now);
            if (step.has_died) {
                events_.push_back(WayDied{relay.addresses.name, pulse.way()});
            }
            if (step.ask) {
                const Endpoint local{pulse.way().local, own_port_};
                datagrams_.push_back(
                    {local, pulse.way().remote, protocol::build_cookie_ask(*step.ask)}
                );
            }
        }
    }
    const auto due = std::stable_partition(
        postponed_.begin(),
        postponed_.end(),
        [now](const Postponed& postponed) { return postponed.until > now; }
    );
    for (auto at = due; at != postponed_.end(); ++at) {
        events_.push_back(at->event);
    }
    postponed_.erase(due, postponed_.end());
}

std::vector<Datagram> RelayWatch::take_datagrams() {
    return std::exchange(datagrams_, {});
}

std::vector<RelayEvent> RelayWatch::take_events() {
    return std::exchange(events_, {});
}

RelayWatch::Relay* RelayWatch::find_relay(const std::string& name) {
    const auto at = std::find_if(relays_.begin(), relays_.end(), [&](const Relay& relay) {
        return relay.addresses.name == name;
    });
    return at == relays_.end() ? nullptr : &*at;
}

const RelayWatch::Relay* RelayWatch::find_relay(const std::string& name) const {
    const auto at = std::find_if(relays_.begin(), relays_.end(), [&](const Relay& relay) {
        return relay.addresses.name == name;
    });
    return at == relays_.end() ? nullptr : &*at;
}

WayPulse* RelayWatch::find(const Way& way) {
    for (Relay& relay : relays_) {
        for (WayPulse& pulse : relay.pulses) {
            if (pulse.way() == way) {
                return &pulse;
            }
        }
    }
    return nullptr;
}

const WayPulse* RelayWatch::find(const Way& way) const {
    for (const Relay& relay : relays_) {
        for (const WayPulse& pulse : relay.pulses) {
            if (pulse.way() == way) {
                return &pulse;
            }
        }
    }
    return nullptr;
}

}  // namespace ntm::client
