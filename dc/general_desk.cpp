// SPDX-License-Identifier: BSD-3-Clause
#include "dc/general_desk.hpp"

#include "common/base/names.hpp"
#include "dc/reachability.hpp"
#include "dc/suite_choice.hpp"

#include <algorithm>
#include <iterator>

namespace ntm::dc {

namespace {
constexpr const char* no_such_node = "no node has this name";
}

void GeneralDesk::handle(Node& asker, const protocol::RequestReceived& request, Instant now) {
    const v1::DirectionRequest& asked = request.message.direction_request();
    if (!asked.vip().empty()) {
        const auto vip = IpAddress::from_bytes(as_bytes(asked.vip()));
        const auto* peer = vip ? context_.general.find(asker.record.key, *vip) : nullptr;
        if (peer == nullptr) {
            context_.refuse(request, v1::STATUS_UNKNOWN_NAME, no_such_node, now);
            return;
        }
        direct(asker, *peer, request, now);
        return;
    }
    const auto& zones = context_.settings.zones;
    const auto fqdn = normalise_fqdn(asked.fqdn());
    const bool is_own =
        fqdn && (is_under(*fqdn, zones) || std::ranges::find(zones, *fqdn) != zones.end());
    if (!fqdn || is_own || !context_.general.is_configured()) {
        context_.refuse(request, v1::STATUS_UNKNOWN_NAME, no_such_node, now);
        return;
    }
    handle_name(asker, *fqdn, request, now);
}

void GeneralDesk::handle_name(
    Node& asker, const std::string& fqdn, const protocol::RequestReceived& request, Instant now
) {
    // Whoever has a path keeps it, wherever the name leads by now.
    if (const auto* peer = context_.general.find_reached(asker.record.key, fqdn)) {
        direct(asker, *peer, request, now);
        return;
    }
    if (const NameFinding* finding = names_.find(fqdn, now)) {
        conclude(asker, {fqdn, *finding}, request, now);
        return;
    }
    std::size_t& waiting = waiting_of_[asker.record.key];
    if (waiting >= most_waiting || !names_.inquire(fqdn, now)) {
        if (waiting == 0) {
            waiting_of_.erase(asker.record.key);
        }
        context_.refuse(request, v1::STATUS_BUSY, "too many names are being looked up", now);
        return;
    }
    ++waiting;
    waiting_[fqdn].push_back(request);
}

void GeneralDesk::handle_answer(
    const NameQuestion& question, const dns::Answer& answer, Instant now
) {
    names_.handle_answer(question, answer, now);
    answer_waiting(now);
}

void GeneralDesk::handle_timeout(Instant now) {
    names_.handle_timeout(now);
    answer_waiting(now);
    context_.general.handle_timeout(now);
}

Instant GeneralDesk::next_timeout() const {
    return std::min(names_.next_timeout(), context_.general.next_timeout());
}

void GeneralDesk::answer_waiting(Instant now) {
    for (const auto& [fqdn, finding] : names_.take_found()) {
        const auto waiting = waiting_.extract(fqdn);
        if (waiting.empty()) {
            continue;
        }
        for (const protocol::RequestReceived& request : waiting.mapped()) {
            const auto of_asker = waiting_of_.find(request.peer);
            if (--of_asker->second == 0) {
                waiting_of_.erase(of_asker);
            }
            Node* asker = context_.registry.find_node(request.peer);
            if (asker != nullptr && asker->record.boot_id == request.boot_id) {
                conclude(*asker, {fqdn, finding}, request, now);
            }
        }
    }
}

void GeneralDesk::conclude(
    Node& asker, const Named& named, const protocol::RequestReceived& request, Instant now
) {
    using Kind = NameFinding::Kind;
    switch (named.finding.kind) {
        case Kind::general:
            return reach(asker, named, request, now);
        case Kind::other_dc: {
            const std::string text = "names under " + named.finding.zone +
                                     " are given out by another DC, which this one can not ask";
            return context_.refuse(request, v1::STATUS_UNREACHABLE, text, now);
        }
        case Kind::unknown: {
            const std::string text = "the DNS knows no address of " + named.fqdn;
            return context_.refuse(request, v1::STATUS_UNKNOWN_NAME, text, now);
        }
        case Kind::unclear: {
            const std::string text = "the DNS does not say what " + named.fqdn + " is";
            return context_.refuse(request, v1::STATUS_BUSY, text, now);
        }
    }
}

void GeneralDesk::reach(
    Node& asker, const Named& named, const protocol::RequestReceived& request, Instant now
) {
    std::vector<IpAddress> addresses;
    std::ranges::copy_if(
        named.finding.addresses,
        std::back_inserter(addresses),
        [&](const IpAddress& address) { return is_real(address, context_.settings.blocks); }
    );
    if (addresses.empty()) {
        const std::string text = named.fqdn + " has no address that leads anywhere";
        return context_.refuse(request, v1::STATUS_UNREACHABLE, text, now);
    }
    std::erase_if(addresses, [&](const IpAddress& address) { return is_of_node(address, now); });
    if (addresses.empty()) {
        const std::string text = named.fqdn + " leads to a node, which is reached without a relay";
        return context_.refuse(request, v1::STATUS_UNKNOWN_NAME, text, now);
    }
    if (const auto why = context_.why_no_other_path(asker.record.key)) {
        return context_.refuse(request, v1::STATUS_BUSY, *why, now);
    }
    const auto* peer = context_.general.take(asker.record.key, named.fqdn, addresses, now);
    if (peer == nullptr) {
        const char* text = "all virtual addresses for general nodes are in use";
        return context_.refuse(request, v1::STATUS_BUSY, text, now);
    }
    direct(asker, *peer, request, now);
}

bool GeneralDesk::is_of_node(const IpAddress& address, Instant now) const {
    const Settings& settings = context_.settings;
    const auto has_it = [&](const Prefix& prefix) {
        return prefix.contains(address);
    };
    return std::ranges::none_of(settings.general_allowed, has_it) &&
           context_.registry.is_of_node(address, now, settings.timing.registration_lifetime);
}

void GeneralDesk::direct(
    Node& asker,
    const GeneralNodeRecord& peer,
    const protocol::RequestReceived& request,
    Instant now
) {
    const bool is_new = context_.paths.find(peer.path) == nullptr;
    if (const auto suite = suite_for(asker, is_new, request, now)) {
        director_.direct(PathDirector::GeneralOrder{asker, peer, *suite}, request, now);
    }
}

void GeneralDesk::handle_exit(Node& asker, const protocol::RequestReceived& request, Instant now) {
    if (!context_.general.is_configured()) {
        const char* text = "this DC directs no paths to general nodes";
        return context_.refuse(request, v1::STATUS_NOT_PERMITTED, text, now);
    }
    const bool is_new = context_.paths.find_exit(asker.record.key) == nullptr;
    if (const auto suite = suite_for(asker, is_new, request, now)) {
        director_.direct(PathDirector::ExitOrder{asker, *suite}, request, now);
    }
}

std::optional<crypto::Suite> GeneralDesk::suite_for(
    const Node& asker, bool is_new, const protocol::RequestReceived& request, Instant now
) const {
    const auto refuse = [&](v1::Status status, const std::string& text) {
        context_.refuse(request, status, text, now);
        return std::nullopt;
    };
    const auto why = is_new ? context_.why_no_other_path(asker.record.key) : std::nullopt;
    if (why) {
        return refuse(v1::STATUS_BUSY, *why);
    }
    if (!find_reachability(asker.record).has_any()) {
        return refuse(v1::STATUS_UNREACHABLE, "the node has no usable address");
    }
    // What the relay takes of them counts when one is chosen.
    const auto& allowed = context_.settings.suites;
    const auto suite = choose_suite(asker.record.suites, allowed, allowed);
    if (!suite) {
        return refuse(v1::STATUS_UNREACHABLE, "the node speaks no cipher suite that paths may use");
    }
    return suite;
}

}  // namespace ntm::dc
