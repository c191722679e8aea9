// SPDX-License-Identifier: BSD-3-Clause
// Sends a lane's packets to the exception path, as far as each one's class has budget. LEG has a
// budget for each path in front of that of its class, so that junk which names a live path takes
// nothing from the others.
#pragma once

#include "common/packet/burst.hpp"
#include "rs-dataplane/relay/rate_limit.hpp"
#include "rs-dataplane/relay/settings.hpp"

#include <array>

namespace ntm::relay {

struct PuntBuckets {
    PathLimiter legs;
    std::array<TokenBucket, punt_class_count> classes;
};

void admit_punts(
    Burst& burst, Lane& lane, PuntBuckets& buckets, const Settings& settings, Instant now
) noexcept;

}  // namespace ntm::relay
