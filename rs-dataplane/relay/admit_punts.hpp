// SPDX-License-Identifier: BSD-3-Clause
// Sends a lane's packets to the exception path, as far as each one's class has budget. In front of
// that of its class LEG has a budget for each path, so that junk which names a live path takes nothing
// from the others; SIGNAL and HANDSHAKE have one for each source, so that no host has a class to itself.
#pragma once

#include "common/packet/burst.hpp"
#include "rs-dataplane/relay/rate_limit.hpp"
#include "rs-dataplane/relay/settings.hpp"

#include <array>
#include <cstdint>

namespace ntm::relay {

using PuntSources = SourceBuckets<4096>;

struct PuntBuckets {
    explicit PuntBuckets(std::uint64_t seed) noexcept : signals{seed}, handshakes{seed} {}

    PathLimiter legs;
    PuntSources signals;
    PuntSources handshakes;
    std::array<TokenBucket, punt_class_count> classes;
};

void admit_punts(
    Burst& burst, Lane& lane, PuntBuckets& buckets, const Settings& settings, Instant now
) noexcept;

}  // namespace ntm::relay
