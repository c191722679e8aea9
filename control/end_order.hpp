// SPDX-License-Identifier: BSD-3-Clause
// What a Relay Direction says of a path that ends here (RS-N), read and checked as a whole.
#pragma once

#include "common/base/result.hpp"
#include "common/crypto/aead.hpp"
#include "common/protocol/ntm.pb.h"
#include "control/subscribers.hpp"
#include "rs-dataplane/relay/target_filter.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <string>
#include <vector>

namespace ntm::control {

// Besides the path secret.
struct EndOrder {
    crypto::Suite suite = crypto::Suite::aes_128_gcm;
    Subscriber subscriber;
    std::vector<tables::PathEnd::GeneralNode>
        general_nodes;  // without next hops; none: an exit path
};

// What a relay at which paths end takes, whatever a DC says.
struct EndRules {
    const relay::TargetFilter& targets;  // where its NAPT forwards to
    const std::vector<crypto::Suite>& suites;
};

// The error says which field is missing or wrong.
[[nodiscard]] Result<EndOrder, std::string> check_end(
    const v1::RelayEnd& end, const EndRules& rules
);

}  // namespace ntm::control
