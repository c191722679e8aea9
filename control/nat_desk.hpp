// SPDX-License-Identifier: BSD-3-Clause
// Answers `ntmctl nat`, and how full the NAPT is: from the workers' gauges, and by inquiries from what they alone know.
#pragma once

#include "common/admin/handlers.hpp"
#include "common/base/time.hpp"
#include "control/inquiry_desk.hpp"
#include "control/napt_load.hpp"
#include "control/subscribers.hpp"
#include "rs-dataplane/relay/inquiries.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ntm::control {

class NatDesk {
  public:
    struct Sources {
        const std::optional<NaptConfig>& config;
        const Subscribers& subscribers;
        AllNaptGauges gauges;
        std::function<std::string(const crypto::PublicKey&)> name_of_dc;
    };
    // `orders`: to the workers of the NAPT, if there is one.
    NatDesk(Sources sources, relay::SubscriberOrders* orders)
        : from_{std::move(sources)}, inquiries_{orders, from_.gauges.size()} {}

    // Nothing without a NAPT.
    [[nodiscard]] std::optional<v1::NaptLoad> load() const;
    [[nodiscard]] admin::Answer show_pool() const;
    // args: {"name": NAME} for one, by his name, VIP or number, and with his blocks; {"limit": n} for the
    // most to show, and {"after": next} to go on behind an answer that had this "next".
    void show_subscribers(const admin::Json& args, const admin::Reply& reply, Instant now);
    // args: {"subscriber": NAME}; {"limit": n} for the most to show, and {"after": next} to go on behind
    // an answer that had this "next".
    void show_sessions(const admin::Json& args, const admin::Reply& reply, Instant now);

    // Replies to what the workers have answered, or not in time. To be called often.
    void tend(Instant now) { inquiries_.tend(now); }

  private:
    struct Page {
        std::size_t limit = 1;
        std::uint32_t after = 0;  // begins with this number
    };
    [[nodiscard]] static Result<Page, admin::AdminError> page_of(const admin::Json& args);
    // Those of a name, or all.
    struct Chosen {
        std::size_t total = 0;
        std::vector<admin::Json> shown;  // of the page
        std::vector<relay::SubscriberName> names;
        admin::Json next;  // behind it; null: there is none
    };
    [[nodiscard]] Result<Chosen, admin::AdminError> choose(
        const std::optional<std::string>& name, const Page& page
    ) const;
    [[nodiscard]] Result<relay::SessionInquiry::Wanted, admin::AdminError> sessions_wanted(
        const admin::Json& args
    ) const;

    Sources from_;
    InquiryDesk inquiries_;
};

}  // namespace ntm::control
