// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/registration.hpp"

#include "client/node/route_direction.hpp"

#include <algorithm>
#include <utility>

namespace ntm::client {

namespace {

using std::chrono::seconds;

constexpr Duration retry_after_refusal = seconds{5};
constexpr Duration longest_wait_while_busy = seconds{5};
// A move comes as several changes: an address goes, another comes, then its route.
constexpr Duration gathered_for = std::chrono::milliseconds{20};
constexpr Duration longest_gathering = seconds{1};
// A DC takes two in a second, and some at once.
constexpr Duration hurried_within = std::chrono::milliseconds{500};
constexpr unsigned most_hurries = 6;
constexpr int most_relays = 16;
constexpr int most_prefixes = 64;
constexpr std::size_t most_addresses = 32;

Result<std::optional<InterfaceAddress>, std::string> parse_vip(
    const std::string& bytes, std::uint32_t length, Family family
) {
    if (bytes.empty()) {
        return std::optional<InterfaceAddress>{};
    }
    const auto address = IpAddress::from_bytes(as_bytes(bytes));
    const std::uint32_t longest = family == Family::ipv4 ? 32 : 128;
    if (!address || address->family() != family || length == 0 || length > longest ||
        address->is_unspecified() || address->is_loopback() || address->is_multicast()) {
        return Unexpected{std::string{"a virtual address in it is none"}};
    }
    return std::optional{InterfaceAddress{*address, static_cast<std::uint8_t>(length)}};
}

Result<Nothing, std::string> read_prefixes(const v1::RegistrationResponse& message, Grant& into) {
    if (message.virtual_prefixes_size() > most_prefixes) {
        return Unexpected{std::string{"it has more than 64 virtual prefixes"}};
    }
    for (const v1::Prefix& prefix : message.virtual_prefixes()) {
        const auto address = IpAddress::from_bytes(as_bytes(prefix.ip()));
        const std::uint32_t longest = address && address->is_ipv4() ? 32 : 128;
        // A default route is not a virtual prefix: it would take all the host's traffic.
        if (!address || prefix.length() < 4 || prefix.length() > longest) {
            return Unexpected{std::string{"a virtual prefix in it is none"}};
        }
        const auto parsed = Prefix::parse(address->text() + "/" + std::to_string(prefix.length()));
        if (!parsed) {
            return Unexpected{std::string{"a virtual prefix in it is none"}};
        }
        into.virtual_prefixes.push_back(*parsed);
    }
    return Nothing{};
}

void read_relays(const v1::RegistrationResponse& message, Grant& into) {
    for (const v1::RelayCandidate& candidate : message.relays()) {
        RelayAddresses relay{candidate.name(), {}};
        for (const v1::Address& address : candidate.addresses()) {
            const auto endpoint = usable_endpoint(address);
            const bool is_first_of_family =
                endpoint && std::none_of(
                                relay.endpoints.begin(),
                                relay.endpoints.end(),
                                [&](const Endpoint& other) {
                                    return other.address.family() == endpoint->address.family();
                                }
                            );
            if (is_first_of_family) {
                relay.endpoints.push_back(*endpoint);
            }
        }
        // A candidate is only to be timed: one that can not be is passed over.
        if (!relay.name.empty() && !relay.endpoints.empty() && into.relays.size() < most_relays) {
            into.relays.push_back(std::move(relay));
        }
    }
}

}  // namespace

Result<Grant, std::string> parse_grant(const v1::RegistrationResponse& message) {
    Grant grant;
    auto vipv4 = parse_vip(message.vipv4(), message.vipv4_prefix_length(), Family::ipv4);
    if (!vipv4) {
        return Unexpected{vipv4.error()};
    }
    auto vipv6 = parse_vip(message.vipv6(), message.vipv6_prefix_length(), Family::ipv6);
    if (!vipv6) {
        return Unexpected{vipv6.error()};
    }
    grant.vipv4 = *vipv4;
    grant.vipv6 = *vipv6;
    if (!grant.vipv4 && !grant.vipv6) {
        return Unexpected{std::string{"it has no virtual address"}};
    }
    const auto prefixes = read_prefixes(message, grant);
    if (!prefixes) {
        return Unexpected{prefixes.error()};
    }
    grant.outside = usable_endpoint(message.outside());
    if (message.keep_alive_seconds() == 0 || message.lifetime_seconds() == 0) {
        return Unexpected{std::string{"its keep-alive interval or lifetime is zero"}};
    }
    grant.keep_alive = seconds{std::clamp<std::uint32_t>(message.keep_alive_seconds(), 1, 3600)};
    grant.lifetime = seconds{std::clamp<std::uint32_t>(message.lifetime_seconds(), 10, 604800)};
    read_relays(message, grant);
    return grant;
}

void Registration::addresses_changed(const LocalAddresses& locals, Instant now) {
    addresses_ = locals.all();
    if (registering_) {
        signaling_.cancel_request(settings_.dc_key, *registering_);
        registering_.reset();
    }
    are_addresses_known_ = false;
    if (addresses_.empty()) {
        is_gathering_ = false;
        register_at_.reset();
        keep_alive_at_.reset();
        return;
    }
    const bool is_first = !has_started_;
    reach_dc(locals, now);
    if (is_first) {
        send_registration(now);
        return;
    }
    // What waits already will tell of this change too.
    const bool is_waiting = is_gathering_ || (busy_backoff_ && register_at_);
    if (!is_waiting) {
        is_gathering_ = true;
        register_at_ = now + gathering_time(now);
    }
}

// Doubled for each Registration that has another right behind it: a host whose addresses do not come
// to rest stays below what a DC takes.
Duration Registration::gathering_time(Instant now) {
    const bool is_hurried = now - registering_since_ < hurried_within;
    hurries_ = is_hurried ? std::min(hurries_ + 1, most_hurries) : 0;
    return std::min<Duration>(gathered_for * (1 << hurries_), longest_gathering);
}

void Registration::outside_changed(Instant now) {
    if (may_keep_alive()) {
        keep_alive_at_ = now;
    }
}

void Registration::dc_moved(const LocalAddresses& locals, Instant now) {
    set_endpoints(locals);
    signaling_.connect(settings_.dc_key, true, now);
}

void Registration::set_endpoints(const LocalAddresses& locals) {
    std::vector<Endpoint> reachable;
    for (const Endpoint& endpoint : settings_.dc_endpoints) {
        if (locals.has_family(endpoint.address.family())) {
            reachable.push_back(endpoint);
        }
    }
    signaling_.set_endpoints(
        settings_.dc_key, reachable.empty() ? settings_.dc_endpoints : reachable
    );
}

void Registration::reach_dc(const LocalAddresses& locals, Instant now) {
    set_endpoints(locals);
    const auto present = signaling_.endpoint_of(settings_.dc_key);
    if (has_started_ && present && locals.has_family(present->address.family())) {
        signaling_.announce_move(settings_.dc_key, now);
        return;
    }
    has_started_ = true;
    signaling_.connect(settings_.dc_key, true, now);
}

void Registration::handle_connected(const protocol::PeerConnected& event, Instant now) {
    if (event.is_new_boot && grant_ && !registering_ && !addresses_.empty()) {
        send_registration(now);
    }
}

void Registration::send_registration(Instant now) {
    v1::Signal message;
    v1::RegistrationRequest& request = *message.mutable_registration_request();
    request.set_fqdn(settings_.fqdn);
    request.set_port(settings_.port.number);
    for (std::size_t i = 0; i < addresses_.size() && i < most_addresses; ++i) {
        const RealAddress& real = addresses_[i].real;
        v1::NodeAddress& address = *request.add_addresses();
        address.set_ip(as_text(real.address.address.bytes()));
        address.set_prefix_length(real.address.prefix_length);
        address.set_kind(static_cast<v1::InterfaceKind>(real.kind));
    }
    for (const crypto::Suite suite : settings_.suites) {
        request.add_suites(static_cast<v1::Suite>(suite));
    }
    register_at_.reset();
    is_gathering_ = false;
    registering_since_ = now;
    registering_ = signaling_.send_request(
        settings_.dc_key, std::move(message), protocol::OnNewBoot::resend, now
    );
}

void Registration::send_keep_alive(const RelayRtts& rtts, Instant now) {
    v1::Signal message;
    v1::KeepAlive& keep_alive = *message.mutable_keep_alive();
    for (const auto& [name, rtt] : rtts) {
        v1::RelayRtt& entry = *keep_alive.add_rtts();
        entry.set_name(name);
        const auto microseconds =
            std::chrono::duration_cast<std::chrono::microseconds>(rtt).count();
        entry.set_rtt_microseconds(static_cast<std::uint32_t>(microseconds));
    }
    keeping_alive_since_ = now;
    keeping_alive_ = signaling_.send_request(
        settings_.dc_key, std::move(message), protocol::OnNewBoot::fail, now
    );
}

Registration::Outcome Registration::handle_answer(
    const protocol::AnswerReceived& answer, Instant now
) {
    if (registering_ == answer.id) {
        registering_.reset();
        return take_response(answer.message, now);
    }
    if (keeping_alive_ != answer.id) {
        return Outcome::not_mine;
    }
    keeping_alive_.reset();
    if (answer.message.status() != v1::STATUS_OK || !answer.message.has_keep_alive_ack()) {
        // The DC does not count this node among its registered ones.
        if (!registering_) {
            send_registration(now);
        }
        return Outcome::no_change;
    }
    if (grant_) {
        take_ack(answer.message.keep_alive_ack(), now);
    }
    return Outcome::no_change;
}

void Registration::take_ack(const v1::KeepAliveAck& ack, Instant now) {
    keep_alive_at_ = now + grant_->keep_alive;
    if (const auto outside = usable_endpoint(ack.outside())) {
        grant_->outside = outside;
        note_outside(*outside);
    }
}

void Registration::note_outside(const Endpoint& outside) {
    const Family family = outside.address.family();
    const auto [seen, is_first] = seen_at_.try_emplace(family, outside);
    if (!is_first && seen->second != outside) {
        seen->second = outside;
        changed_family_ = family;
    }
}

Registration::Outcome Registration::take_response(const v1::Signal& answer, Instant now) {
    if (answer.status() == v1::STATUS_BUSY) {
        if (!busy_backoff_) {
            busy_backoff_.emplace(std::nullopt, longest_wait_while_busy);
        }
        register_at_ = now + busy_backoff_->next(random_);
        return Outcome::no_change;
    }
    busy_backoff_.reset();
    register_at_ = now + retry_after_refusal;
    if (answer.status() != v1::STATUS_OK) {
        refusal_ =
            answer.text().empty() ? "status " + std::to_string(answer.status()) : answer.text();
        return Outcome::refused;
    }
    auto grant = parse_grant(answer.registration_response());
    if (!grant) {
        refusal_ = "the DC's answer is unusable: " + grant.error();
        return Outcome::refused;
    }
    grant_ = *std::move(grant);
    are_addresses_known_ = true;
    register_at_ = now + grant_->lifetime / 2;
    keep_alive_at_ = now + grant_->keep_alive;
    if (grant_->outside) {
        note_outside(*grant_->outside);
    }
    return Outcome::granted;
}

Registration::Outcome Registration::handle_failure(std::uint64_t request, Instant now) {
    if (registering_ == request) {
        registering_.reset();
    } else if (keeping_alive_ == request) {
        keeping_alive_.reset();
    } else {
        return Outcome::not_mine;
    }
    // Without an answer for 10 s the session may be over on the other side: a Registration goes out
    // on a new one.
    if (!registering_ && !addresses_.empty()) {
        signaling_.connect(settings_.dc_key, true, now);
        send_registration(now);
    }
    return Outcome::no_change;
}

std::optional<Instant> Registration::waits_since() const noexcept {
    std::optional<Instant> since;
    if (registering_) {
        since = registering_since_;
    }
    if (keeping_alive_ && (!since || keeping_alive_since_ < *since)) {
        since = keeping_alive_since_;
    }
    return since;
}

Instant Registration::next_timeout() const {
    Instant next = Instant::never();
    if (!registering_ && register_at_) {
        next = std::min(next, *register_at_);
    }
    if (may_keep_alive()) {
        next = std::min(next, *keep_alive_at_);
    }
    return next;
}

void Registration::handle_timeout(const RelayRtts& rtts, Instant now) {
    if (addresses_.empty()) {
        return;
    }
    if (!registering_ && register_at_ && now >= *register_at_) {
        send_registration(now);
    }
    if (may_keep_alive() && now >= *keep_alive_at_) {
        keep_alive_at_.reset();
        send_keep_alive(rtts, now);
    }
}

}  // namespace ntm::client
