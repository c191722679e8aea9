// SPDX-License-Identifier: BSD-3-Clause
// The link emulator behind "scripts/lab link": carries frames between two interfaces, and does to them on
// their way what link_settings.hpp says.
//
//     ntm-link run NEAR FAR SOCKET       until it is ended; "up" is from NEAR to FAR
//     ntm-link ask SOCKET [SETTINGS...]  says, as JSON, what holds (once these hold)
//     ntm-link check SETTINGS...         whether these are right: 0, or 2 and a sentence
//
// Frames come out within about 0.1 ms of their time: the arrival is the kernel's time stamp, the thread is
// one of real time if it may be, and what is due very soon is waited for without sleep. It sleeps otherwise.
#include "common/crypto/system_random.hpp"
#include "tests/link/link_model.hpp"
#include "tests/link/link_settings.hpp"
#include "tests/link/order_socket.hpp"
#include "tests/link/packet_end.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace ntm::link {
namespace {

using nlohmann::json;

// What the machine may take from a timer's end until the thread runs. It is no more than this that the thread
// waits without sleep.
constexpr Duration wake_up = std::chrono::microseconds{50};
// Not above other threads of real time, if a machine has such.
constexpr int priority = 1;

Instant now() noexcept {
    return Instant{std::chrono::steady_clock::now().time_since_epoch()};
}

double milliseconds(Duration duration) {
    return std::chrono::duration<double, std::milli>{duration}.count();
}
double percent(Share share) {
    return share.per_million / 10'000.0;
}

// Two ends and what lies between them. Seeds of the two directions differ, or they would meet the same fate.
class Link {
  public:
    Link(PacketEnd near_end, PacketEnd far_end, OrderSocket orders, std::uint64_t seed)
        : near_{std::move(near_end)},
          far_{std::move(far_end)},
          orders_{std::move(orders)},
          up_{seed},
          down_{~seed},
          seed_{seed} {}
    [[nodiscard]] int run();

  private:
    void wait();
    void receive();
    void deliver(Instant at);
    [[nodiscard]] Instant due() const noexcept { return std::min(up_.due(), down_.due()); }
    [[nodiscard]] OrderSocket::Answer obey(const OrderSocket::Words& words);
    [[nodiscard]] json state();

    PacketEnd near_;
    PacketEnd far_;
    OrderSocket orders_;
    LinkModel up_;
    LinkModel down_;
    std::uint64_t seed_;
    int timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
};

int Link::run() {
    if (timer_ < 0) {
        std::perror("ntm-link: timer");
        return 1;
    }
    while (true) {
        if (due() > now() + wake_up) {
            wait();
        }
        receive();
        deliver(now());
        orders_.serve([this](const OrderSocket::Words& words) { return obey(words); });
    }
}

// Until something comes in, or almost until something is due.
void Link::wait() {
    itimerspec at{};
    if (due() != Instant::never()) {
        const Duration time = (due() - wake_up).since_origin();
        at.it_value.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(time).count();
        at.it_value.tv_nsec = (time % std::chrono::seconds{1}).count();
    }
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
    std::array<pollfd, 4> sources{
        pollfd{near_.descriptor(), POLLIN, 0},
        pollfd{far_.descriptor(), POLLIN, 0},
        pollfd{orders_.descriptor(), POLLIN, 0},
        pollfd{timer_, POLLIN, 0}};
    poll(sources.data(), sources.size(), -1);
}

void Link::receive() {
    near_.receive([this](Frame frame, Instant arrived) { up_.take(std::move(frame), arrived); });
    far_.receive([this](Frame frame, Instant arrived) { down_.take(std::move(frame), arrived); });
}

void Link::deliver(Instant at) {
    while (const auto frame = up_.give(at)) {
        far_.send(*frame);
    }
    while (const auto frame = down_.give(at)) {
        near_.send(*frame);
    }
}

OrderSocket::Answer Link::obey(const OrderSocket::Words& words) {
    if (words.empty()) {
        return state().dump();
    }
    const auto order = parse_order(words);
    if (!order) {
        return Unexpected{order.error()};
    }
    if (order->seed) {
        seed_ = *order->seed;
    }
    if (order->is_for_up) {
        up_.set(order->settings);
    }
    if (order->is_for_down) {
        down_.set(order->settings);
    }
    if (order->seed) {
        up_.seed(seed_);
        down_.seed(~seed_);
    }
    return state().dump();
}

json state_of(LinkModel& model, PacketEnd& from, PacketEnd& to) {
    const LinkSettings& settings = model.settings();
    const LinkCounters& counters = model.counters();
    return {
        {"delay_milliseconds", milliseconds(settings.delay)},
        {"jitter_milliseconds", milliseconds(settings.jitter)},
        {"loss_percent", percent(settings.loss)},
        {"reorder_percent", percent(settings.reorder)},
        {"duplicate_percent", percent(settings.duplicate)},
        {"rate_bits", settings.rate == 0 ? json(nullptr) : json(settings.rate)},
        {"queue_milliseconds", milliseconds(settings.queue)},
        {"frames",
         {{"taken", counters.taken},
          {"lost", counters.lost},
          {"overflowed", counters.overflowed},
          {"duplicated", counters.duplicated},
          {"reordered", counters.reordered},
          {"given", counters.given},
          {"held", model.held()},
          {"missed", from.counters().missed},
          {"unfinished", from.counters().unfinished},
          {"unsent", to.counters().unsent}}}};
}

json Link::state() {
    return {
        {"seed", seed_},
        {"up", state_of(up_, near_, far_)},
        {"down", state_of(down_, far_, near_)}};
}

int fail(const std::string& why, int code) {
    std::fprintf(stderr, "ntm-link: %s\n", why.c_str());
    return code;
}

int run(const std::vector<std::string>& words) {
    auto near_end = PacketEnd::open(words[1]);
    auto far_end = PacketEnd::open(words[2]);
    if (!near_end || !far_end) {
        return fail(near_end ? far_end.error() : near_end.error(), 1);
    }
    auto orders = OrderSocket::listen(words[3]);
    if (!orders) {
        return fail(orders.error(), 1);
    }
    const sched_param real_time{.sched_priority = priority};
    if (sched_setscheduler(0, SCHED_FIFO, &real_time) != 0) {
        std::fprintf(stderr, "ntm-link: no thread of real time here: %s\n", std::strerror(errno));
        prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    }
    crypto::SystemRandom random;
    // Of a size that people can repeat.
    const std::uint64_t seed = random.below(1'000'000);
    Link link{std::move(*near_end), std::move(*far_end), std::move(*orders), seed};
    return link.run();
}

int ask(const std::vector<std::string>& words) {
    const auto answer = OrderSocket::ask(words[1], std::span{words}.subspan(2));
    if (!answer) {
        return fail(answer.error(), 1);
    }
    std::puts(answer->c_str());
    return 0;
}

int check(const std::vector<std::string>& words) {
    const auto order = parse_order(std::span{words}.subspan(1));
    return order ? 0 : fail(order.error(), 2);
}

}  // namespace
}  // namespace ntm::link

int main(int argc, char** argv) {
    const std::vector<std::string> words{argv + 1, argv + argc};
    if (words.size() == 4 && words[0] == "run") {
        return ntm::link::run(words);
    }
    if (words.size() >= 2 && words[0] == "ask") {
        return ntm::link::ask(words);
    }
    if (!words.empty() && words[0] == "check") {
        return ntm::link::check(words);
    }
    return ntm::link::fail(
        "run NEAR FAR SOCKET, ask SOCKET [SETTINGS...], or check SETTINGS...", 2
    );
}
