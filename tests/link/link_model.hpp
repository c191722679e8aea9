// SPDX-License-Identifier: BSD-3-Clause
// One direction of an emulated link: takes frames with the time of their arrival, gives each back when it
// comes out at the other end. Pure: time is an argument, and so is the seed of all that is random.
//
// A frame waits for its turn in the queue, and is sent at the link's rate; behind that it is lost, or
// doubled, and on its way for the delay. Frames of a link with jitter do not overtake one another: who
// would come before the one ahead of him comes right behind him. Only what --reorder picks overtakes: it
// comes out as soon as it is sent.
//
// What is on its way keeps its time when the settings change, and what comes later stays behind it.
#pragma once

#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "tests/link/link_settings.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace ntm::link {

using Frame = std::vector<std::uint8_t>;

struct LinkCounters {
    std::uint64_t taken = 0;
    std::uint64_t lost = 0;
    std::uint64_t overflowed = 0;  // dropped at the end of the queue
    std::uint64_t duplicated = 0;  // one more of each came out
    std::uint64_t reordered = 0;
    std::uint64_t given = 0;
};

class LinkModel {
  public:
    explicit LinkModel(std::uint64_t seed, const LinkSettings& settings = {})
        : settings_{settings} {
        random_.emplace(seed);
    }

    void set(const LinkSettings& settings) noexcept { settings_ = settings; }
    // From here on the same frames meet the same fate as after any other call with this seed.
    void seed(std::uint64_t seed) { random_.emplace(seed); }

    void take(Frame frame, Instant arrived);
    // When the next frame comes out.
    [[nodiscard]] Instant due() const noexcept;
    [[nodiscard]] std::optional<Frame> give(Instant now);

    [[nodiscard]] const LinkSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] const LinkCounters& counters() const noexcept { return counters_; }
    [[nodiscard]] std::size_t held() const noexcept { return held_.size(); }

    // A bound for what is on its way, whatever the settings.
    static constexpr std::size_t most_bytes_held = std::size_t{64} << 20;

  private:
    struct Fate {
        bool is_lost = false;
        bool is_duplicated = false;
        bool is_reordered = false;
        Duration jitter{0};
    };
    [[nodiscard]] Fate draw();
    // When its last bit is sent, or nothing if the queue is too long for it.
    [[nodiscard]] std::optional<Instant> send(std::size_t bytes, Instant arrived) noexcept;

    LinkSettings settings_;
    LinkCounters counters_;
    std::optional<SeededRandom> random_;  // never empty
    Instant idle_at_;                     // all that came before is sent then
    Instant last_due_;                    // of those that keep their order
    std::multimap<Instant, Frame> held_;  // of equal keys the first one in comes out first
    std::size_t bytes_held_ = 0;
};

}  // namespace ntm::link
