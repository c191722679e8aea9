// SPDX-License-Identifier: BSD-3-Clause
// The RS-N half of RelayDirector: the subscribers whose paths end here, what they may reach, and END.
#include "common/protocol/sealed.hpp"
#include "control/relay_director.hpp"

#include <algorithm>
#include <utility>

namespace ntm::control {

namespace {

constexpr std::size_t nonce_size = 8;

}  // namespace

void RelayDirector::handle_end(const Datagram& datagram, const protocol::NtmHeader& header) {
    const RelayedPath* const path = book_.find(header.path_id());
    if (path == nullptr || !path->end || header.role() != Role::initiator) {
        ++counters_.not_for_control;
        return;
    }
    const Leg& leg = path->leg(Role::initiator);
    const OuterPair outer{datagram.remote, datagram.local};
    if (!leg.binding || leg.binding->outer != outer) {
        ++counters_.foreign_end_source;
        return;
    }
    const auto message = protocol::open_end(leg.secret, datagram.payload);
    if (!message && message.error() == protocol::OpenError::bad_tag) {
        ++counters_.bad_end_tag;
        return;
    }
    if (!message || !message->has_probe() || message->probe().nonce().size() != nonce_size) {
        ++counters_.malformed;
        return;
    }
    answer_probe(*path, message->probe(), datagram);
}

void RelayDirector::answer_probe(
    const RelayedPath& path, const v1::EndProbe& probe, const Datagram& datagram
) {
    v1::End message;
    message.mutable_probe_answer()->set_nonce(probe.nonce());
    const Secret32& path_secret = path.leg(Role::initiator).secret;
    // As long as the shortest probe.
    Bytes sealed = protocol::seal_end(path_secret, path.id, Role::responder, message, *random_);
    ++counters_.end_probes;
    datagrams_.push_back({datagram.local, datagram.remote, std::move(sealed)});
}

void RelayDirector::open_subscriber(const RelayEnd& end) {
    const Subscriber& who = end.subscriber;
    commands_.emplace_back(OpenSubscriber{
        end.number, who.vipv4, who.vipv6, who.most_ports, who.most_sessions, ++tenancies_});
}

void RelayDirector::close_subscriber(std::optional<tables::SubscriberNumber> number) {
    if (number) {
        commands_.emplace_back(CloseSubscriber{*number});
    }
}

relay::TargetFilter RelayDirector::make_targets() const {
    std::vector<IpAddress> hosts = own_addresses_;
    hosts.insert(hosts.end(), napt_->addresses.begin(), napt_->addresses.end());
    for (const auto& [key, endpoints] : dc_endpoints_) {
        for (const Endpoint& endpoint : endpoints) {
            hosts.push_back(endpoint.address);
        }
        if (const auto heard_at = signaling_.endpoint_of(key)) {
            hosts.push_back(heard_at->address);
        }
    }
    relay::TargetFilter filter{hosts, napt_->allowed};
    filter.set_public_addresses(napt_->addresses);
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (std::ranges::none_of(napt_->addresses, [family](const IpAddress& address) {
                return address.family() == family;
            })) {
            filter.leave_out(family);
        }
    }
    return filter;
}

void RelayDirector::follow_targets(Instant now) {
    if (!napt_) {
        return;
    }
    relay::TargetFilter targets = make_targets();
    if (targets_ == targets) {
        return;
    }
    commands_.emplace_back(SetTargets{targets});
    targets_ = std::move(targets);
    give_up_forbidden_paths(now);
}

void RelayDirector::give_up_forbidden_paths(Instant now) {
    if (book_.subscribers() == 0) {
        return;
    }
    std::vector<PathId> forbidden;
    for (const auto& [id, path] : book_.all()) {
        if (path.end && !std::ranges::all_of(path.end->general_nodes, [&](const auto& node) {
                return targets_->permits_node(node.real_address);
            })) {
            forbidden.push_back(id);
        }
    }
    for (const PathId id : forbidden) {
        commands_.emplace_back(RemovePath{id});
        give_up(id, now);
        ++counters_.paths_forbidden;
    }
}

}  // namespace ntm::control
