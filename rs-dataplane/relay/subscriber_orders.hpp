// SPDX-License-Identifier: BSD-3-Clause
// What the control thread tells workers of the RS-N's subscribers, in order.
#pragma once

#include "common/base/address.hpp"
#include "rs-dataplane/napt/records.hpp"
#include "rs-dataplane/relay/inquiry.hpp"
#include "rs-dataplane/relay/share.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <variant>

namespace ntm::relay {

// Before the first path of a subscriber is installed.
struct OpenSubscriber {
    tables::SubscriberNumber number = 0;
    Ipv4Address vipv4;
    Ipv6Address vipv6;
    napt::Limits limits;
    napt::Tenancy tenancy = 0;
};
// When no worker can find a path of his any more.
struct CloseSubscriber {
    tables::SubscriberNumber number = 0;
};
// When all subscribers are open whom the process before had and this one has: the others' time is over.
struct CloseLeft {
    WorkerNumber worker = 0;
};
// When the worker is done with the last one.
struct Inquire {
    WorkerNumber worker = 0;
    Inquiry* inquiry = nullptr;  // lent
};
using SubscriberOrder = std::variant<OpenSubscriber, CloseSubscriber, CloseLeft, Inquire>;

// Used by the control thread.
class SubscriberOrders {
  public:
    SubscriberOrders() = default;
    SubscriberOrders(const SubscriberOrders&) = delete;
    SubscriberOrders& operator=(const SubscriberOrders&) = delete;
    virtual ~SubscriberOrders() = default;

    // To the worker that the subscriber is assigned to, or that is asked. False: it has not taken the last ones yet.
    [[nodiscard]] virtual bool put(const SubscriberOrder& order) = 0;
};

}  // namespace ntm::relay
