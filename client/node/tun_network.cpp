// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/tun_network.hpp"

#include <algorithm>
#include <utility>

namespace ntm::client {

namespace {

constexpr Duration retry_after = std::chrono::seconds{5};

template <typename T>
bool has(const std::vector<T>& all, const T& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

std::vector<InterfaceAddress> addresses_of(const VirtualNetwork& network) {
    std::vector<InterfaceAddress> addresses;
    for (const auto& vip : {network.vipv4, network.vipv6}) {
        if (vip) {
            addresses.push_back(*vip);
        }
    }
    return addresses;
}

std::string text_of(const InterfaceAddress& at) {
    return "address " + at.address.text();
}

}  // namespace

std::vector<std::string> TunNetwork::configure(
    const VirtualNetwork& wanted, LinkSettings& link, Instant now
) {
    if (wanted_ == wanted && now < retry_at_) {
        return {};
    }
    wanted_ = wanted;
    const std::set<std::string> known = std::exchange(troubles_, {});
    bring_in_line(link);
    retry_at_ = troubles_.empty() ? Instant::never() : now + retry_after;
    std::vector<std::string> news;
    std::set_difference(
        troubles_.begin(), troubles_.end(), known.begin(), known.end(), std::back_inserter(news)
    );
    return news;
}

void TunNetwork::bring_in_line(LinkSettings& link) {
    if (present_.mtu != wanted_->mtu) {
        if (note("MTU " + std::to_string(wanted_->mtu), link.bring_up(wanted_->mtu))) {
            present_.mtu = wanted_->mtu;
        } else if (!present_.mtu) {
            return;  // nothing can be set on a device that is down
        }
    }
    remove_unwanted(link);
    add_addresses(link);
    add_routes(link);
    add_exits(link);
}

void TunNetwork::remove_unwanted(LinkSettings& link) {
    const auto wanted_addresses = addresses_of(*wanted_);
    std::erase_if(present_.exits, [&](const IpAddress& vip) {
        if (is_exit_wanted(vip)) {
            return false;
        }
        static_cast<void>(note("exit by " + vip.text(), link.remove_exit(vip)));
        return true;
    });
    std::erase_if(present_.routes, [&](const Prefix& prefix) {
        if (has(wanted_->prefixes, prefix)) {
            return false;
        }
        // Whatever the kernel says, it is not counted on any more: most likely it is gone.
        static_cast<void>(note("route " + prefix.text(), link.remove_route(prefix)));
        return true;
    });
    std::erase_if(present_.addresses, [&](const InterfaceAddress& at) {
        if (has(wanted_addresses, at)) {
            return false;
        }
        static_cast<void>(note(text_of(at), link.remove_address(at)));
        // An address takes the routes that hang on it along.
        std::erase_if(present_.routes, [&](const Prefix& prefix) {
            return prefix.address.family() == at.address.family();
        });
        return true;
    });
}

void TunNetwork::add_addresses(LinkSettings& link) {
    for (const InterfaceAddress& at : addresses_of(*wanted_)) {
        if (!has(present_.addresses, at) && note(text_of(at), link.add_address(at))) {
            present_.addresses.push_back(at);
        }
    }
}

void TunNetwork::add_routes(LinkSettings& link) {
    for (const Prefix& prefix : wanted_->prefixes) {
        // Without an address of its family nothing could leave by it, as its refusal has said.
        const bool is_usable = std::any_of(
            present_.addresses.begin(),
            present_.addresses.end(),
            [&](const InterfaceAddress& at) {
                return at.address.family() == prefix.address.family();
            }
        );
        if (is_usable && !has(present_.routes, prefix) &&
            note("route " + prefix.text(), link.add_route(prefix))) {
            present_.routes.push_back(prefix);
        }
    }
}

bool TunNetwork::is_exit_wanted(const IpAddress& vip) const {
    const auto addresses = addresses_of(*wanted_);
    return wanted_->is_exit &&
           std::ranges::find(addresses, vip, &InterfaceAddress::address) != addresses.end();
}

void TunNetwork::add_exits(LinkSettings& link) {
    for (const InterfaceAddress& at : present_.addresses) {
        const IpAddress& vip = at.address;
        if (is_exit_wanted(vip) && !has(present_.exits, vip) &&
            note("exit by " + vip.text(), link.add_exit(vip))) {
            present_.exits.push_back(vip);
        }
    }
}

bool TunNetwork::note(const std::string& what, const LinkSettings::Done& done) {
    if (!done) {
        troubles_.insert(what + ": " + done.error());
    }
    return done.has_value();
}

}  // namespace ntm::client
