// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/run_on_eal.hpp"

#include "rs-dataplane/dpdk/eal.hpp"

#include <cstdio>

#include <benchmark/benchmark.h>

namespace ntm::bench {

int run_on_eal(
    int argc, char** argv, const EalNeed& need, const std::function<void()>& before_end
) {
    dpdk::EalConfig config;
    config.program = argv[0];
    config.file_prefix = need.file_prefix;
    config.huge_megabytes = need.megabytes;
    config.ordinary_megabytes = need.megabytes;
    config.extra_arguments = {"--no-telemetry"};
    const auto eal = dpdk::start_eal(config);
    if (!eal) {
        std::fprintf(stderr, "%s\n", eal.error().c_str());
        return 1;
    }
    benchmark::AddCustomContext("hugepages", eal->has_hugepages ? "yes" : "no");
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    before_end();
    dpdk::stop_eal();
    return 0;
}

}  // namespace ntm::bench
