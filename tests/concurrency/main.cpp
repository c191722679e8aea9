// SPDX-License-Identifier: BSD-3-Clause
// The real relay table, settings and exception rings under two workers and the control thread at
// once. Whatever a worker holds must stay whole until it reports, and frames must come once and in
// order. Built with -Db_sanitize=thread this also shows that nothing is read while it is freed or
// written, and, by --seed-race, that such a race would be reported.
#include "tests/concurrency/control_thread.hpp"
#include "tests/concurrency/marks.hpp"
#include "tests/concurrency/worker_thread.hpp"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <thread>

#include <rte_eal.h>
#include <rte_log.h>
#include <rte_mbuf.h>

namespace ntm::concurrency {
namespace {

constexpr std::uint64_t seed = 7;
constexpr std::uint16_t worker_count = 2;
constexpr std::uint64_t path_count = 200;
// The table's front has four cells for each of these, and so not for all paths: the hash is asked for
// the rest. Its room for entries that wait holds them all.
constexpr std::uint32_t table_paths = 25;
constexpr std::uint64_t worker_rounds = 5'000;
constexpr std::uint64_t control_steps = 50'000;
constexpr std::uint32_t frames_a_way = 5'000;  // for each worker
constexpr std::uint16_t frame_room = 128;

// Ordinary pages, no shared files, no devices, no root; all threads on all processors.
bool start_eal(const char* program) {
    rte_log_set_global_level(RTE_LOG_ERR);
    std::array<const char*, 9> arguments{
        program,
        "--no-huge",
        "--no-shconf",
        "--no-pci",
        "--no-telemetry",
        "-m",
        "256",
        "--lcores",
        "0@(0-1)"};
    return rte_eal_init(arguments.size(), const_cast<char**>(arguments.data())) >= 0;
}

std::vector<rte_mbuf*> frames_to_punt(rte_mempool* buffers, std::uint16_t worker) {
    std::vector<rte_mbuf*> frames;
    for (std::uint32_t number = 0; number < frames_a_way; ++number) {
        rte_mbuf* buffer = rte_pktmbuf_alloc(buffers);
        const MarkedFrame frame = marked_frame(number);
        std::memcpy(rte_pktmbuf_append(buffer, frame.size()), frame.data(), frame.size());
        dpdk::set_tag(*buffer, {worker, 0});
        frames.push_back(buffer);
    }
    return frames;
}

// Runs all threads to their ends; `control` is this one.
void run(ControlThread& control, std::deque<WorkerThread>& workers) {
    std::atomic<unsigned> running{worker_count};
    std::vector<std::thread> threads;
    threads.reserve(workers.size());
    for (WorkerThread& worker : workers) {
        threads.emplace_back([&] {
            worker.run(worker_rounds, frames_a_way);
            running.fetch_sub(1);
        });
    }
    for (std::uint64_t step = 0; step < control_steps || running.load() != 0; ++step) {
        control.do_step();
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    control.finish();
}

class Verdict {
  public:
    void expect(bool is_met, const char* what, std::uint64_t value) {
        std::printf(
            "%s %s: %llu\n",
            is_met ? "ok    " : "FAILED",
            what,
            static_cast<unsigned long long>(value)
        );
        is_good_ = is_good_ && is_met;
    }
    [[nodiscard]] bool is_good() const noexcept { return is_good_; }

  private:
    bool is_good_ = true;
};

bool judge(
    const ControlThread& control, const std::deque<WorkerThread>& workers, unsigned frames_in_use
) {
    Verdict verdict;
    for (std::uint16_t number = 0; number < worker_count; ++number) {
        const WorkerTally& tally = workers[number].tally();
        std::printf("worker %u\n", unsigned{number});
        verdict.expect(tally.entries > worker_rounds, "entries read", tally.entries);
        verdict.expect(tally.torn_entries == 0, "torn entries", tally.torn_entries);
        verdict.expect(tally.ends > worker_rounds, "ends of paths used", tally.ends);
        verdict.expect(
            tally.changes_of_settings > 1, "changes of settings", tally.changes_of_settings
        );
        verdict.expect(tally.torn_settings == 0, "torn settings", tally.torn_settings);
        verdict.expect(tally.injected == frames_a_way, "frames injected", tally.injected);
        verdict.expect(tally.wrong_injected == 0, "wrong frames injected", tally.wrong_injected);
        const std::uint32_t punted = control.punted(number);
        verdict.expect(punted == frames_a_way, "frames punted", punted);
    }
    std::printf("control thread\n");
    const std::uint64_t changes = control.changes_of_paths();
    verdict.expect(changes > control_steps / 4, "changes of paths", changes);
    verdict.expect(control.wrong_punted() == 0, "wrong frames punted", control.wrong_punted());
    verdict.expect(control.waiting() == 0, "entries never freed", control.waiting());
    verdict.expect(frames_in_use == 0, "frames never freed", frames_in_use);
    return verdict.is_good();
}

bool run_all(Mistake mistake) {
    const auto period = std::move(*tables::GracePeriod::create(worker_count));
    const auto table = std::move(*tables::RelayTable::create(
        table_paths, tables::OwnAddresses{{relay_endpoint.address}}, *period
    ));
    relay::SettingsBox box{*period, std::make_unique<const relay::Settings>(marked_settings(1))};
    // Enough for all frames: those that were injected come back at the end only.
    rte_mempool* buffers = rte_pktmbuf_pool_create(
        "buffers",
        2 * worker_count * frames_a_way,
        0,
        0,
        RTE_PKTMBUF_HEADROOM + frame_room,
        static_cast<int>(rte_socket_id())
    );
    auto rings = std::move(*dpdk::ExceptionRings::create(worker_count, worker_count, buffers));

    ControlThread control{
        {table->writer(),
         path_count,
         relay::SettingsBox::Writer{box},
         rings.get(),
         worker_count,
         frames_a_way,
         seed}};
    std::deque<WorkerThread> workers;
    for (std::uint16_t number = 0; number < worker_count; ++number) {
        workers.emplace_back(WorkerThread::Parts{
            table->reader(),
            path_count,
            relay::SettingsBox::Reader{box},
            period->worker(number),
            rings->worker(number),
            number,
            worker_count,
            frames_to_punt(buffers, number),
            seed + 1 + number,
            mistake});
    }
    run(control, workers);
    for (const WorkerThread& worker : workers) {
        for (rte_mbuf* frame : worker.kept()) {
            rte_pktmbuf_free(frame);
        }
    }
    rings.reset();
    const unsigned frames_in_use = rte_mempool_in_use_count(buffers);
    rte_mempool_free(buffers);
    return judge(control, workers, frames_in_use);
}

std::optional<Mistake> chosen_mistake(std::span<const char* const> options) {
    if (options.empty()) {
        return Mistake::none;
    }
    if (options.size() != 2 || std::string_view{options[0]} != "--seed-race") {
        return std::nullopt;
    }
    const std::string_view name{options[1]};
    if (name == "kept-entry") {
        return Mistake::kept_entry;
    }
    if (name == "kept-end") {
        return Mistake::kept_end;
    }
    if (name == "kept-settings") {
        return Mistake::kept_settings;
    }
    if (name == "punted-frame") {
        return Mistake::punted_frame;
    }
    return std::nullopt;
}

}  // namespace
}  // namespace ntm::concurrency

int main(int count, char** arguments) {
    using namespace ntm::concurrency;
    const std::span<const char* const> all{arguments, static_cast<std::size_t>(count)};
    const auto mistake = chosen_mistake(all.subspan(1));
    if (!mistake) {
        std::fprintf(
            stderr,
            "usage: relay_threads [--seed-race kept-entry|kept-end|kept-settings|punted-frame]\n"
        );
        return 2;
    }
    if (!start_eal(arguments[0])) {
        std::fprintf(stderr, "EAL does not start\n");
        return 1;
    }
    const bool is_good = run_all(*mistake);
    rte_eal_cleanup();
    return is_good ? 0 : 1;
}
