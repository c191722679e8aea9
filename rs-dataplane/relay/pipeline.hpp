// SPDX-License-Identifier: BSD-3-Clause
// The relay's pipeline: all that happens to a burst between reception and transmission. One object
// for each worker; whoever owns the buffers carries the fates out afterwards (dpdk/worker, a test,
// the simulation). No clock, no log, no allocation, no DPDK.
#pragma once

#include "common/base/time.hpp"
#include "common/packet/burst.hpp"
#include "rs-dataplane/relay/admit_punts.hpp"
#include "rs-dataplane/relay/answer_cookie.hpp"
#include "rs-dataplane/relay/counters.hpp"
#include "rs-dataplane/relay/lanes.hpp"
#include "rs-dataplane/relay/rs_n.hpp"
#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <cstdint>

namespace ntm::relay {

class Pipeline {
  public:
    struct Parts {
        tables::RelayTable::Reader table;
        PathCounters* paths;          // by slot, this worker's own
        WorkerCounters* worker;       // this worker's own
        const Secret<16>* token_key;  // copied
        std::uint64_t seed;           // random: keys the hash of the limits by source
        RsN* rs_n = nullptr;          // this worker's own, if the relay is one
    };
    explicit Pipeline(const Parts& parts);

    // Gives every packet of the burst its fate, and counts what does not depend on the ports.
    void run(Burst& burst, const Settings& settings, Instant now) noexcept;
    // Whether there is something to send that no frame has come for, and sends it. False: there is
    // nothing after all.
    [[nodiscard]] bool has_own(Instant now) const noexcept {
        return rs_n_ != nullptr && rs_n_->has_refusal(now);
    }
    bool send_own(const Settings& settings, Instant now) noexcept {
        return rs_n_->refuse({{table_, paths_}, settings, now, punt_buckets_});
    }
    // The part of it behind find_path, for tunnel packets; for benchmarks.
    void relay_all(
        Burst& burst, Lane& lane, const Settings& settings, std::uint32_t now_seconds
    ) noexcept;

  private:
    void end_tunnels(Burst& burst, Lanes& lanes, const Settings& settings, Instant now) noexcept;

    tables::RelayTable::Reader table_;
    PathCounters* paths_;
    WorkerCounters* worker_;
    CookieAnswerer cookies_;
    PuntBuckets punt_buckets_;
    RsN* rs_n_;
};

}  // namespace ntm::relay
