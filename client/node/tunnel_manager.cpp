// SPDX-License-Identifier: BSD-3-Clause
// The way in and out: what comes from outside goes to the part that it concerns.
#include "client/node/tunnel_manager.hpp"

#include "client/node/inner_packet.hpp"
#include "common/protocol/cookie.hpp"

#include <algorithm>

namespace ntm::client {

namespace {

constexpr Duration shutdown_patience = std::chrono::seconds{1};

Secret<16> random_key(RandomSource& random) {
    Secret<16> key;
    random.fill(key.mutable_view());
    return key;
}

}  // namespace

TunnelManager::TunnelManager(NodeSettings settings, RandomSource& random)
    : settings_{std::move(settings)},
      random_{random},
      token_key_{random_key(random)},
      signaling_{
          {settings_.static_key.clone(),
           settings_.boot_id,
           token_key_.clone(),
           /*demands_tokens=*/false,
           settings_.key_log},
          random},
      mint_{token_key_},
      relays_{settings_.port, random},
      registration_{settings_, signaling_, random},
      directions_{settings_, signaling_},
      exit_wish_{settings_.wants_exit},
      known_peers_{std::move(settings_.known_peers)},
      shelf_{settings_.key_policy},
      context_{
          settings_.port,
          settings_.boot_id,
          random_,
          mint_,
          relays_,
          locals_,
          own_vips_,
          network_.prefixes,
          counters_,
          out_,
          settings_.static_key,
          settings_.key_log,
          segments_,
          {},
          {}} {
    settings_.fqdn = normalized_name(settings_.fqdn);
    set_names(std::move(settings_.zones), std::move(settings_.general_names));
    signaling_.add_peer(settings_.dc_key, protocol::PeerKind::dc);
}

void TunnelManager::set_names(std::vector<std::string> zones, GeneralNames general) {
    for (std::string& zone : zones) {
        zone = normalized_name(zone);
    }
    settings_.zones = std::move(zones);
    settings_.general_names = std::move(general);
    general_trouble_.clear();  // of names that may be none of these
    is_general_trouble_told_ = false;
}

void TunnelManager::set_dc_endpoints(std::vector<Endpoint> endpoints, Instant now) {
    if (endpoints == settings_.dc_endpoints) {
        return;
    }
    settings_.dc_endpoints = std::move(endpoints);
    if (!locals_.is_empty() && !shut_down_by_) {
        registration_.dc_moved(locals_, now);
        settle(now);
    }
}

void TunnelManager::handle_addresses(const std::vector<RealAddress>& present, Instant now) {
    if (!locals_.update(present)) {
        return;
    }
    relays_.set_locals(locals_.usable(), now);
    for (const auto& [path_id, tunnel] : tunnels_.all()) {
        tunnel->locals_changed(now);
    }
    registration_.addresses_changed(locals_, now);
    if (locals_.is_empty()) {
        warn("this host has no real address left");
    }
    settle(now);
}

void TunnelManager::handle_datagram(const Datagram& datagram, Instant now) {
    const auto header = protocol::NtmHeader::parse(datagram.payload);
    if (!header) {
        ++counters_.malformed_datagram;
        return;
    }
    switch (header->type) {
        case protocol::PacketType::data:
        case protocol::PacketType::end:
        case protocol::PacketType::leg:
            handle_path_packet(*header, datagram, now);
            break;
        case protocol::PacketType::signal:
        case protocol::PacketType::handshake:
            handle_signal(datagram, now);
            break;
        case protocol::PacketType::cookie:
            handle_cookie(datagram, now);
            break;
    }
}

// What came to an address that is gone by now, and waited while this program was stopped, would be
// answered from there, and the DC or the peer taken to be reached that way.
bool TunnelManager::is_to_former_address(const Datagram& datagram) {
    const bool is_gone = !locals_.has(datagram.local.address);
    counters_.to_former_address += is_gone ? 1 : 0;
    return is_gone;
}

// Anybody can send what is not authentic: it must not cost a look at all paths.
void TunnelManager::handle_signal(const Datagram& datagram, Instant now) {
    if (is_to_former_address(datagram)) {
        return;
    }
    signaling_.handle_datagram(datagram, now);
    if (signaling_.has_events()) {
        settle(now);
    }
}

void TunnelManager::handle_path_packet(
    const protocol::NtmHeader& header, const Datagram& datagram, Instant now
) {
    Tunnel* tunnel = tunnels_.find(header.path_id());
    if (tunnel == nullptr) {
        ++counters_.unknown_path;
        return;
    }
    bool is_to_settle = false;
    if (header.type == protocol::PacketType::data) {
        tunnel->handle_data(datagram, now);
        is_to_settle = !out_.events.empty();
    } else if (header.type == protocol::PacketType::end) {
        is_to_settle = tunnel->handle_end(header, datagram, now);
    } else if (!is_to_former_address(datagram)) {
        is_to_settle = tunnel->handle_leg(header, datagram, now);
    }
    if (is_to_settle) {
        settle(now);
        return;
    }
    note_timer(*tunnel);
}

void TunnelManager::handle_cookie(const Datagram& datagram, Instant now) {
    if (protocol::parse_cookie_ask(datagram.payload)) {
        ++counters_.cookie_ask;
        return;
    }
    const auto answer = protocol::parse_cookie_answer(datagram.payload);
    if (!answer) {
        ++counters_.malformed_datagram;
        return;
    }
    if (signaling_.owns_cookie(answer->nonce)) {
        handle_signal(datagram, now);
        return;
    }
    if (!relays_.handle_answer(*answer, now)) {
        ++counters_.unknown_cookie;
        return;
    }
    settle(now);
}

void TunnelManager::handle_inner_packet(Bytes packet, Instant now) {
    const auto head = InnerPacket::parse(packet);
    if (!head) {
        ++counters_.bad_packet_from_tun;
        return;
    }
    const auto is_own = [this](const IpAddress& address) {
        return std::find(own_vips_.begin(), own_vips_.end(), address) != own_vips_.end();
    };
    const bool is_between_us_and_another =
        is_own(head->source) && !is_own(head->destination) && is_host(head->destination);
    const bool is_virtual = is_in_any(network_.prefixes, head->destination);
    Tunnel* tunnel = is_virtual ? tunnels_.find_by_vip(head->destination) : tunnels_.find_exit();
    if (shut_down_by_ || !is_between_us_and_another || (!is_virtual && tunnel == nullptr)) {
        ++counters_.not_virtual;
        return;
    }
    if (tunnel != nullptr) {
        tunnel->send(std::move(packet), now);
        note_timer(*tunnel);
    } else {
        const auto name = names_.name_of(head->destination);
        const DirectionWish wish{
            name.value_or(std::string{}), head->destination, v1::DIRECTION_NEW, {}};
        if (!directions_.ask_and_hold(wish, std::move(packet), now)) {
            ++counters_.held_too_long;
        }
    }
    if (!out_.events.empty()) {
        settle(now);
    }
}

void TunnelManager::shutdown(Instant now) {
    if (shut_down_by_) {
        return;
    }
    shut_down_by_ = now + shutdown_patience;
    std::vector<PathId> all;
    for (const auto& [path_id, tunnel] : tunnels_.all()) {
        all.push_back(path_id);
    }
    for (const PathId path_id : all) {
        release(path_id, v1::RELEASE_SHUTDOWN, now);
    }
    settle(now);
}

bool TunnelManager::is_shut_down(Instant now) const {
    return shut_down_by_ && (releases_.empty() || now >= *shut_down_by_);
}

Instant TunnelManager::next_timeout() const {
    Instant next = std::min({signaling_.next_timeout(), relays_.next_timeout()});
    next = std::min(next, registration_.next_timeout());
    next = std::min({next, directions_.next_timeout(), exit_wish_.next_timeout()});
    next = std::min(next, queries_.next_timeout());
    next = std::min(next, silence_.next_timeout(waits_for_dc_since()));
    next = std::min(next, tunnels_due_);
    if (shut_down_by_ && !releases_.empty()) {
        next = std::min(next, *shut_down_by_);
    }
    return next;
}

void TunnelManager::handle_timeout(Instant now) {
    signaling_.handle_timeout(now);
    registration_.handle_timeout(relay_rtts(), now);
    counters_.held_too_long += directions_.handle_timeout(now);
    for (const NameQuery& query : queries_.take_expired(now)) {
        answer_query(
            query.number, query.may_be_foreign ? DnsOutcome::not_ours : DnsOutcome::failed
        );
    }
    if (silence_.has_begun(waits_for_dc_since(), now)) {
        warn("the DC does not answer; trying on");
    }
    if (shut_down_by_ && now >= *shut_down_by_) {
        releases_.clear();
    }
    settle(now);
}

void TunnelManager::run_tunnels(Instant now) {
    tunnels_due_ = Instant::never();
    for (const auto& [path_id, tunnel] : tunnels_.all()) {
        if (tunnel->next_timeout() <= now) {
            tunnel->handle_timeout(now);
        }
        note_timer(*tunnel);
    }
}

std::vector<Datagram> TunnelManager::take_datagrams() {
    std::vector<Datagram> all = std::exchange(out_.datagrams, {});
    const auto add = [&all](std::vector<Datagram> more) {
        all.insert(
            all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())
        );
    };
    add(signaling_.take_datagrams());
    add(relays_.take_datagrams());
    return all;
}

std::vector<Bytes> TunnelManager::take_inner_packets() {
    return std::exchange(out_.inner_packets, {});
}

std::vector<DnsAnswer> TunnelManager::take_dns_answers() {
    return std::exchange(answers_, {});
}

std::vector<NodeEvent> TunnelManager::take_events() {
    return std::exchange(events_, {});
}

void TunnelManager::log_secrets(const RouteDirection& direction) const {
    settings_.key_log.note_path_secret(
        direction.path_id, direction.revision, direction.suite, direction.path_secret
    );
    if (direction.kind == RouteKind::relayed) {
        settings_.key_log.note_leg_secret(
            direction.path_id, direction.revision, direction.role, direction.leg_secret
        );
    }
}

}  // namespace ntm::client
