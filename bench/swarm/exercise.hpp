// SPDX-License-Identifier: BSD-3-Clause
// What a swarm is made to do: one thing for each of some nodes, so many a second, and how long each took.
#pragma once

#include "bench/swarm/swarm.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace ntm::swarm {

struct Exercise {
    std::string name;
    std::vector<std::size_t> numbers;  // of the nodes, in the order in which they begin
    double a_second = 0;               // that begin; 0: all at once
    Duration patience{0};              // who is not done by then has failed
    std::function<void(std::size_t)> begin;
    std::function<bool(std::size_t)> is_done;
};

struct Figures {
    std::string name;
    std::size_t count = 0;
    std::size_t failed = 0;
    double a_second = 0;  // from the first one's beginning to the last one's end
    // Of those that were done.
    Duration median{0};
    Duration percentile99{0};
    Duration longest{0};
};

[[nodiscard]] Figures run(Swarm& swarm, const Exercise& exercise);

}  // namespace ntm::swarm
