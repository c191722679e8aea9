// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/cycles.hpp"

#include <algorithm>

namespace ntm::bench {

std::uint64_t stamps_cost() {
    static const std::uint64_t least = [] {
        std::uint64_t found = UINT64_MAX;
        for (int i = 0; i < 1000; ++i) {
            const std::uint64_t begun = rte_rdtsc_precise();
            found = std::min(found, rte_rdtsc_precise() - begun);
        }
        return found;
    }();
    return least;
}

double median(std::vector<std::uint64_t>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return static_cast<double>(*middle);
}

double seconds(std::uint64_t cycles) {
    return static_cast<double>(cycles) / static_cast<double>(rte_get_tsc_hz());
}

}  // namespace ntm::bench
