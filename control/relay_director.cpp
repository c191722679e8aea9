// SPDX-License-Identifier: BSD-3-Clause
#include "control/relay_director.hpp"

#include "common/protocol/cookie.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace ntm::control {

using protocol::NtmHeader;
using protocol::PacketType;

RelayDirector::RelayDirector(
    DirectorSettings settings, Resolver resolver, RandomSource& random, Instant now
)
    : name_{std::move(settings.name)},
      boot_id_{settings.boot_id},
      addresses_{std::move(settings.addresses)},
      own_addresses_{std::move(settings.own_addresses)},
      resolver_{std::move(resolver)},
      random_{&random},
      mint_{settings.token_key},
      key_log_{settings.key_log},
      signaling_{
          {std::move(settings.static_key),
           settings.boot_id,
           std::move(settings.token_key),
           /*demands_tokens=*/true,
           std::move(settings.key_log),
           /*first_request_id=*/(settings.process - 1) << 32 | 1},
          random},
      book_{settings.path_capacity, settings.napt ? settings.napt->subscribers : 0, settings.kept},
      napt_{std::move(settings.napt)} {
    for (const Endpoint& address : addresses_) {
        own_addresses_.push_back(address.address);
    }
    for (DirectorSettings::Dc& dc : settings.dcs) {
        add_dc(std::move(dc), now);
    }
    drain_signaling(now);
}

void RelayDirector::go_on(std::optional<KeptState::Left> left, Instant now) {
    if (left) {
        book_.adopt(*std::move(left));
        std::unordered_set<tables::SubscriberNumber> opened;
        for (const auto& [id, held] : book_.all()) {
            RelayedPath& path = *book_.find(id);
            if (path.end && opened.insert(path.end->number).second) {
                open_subscriber(*path.end);
            }
            resolve_hops(path);
            log_secrets(path);
            commands_.emplace_back(InstallPath{to_table(path)});
        }
        if (napt_) {
            give_up_forbidden_paths(now);
        }
    }
    commands_.emplace_back(CloseLeftSubscribers{});
}

void RelayDirector::add_dc(DirectorSettings::Dc dc, Instant now) {
    links_.emplace_back(dc.name, dc.key, now);
    signaling_.add_peer(dc.key, protocol::PeerKind::dc);
    signaling_.set_endpoints(dc.key, dc.endpoints);
    dc_endpoints_[dc.key] = std::move(dc.endpoints);
    signaling_.connect(dc.key, true, now);
}

void RelayDirector::set_dcs(std::vector<DirectorSettings::Dc> dcs, Instant now) {
    std::erase_if(links_, [&](const DcLink& link) {
        const auto same = std::ranges::find(dcs, link.key(), &DirectorSettings::Dc::key);
        if (same != dcs.end() && same->name == link.name()) {
            return false;
        }
        signaling_.remove_peer(link.key());
        dc_endpoints_.erase(link.key());
        return true;
    });
    for (DirectorSettings::Dc& dc : dcs) {
        const auto known = dc_endpoints_.find(dc.key);
        if (known == dc_endpoints_.end()) {
            add_dc(std::move(dc), now);
        } else if (known->second != dc.endpoints) {
            signaling_.set_endpoints(dc.key, dc.endpoints);
            known->second = std::move(dc.endpoints);
            // Beside the session there is: the DC may answer at the new addresses alone.
            signaling_.connect(dc.key, true, now);
        }
    }
    drain_signaling(now);
}

void RelayDirector::handle_datagram(const Datagram& datagram, Instant now) {
    // The kernel delivers what comes to multicast or link-local addresses too: a leg that is bound
    // there would be one that the data plane can not serve.
    if (std::ranges::find(own_addresses_, datagram.local.address) == own_addresses_.end()) {
        ++counters_.foreign_address;
        return;
    }
    const auto header = NtmHeader::parse(datagram.payload);
    if (!header) {
        ++counters_.malformed;
        return;
    }
    switch (header->type) {
        case PacketType::leg:
            handle_leg(datagram, *header, now);
            return;
        case PacketType::signal:
        case PacketType::handshake:
            signaling_.handle_datagram(datagram, now);
            drain_signaling(now);
            return;
        case PacketType::cookie: {
            // A COOKIE answer here is a demand for a token of one of our handshakes.
            const auto answer = protocol::parse_cookie_answer(datagram.payload);
            if (answer && signaling_.owns_cookie(answer->nonce)) {
                signaling_.handle_datagram(datagram, now);
                drain_signaling(now);
                return;
            }
            break;
        }
        case PacketType::end:
            handle_end(datagram, *header);
            return;
        case PacketType::data:
            break;
    }
    ++counters_.not_for_control;
}

void RelayDirector::handle_timeout(Instant now) {
    signaling_.handle_timeout(now);
    drain_signaling(now);
    for (DcLink& link : links_) {
        handle_link_timeout(link, now);
    }
    for (const PathId id : book_.take_due(now)) {
        RelayedPath* const path = book_.find(id);
        if (path == nullptr) {
            continue;
        }
        if (path->expires <= now) {
            const auto closed = book_.erase(id);
            commands_.emplace_back(RemovePath{id});
            close_subscriber(closed);
            ++counters_.paths_expired;
            continue;
        }
        remove_old_sources(*path, now);
    }
    drain_signaling(now);
}

Instant RelayDirector::next_timeout() const {
    Instant next = std::min(signaling_.next_timeout(), book_.next_due());
    for (const DcLink& link : links_) {
        next = std::min(next, link.next_timeout());
    }
    return next;
}

void RelayDirector::walk_routes() {
    book_.walk(route_walk_, steps_a_piece, [this](RelayedPath& path) {
        const tables::RelayPath before = to_table(path);
        resolve_hops(path);
        const tables::RelayPath after = to_table(path);
        if (after != before) {
            commands_.emplace_back(ReplacePath{after});
        }
    });
}

void RelayDirector::handle_table_full(PathId id, Instant now) {
    if (book_.find(id) != nullptr) {
        give_up(id, now);
        drain_signaling(now);
    }
}

void RelayDirector::give_up(PathId id, Instant now) {
    const RelayedPath& path = *book_.find(id);
    if (DcLink* const dc = find_link(path.dc)) {
        revoke(path, *dc, now);
    }
    close_subscriber(book_.erase(id));
}

void RelayDirector::revoke(const RelayedPath& path, DcLink& dc, Instant now) {
    v1::Signal message;
    v1::PathRelease& release = *message.mutable_path_release();
    release.set_path_id(path.id.value);
    release.set_revision(path.revision);
    release.set_reason(v1::RELEASE_REVOKED);
    *release.mutable_fence() = dc.fence(boot_id_);
    signaling_.send_request(dc.key(), std::move(message), protocol::OnNewBoot::fail, now);
}

std::vector<Datagram> RelayDirector::take_datagrams() {
    return std::exchange(datagrams_, {});
}

std::vector<DirectorCommand> RelayDirector::take_commands() {
    return std::exchange(commands_, {});
}

std::vector<DirectorEvent> RelayDirector::take_events() {
    return std::exchange(events_, {});
}

}  // namespace ntm::control
