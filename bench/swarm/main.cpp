// SPDX-License-Identifier: BSD-3-Clause
// ntm-swarm: what a DC and its relays do under thousands of nodes that register, call one another, move and
// start anew. Prints a table, and fails if any node has failed.
#include "bench/swarm/exercise.hpp"
#include "bench/swarm/fill.hpp"
#include "bench/swarm/swarm.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <string>

namespace ntm::swarm {
namespace {

struct Options {
    std::string store;
    std::string key;
    std::string dc;
    std::string zone = "a.ntm.test";
    std::uint32_t count = 0;
    // A second; 0: none.
    double set_ups = 0;
    double moves = 0;
    double restarts = 0;
    unsigned patience_seconds = 60;
};

int fail(const std::string& why) {
    std::fprintf(stderr, "ntm-swarm: %s\n", why.c_str());
    return 1;
}

double milliseconds_of(Duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

// False if any has failed.
bool report(const Figures& figures) {
    std::printf(
        "%-13s %7zu %7zu %9.0f %10.1f %10.1f %10.1f\n",
        figures.name.c_str(),
        figures.count,
        figures.failed,
        figures.a_second,
        milliseconds_of(figures.median),
        milliseconds_of(figures.percentile99),
        milliseconds_of(figures.longest)
    );
    std::fflush(stdout);
    return figures.failed == 0;
}

std::vector<std::size_t> all_of(const Swarm& swarm) {
    std::vector<std::size_t> numbers(swarm.size());
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    return numbers;
}

// In no order that has to do with who calls whom.
std::vector<std::size_t> shuffled(std::vector<std::size_t> numbers) {
    SeededRandom random{1};
    for (std::size_t left = numbers.size(); left > 1; --left) {
        std::swap(numbers[left - 1], numbers[random.number() % left]);
    }
    return numbers;
}

class Exercises {
  public:
    Exercises(Swarm& swarm, const Options& options) : swarm_{swarm}, options_{options} {}

    [[nodiscard]] bool run_all() {
        std::printf(
            "%-13s %7s %7s %9s %10s %10s %10s\n",
            "",
            "nodes",
            "failed",
            "a second",
            "median ms",
            "99 % ms",
            "longest"
        );
        swarm_.start_all();
        bool is_good = registration();
        is_good = (options_.set_ups == 0 || set_ups()) && is_good;
        is_good = (options_.moves == 0 || moves()) && is_good;
        return (options_.restarts == 0 || restarts()) && is_good;
    }

  private:
    [[nodiscard]] Duration patience() const {
        return std::chrono::seconds{options_.patience_seconds};
    }
    [[nodiscard]] bool registration() {
        return report(
            run(swarm_,
                {"registrations",
                 all_of(swarm_),
                 0,
                 patience(),
                 [](std::size_t) {},
                 [this](std::size_t number) {
                     return swarm_.is_registered(number);
                 }})
        );
    }
    // Each even one calls the next.
    [[nodiscard]] bool set_ups() {
        std::vector<std::size_t> callers;
        for (std::size_t number = 0; number + 1 < swarm_.size(); number += 2) {
            callers.push_back(number);
        }
        return report(
            run(swarm_,
                {"set-ups",
                 std::move(callers),
                 options_.set_ups,
                 patience(),
                 [this](std::size_t number) { swarm_.ask(number, number + 1); },
                 [this](std::size_t number) {
                     return swarm_.answer(number) == client::DnsOutcome::addresses;
                 }})
        );
    }
    [[nodiscard]] bool moves() {
        return report(
            run(swarm_,
                {"moves",
                 shuffled(all_of(swarm_)),
                 options_.moves,
                 patience(),
                 [this](std::size_t number) { swarm_.move(number); },
                 [this](std::size_t number) {
                     return swarm_.has_good_paths(number);
                 }})
        );
    }
    // For a second, or all of them.
    [[nodiscard]] bool restarts() {
        std::vector<std::size_t> numbers = shuffled(all_of(swarm_));
        numbers.resize(std::min(numbers.size(), static_cast<std::size_t>(options_.restarts * 5)));
        return report(
            run(swarm_,
                {"restarts",
                 std::move(numbers),
                 options_.restarts,
                 patience(),
                 [this](std::size_t number) { swarm_.restart(number); },
                 [this](std::size_t number) {
                     return swarm_.has_good_paths(number);
                 }})
        );
    }

    Swarm& swarm_;
    const Options& options_;
};

int run_swarm(const Options& options) {
    const auto key = crypto::PublicKey::parse(options.key);
    const auto dc = Endpoint::parse(options.dc);
    if (!key || !dc) {
        return fail(key ? "\"" + options.dc + "\" is no address and port" : "this is no key");
    }
    auto swarm = Swarm::create({*key, *dc, options.zone, options.count});
    if (!swarm) {
        return fail(swarm.error());
    }
    return Exercises{**swarm, options}.run_all() ? 0 : 1;
}

int fill_store(const Options& options) {
    const auto filled = fill(options.store, options.zone, options.count);
    return filled ? 0 : fail(filled.error());
}

int main_of(int argc, const char* const* argv) {
    Options options;
    CLI::App app{"Thousands of nodes against a real DC and its relays", "ntm-swarm"};
    app.require_subcommand(1);
    app.add_option("--zone", options.zone, "of the nodes' names")->capture_default_str();
    const CLI::Range counts{2, static_cast<int>(Swarm::most_nodes)};

    CLI::App* const filling =
        app.add_subcommand("fill", "add the nodes to the store of a DC that is not running");
    filling->add_option("STORE", options.store, "the DC's SQLite file")->required();
    filling->add_option("COUNT", options.count, "nodes")->required()->check(counts);

    CLI::App* const running = app.add_subcommand(
        "run", "all start at once and register; then, if asked for, call, move and start anew"
    );
    running->add_option("KEY", options.key, "the DC's")->required();
    running->add_option("DC", options.dc, "its address and port")->required();
    running->add_option("COUNT", options.count, "nodes")->required()->check(counts);
    running->add_option("--set-ups", options.set_ups, "paths a second, one for every two nodes");
    running->add_option("--moves", options.moves, "nodes a second that move, each once");
    running->add_option(
        "--restarts", options.restarts, "nodes a second that are killed and start anew, for 5 s"
    );
    running
        ->add_option("--patience", options.patience_seconds, "seconds, after which one has failed")
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return *filling ? fill_store(options) : run_swarm(options);
}

}  // namespace
}  // namespace ntm::swarm

int main(int argc, char** argv) {
    return ntm::swarm::main_of(argc, argv);
}
