// SPDX-License-Identifier: BSD-3-Clause
#include "bench/swarm/exercise.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace ntm::swarm {

namespace {

constexpr std::size_t begun_at_once = 32;

class Run {
  public:
    Run(Swarm& swarm, const Exercise& exercise)
        : swarm_{swarm}, exercise_{exercise}, began_(swarm.size()), start_{swarm.now()} {}

    void go() {
        while (next_ < exercise_.numbers.size() || under_way_ != 0) {
            const Instant now = swarm_.now();
            if (now >= due(exercise_.numbers.size()) + exercise_.patience) {
                return;
            }
            for (std::size_t i = 0; i < begun_at_once && is_due(now); ++i) {
                begin(exercise_.numbers[next_++]);
            }
            for (const std::size_t number : swarm_.turn(due(next_))) {
                look_at(number);
            }
        }
    }

    [[nodiscard]] Figures figures() && {
        Figures made;
        made.name = exercise_.name;
        made.count = exercise_.numbers.size();
        made.failed = made.count - took_.size();
        if (took_.empty()) {
            return made;
        }
        std::ranges::sort(took_);
        const auto at = [&](double share) {
            return took_[static_cast<std::size_t>(share * static_cast<double>(took_.size() - 1))];
        };
        made.median = at(0.5);
        made.percentile99 = at(0.99);
        made.longest = took_.back();
        made.a_second = static_cast<double>(took_.size()) /
                        std::chrono::duration<double>(last_done_ - start_).count();
        return made;
    }

  private:
    // When the one at that place begins.
    [[nodiscard]] Instant due(std::size_t place) const {
        if (exercise_.a_second == 0) {
            return start_;
        }
        const std::chrono::duration<double> after{static_cast<double>(place) / exercise_.a_second};
        return start_ + std::chrono::duration_cast<Duration>(after);
    }
    [[nodiscard]] bool is_due(Instant now) const {
        return next_ < exercise_.numbers.size() && due(next_) <= now;
    }
    void begin(std::size_t number) {
        began_[number] = swarm_.now();
        ++under_way_;
        exercise_.begin(number);
        look_at(number);
    }
    void look_at(std::size_t number) {
        if (!began_[number] || !exercise_.is_done(number)) {
            return;
        }
        last_done_ = swarm_.now();
        const Duration took = last_done_ - *std::exchange(began_[number], std::nullopt);
        --under_way_;
        if (took <= exercise_.patience) {
            took_.push_back(took);
        }
    }

    Swarm& swarm_;
    const Exercise& exercise_;
    std::vector<std::optional<Instant>> began_;  // by number; nothing: not begun, or done
    const Instant start_;
    Instant last_done_;
    std::size_t next_ = 0;
    std::size_t under_way_ = 0;
    std::vector<Duration> took_;
};

}  // namespace

Figures run(Swarm& swarm, const Exercise& exercise) {
    Run made{swarm, exercise};
    made.go();
    return std::move(made).figures();
}

}  // namespace ntm::swarm
