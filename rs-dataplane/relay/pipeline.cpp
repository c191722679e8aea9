// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/relay/pipeline.hpp"

#include "rs-dataplane/relay/check_leg.hpp"
#include "rs-dataplane/relay/classify.hpp"
#include "rs-dataplane/relay/count_legs.hpp"
#include "rs-dataplane/relay/find_path.hpp"
#include "rs-dataplane/relay/finish.hpp"
#include "rs-dataplane/relay/lanes.hpp"
#include "rs-dataplane/relay/switch_tunnel.hpp"

namespace ntm::relay {

Pipeline::Pipeline(const Parts& parts)
    : table_{parts.table},
      paths_{parts.paths},
      worker_{parts.worker},
      cookies_{*parts.token_key, parts.seed} {}

void Pipeline::run(Burst& burst, const Settings& settings, Instant now) noexcept {
    Lanes lanes;
    classify(burst, lanes, settings);

    find_path(burst, lanes.tunnel, table_, paths_);
    check_leg(burst, lanes.tunnel);
    switch_tunnel(burst, lanes.tunnel, settings);
    finish(burst, lanes.tunnel, settings);
    count_legs(burst, lanes.tunnel, paths_, whole_seconds(now));

    cookies_.answer(burst, lanes.cookie, settings, now);
    worker_->cookies_answered.add(lanes.cookie.size());

    find_path(burst, lanes.leg, table_, paths_);
    admit_punts(burst, lanes.leg, punt_buckets_, settings, now);
    admit_punts(burst, lanes.punt, punt_buckets_, settings, now);
}

}  // namespace ntm::relay
