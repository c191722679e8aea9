// SPDX-License-Identifier: BSD-3-Clause
#include "control/end_order.hpp"

#include "common/base/names.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ntm::control {

namespace {

using GeneralNode = tables::PathEnd::GeneralNode;
using Refused = Unexpected<std::string>;

bool is_virtual(const IpAddress& address) noexcept {
    return !address.is_unspecified() && !address.is_loopback() && !address.is_multicast() &&
           !address.is_link_local();
}

// Nothing unless the bytes are a virtual address of that family.
std::optional<IpAddress> read_virtual(const std::string& bytes, Family family) {
    const auto address = IpAddress::from_bytes(as_bytes(bytes));
    const bool is_good = address && address->family() == family && is_virtual(*address);
    return is_good ? address : std::nullopt;
}

Result<Subscriber, std::string> check_subscriber(const v1::RelayEnd& end) {
    Subscriber subscriber;
    const auto fqdn = normalise_fqdn(end.subscriber_fqdn());
    if (!fqdn) {
        return Refused{"subscriber_fqdn: not a host name"};
    }
    subscriber.fqdn = *fqdn;
    const auto key = crypto::PublicKey::from_bytes(as_bytes(end.subscriber_key()));
    if (!key) {
        return Refused{"subscriber_key: not 32 bytes"};
    }
    subscriber.key = *key;
    if (end.subscriber_vipv4().empty() && end.subscriber_vipv6().empty()) {
        return Refused{"subscriber_vipv4, subscriber_vipv6: neither is there"};
    }
    if (!end.subscriber_vipv4().empty()) {
        const auto vip = read_virtual(end.subscriber_vipv4(), Family::ipv4);
        if (!vip) {
            return Refused{"subscriber_vipv4: not a virtual address"};
        }
        subscriber.vipv4 = vip->ipv4();
    }
    if (!end.subscriber_vipv6().empty()) {
        const auto vip = read_virtual(end.subscriber_vipv6(), Family::ipv6);
        if (!vip) {
            return Refused{"subscriber_vipv6: not a virtual address"};
        }
        subscriber.vipv6 = vip->ipv6();
    }
    subscriber.most_ports = end.most_ports();
    subscriber.most_sessions = end.most_sessions();
    return subscriber;
}

IpAddress vip_of(const Subscriber& subscriber, Family family) noexcept {
    return family == Family::ipv4 ? IpAddress{subscriber.vipv4} : IpAddress{subscriber.vipv6};
}

Result<GeneralNode, std::string> check_general_node(
    const v1::GeneralNode& node, const Subscriber& subscriber, const relay::TargetFilter& targets
) {
    const auto real = IpAddress::from_bytes(as_bytes(node.real_ip()));
    if (!real) {
        return Refused{"real_ip: not an address"};
    }
    if (!targets.permits_node(*real)) {
        return Refused{"real_ip: this relay does not forward to " + real->text()};
    }
    const auto vip = read_virtual(node.virtual_ip(), real->family());
    if (!vip) {
        return Refused{"virtual_ip: not a virtual address of real_ip's family"};
    }
    const IpAddress own = vip_of(subscriber, real->family());
    if (own.is_unspecified()) {
        return Refused{"general_nodes: of a family in which the subscriber has no address"};
    }
    if (own == *vip) {
        return Refused{"virtual_ip: the subscriber's own"};
    }
    return GeneralNode{*vip, *real};
}

}  // namespace

Result<EndOrder, std::string> check_end(const v1::RelayEnd& end, const EndRules& rules) {
    EndOrder order;
    const auto is_named = [&](crypto::Suite suite) {
        return static_cast<int>(suite) == static_cast<int>(end.suite());
    };
    const auto suite = std::ranges::find_if(rules.suites, is_named);
    if (suite == rules.suites.end()) {
        return Refused{"suite: not one that this relay allows"};
    }
    order.suite = *suite;
    auto subscriber = check_subscriber(end);
    if (!subscriber) {
        return Refused{subscriber.error()};
    }
    order.subscriber = *std::move(subscriber);
    for (const v1::GeneralNode& message : end.general_nodes()) {
        auto node = check_general_node(message, order.subscriber, rules.targets);
        if (!node) {
            return Refused{node.error()};
        }
        const auto has_family = [&](const GeneralNode& known) {
            return known.real_address.family() == node->real_address.family();
        };
        if (std::ranges::any_of(order.general_nodes, has_family)) {
            return Refused{"general_nodes: two of one family"};
        }
        order.general_nodes.push_back(*node);
    }
    return order;
}

}  // namespace ntm::control
