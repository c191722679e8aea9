// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_desk.hpp"

#include "common/admin/path_show.hpp"
#include "control/nat_view.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace ntm::control {

namespace {

using admin::AdminError;
using admin::Answer;
using admin::Json;

constexpr std::size_t most_blocks = 32;  // that are shown of one subscriber
constexpr std::size_t largest_page = 10'000;

AdminError no_napt() {
    return {"no_napt", "this relay has no NAPT", "it has one with a section napt in its file"};
}

AdminError unknown_subscriber(const std::string& name) {
    return {
        "unknown_subscriber",
        "no subscriber " + name + " here",
        "ntmctl nat subscriber lists them"};
}

AdminError silent_worker() {
    return {"worker_silent", "a worker has not answered in time", "ntmctl status: is one stuck?"};
}

bool is_called(const Subscribers::Member& member, const std::string& name) {
    const auto vip = IpAddress::parse(name);
    return member.fqdn == name || std::to_string(member.number) == name ||
           (vip && !vip->is_unspecified() &&
            (*vip == IpAddress{member.vipv4} || *vip == IpAddress{member.vipv6}));
}

}  // namespace

std::optional<v1::NaptLoad> NatDesk::load() const {
    return from_.config ? std::optional{napt_load(*from_.config, from_.gauges)} : std::nullopt;
}

Answer NatDesk::show_pool() const {
    if (!from_.config) {
        return Unexpected{no_napt()};
    }
    return pool_view(*from_.config, from_.gauges);
}

Result<NatDesk::Page, AdminError> NatDesk::page_of(const Json& args) {
    const auto limit = admin::limit_of(args);
    if (!limit) {
        return Unexpected{limit.error()};
    }
    const auto after = args.value("after", std::int64_t{0});
    if (after < 0 || after >= std::int64_t{napt::nowhere}) {
        const std::string what = "no page ends with " + std::to_string(after);
        return Unexpected{AdminError{"bad_argument", what, "take \"next\" of the page before"}};
    }
    return Page{*limit, static_cast<std::uint32_t>(after)};
}

Result<NatDesk::Chosen, AdminError> NatDesk::choose(
    const std::optional<std::string>& name, const Page& page
) const {
    if (!from_.config) {
        return Unexpected{no_napt()};
    }
    Chosen chosen;
    from_.subscribers.for_each([&](const Subscribers::Member& member) {
        if (name && !is_called(member, *name)) {
            return;
        }
        ++chosen.total;
        if (member.number < page.after) {
            return;
        }
        if (chosen.shown.size() < page.limit) {
            chosen.shown.push_back(subscriber_view(member, from_.name_of_dc(member.dc)));
            chosen.names.push_back({member.number, member.vipv4, member.vipv6});
        } else if (chosen.next.is_null()) {
            chosen.next = member.number;
        }
    });
    if (name && chosen.total == 0) {
        return Unexpected{unknown_subscriber(*name)};
    }
    return chosen;
}

void NatDesk::show_subscribers(const Json& args, const admin::Reply& reply, Instant now) {
    std::optional<std::string> name;
    if (args.contains("name")) {
        name = args.at("name").get<std::string>();
    }
    const auto page = page_of(args);
    if (!page) {
        reply(Unexpected{page.error()});
        return;
    }
    auto chosen = choose(name, *page);
    if (!chosen) {
        reply(Unexpected{chosen.error()});
        return;
    }
    const bool shows_blocks = name.has_value();
    auto inquiry = std::make_unique<relay::UsageInquiry>(
        std::move(chosen->names), shows_blocks ? most_blocks : 0
    );
    const auto tell = [reply,
                       shows_blocks,
                       total = chosen->total,
                       next = chosen->next,
                       shown = std::move(chosen->shown)](const relay::UsageInquiry* answered) {
        if (answered == nullptr) {
            reply(Unexpected{silent_worker()});
            return;
        }
        Json subscribers = Json::array();
        for (std::size_t i = 0; i < shown.size(); ++i) {
            const relay::UsageInquiry::Usage& usage = answered->found()[i];
            Json& subscriber = subscribers.emplace_back(shown[i]);
            add_usage(subscriber, usage);
            if (shows_blocks) {
                add_blocks(subscriber, usage);
            }
        }
        reply(Json{{"total", total}, {"next", next}, {"subscribers", std::move(subscribers)}});
    };
    inquiries_.ask<relay::UsageInquiry>(std::move(inquiry), tell, now);
}

Result<relay::SessionInquiry::Wanted, AdminError> NatDesk::sessions_wanted(const Json& args) const {
    const auto name = args.at("subscriber").get<std::string>();
    const auto page = page_of(args);
    if (!page) {
        return Unexpected{page.error()};
    }
    const auto chosen = choose(name, {});
    if (!chosen) {
        return Unexpected{chosen.error()};
    }
    if (chosen->total > 1) {
        const std::string what = "several subscribers are called " + name;
        const std::string hint = "ntmctl nat subscriber " + name + " shows their numbers";
        return Unexpected{AdminError{"ambiguous", what, hint}};
    }
    return relay::SessionInquiry::Wanted{
        chosen->names.front(), napt::Position{page->after}, std::min(page->limit, largest_page)};
}

void NatDesk::show_sessions(const Json& args, const admin::Reply& reply, Instant now) {
    const auto wanted = sessions_wanted(args);
    if (!wanted) {
        reply(Unexpected{wanted.error()});
        return;
    }
    const auto tell = [reply, now, his = wanted->subscriber](const relay::SessionInquiry* answered
                      ) {
        if (answered == nullptr) {
            reply(Unexpected{silent_worker()});
            return;
        }
        Json sessions = Json::array();
        for (const relay::SessionInquiry::Found& found : answered->found()) {
            sessions.push_back(session_view(found, his, now));
        }
        const bool is_last = answered->next() == napt::nowhere;
        reply(Json{
            {"total", answered->total()},
            {"next", is_last ? Json() : Json(answered->next())},
            {"sessions", std::move(sessions)}});
    };
    inquiries_.ask<relay::SessionInquiry>(
        std::make_unique<relay::SessionInquiry>(*wanted), tell, now
    );
}

}  // namespace ntm::control
