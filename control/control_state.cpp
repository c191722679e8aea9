// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_state.hpp"

#include "common/daemon/log.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

namespace ntm::control {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// At most so much of one kind before the other descriptors get their turn.
constexpr std::size_t most_datagrams = 64;
constexpr std::size_t most_frames = 256;
// Punt rings are looked at this often while frames come, and more and more seldom when none do.
constexpr microseconds busy_poll_interval{50};
constexpr microseconds idle_poll_interval{1000};
constexpr std::size_t polls_until_idle = 20;

std::chrono::steady_clock::time_point of_clock(Instant instant) {
    return std::chrono::steady_clock::time_point{instant.since_origin()};
}

}  // namespace

void ControlThread::State::run() {
    // The gateways will be needed: the kernel resolves them before the first path is here.
    for (std::size_t i = 0; i < config_.ports.size(); ++i) {
        for (const IpAddress& gateway : config_.ports[i].gateways) {
            mirror_.routes().numbers().keep({{bridge_.taps()[i].index(), gateway}});
        }
    }
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        watch(sockets_[i].descriptor(), [this, i] { receive_datagrams(i); });
    }
    for (std::size_t i = 0; i < bridge_.taps().size(); ++i) {
        watch(bridge_.taps()[i].descriptor(), [this, i] { move_kernel_frames(i); });
    }
    watch(mirror_.descriptor(), [this] { follow_network(); });
    signals_.async_wait([this](const asio::error_code& error, int) {
        if (!error) {
            loop_.stop();
        }
    });
    spdlog::info(
        "relay {} is up: port {}, {} paths, key {}",
        config_.name,
        config_.listen_port.number,
        config_.path_capacity,
        director_.signaling().own_key().text()
    );
    daemon::warn_of_weak(config_.suites);
    warn_of_kernel_ports();
    live_config_.wait_for_hang_up();
    poll_punts();
    every_second();
    look_at_health();
    settle();
    loop_.run();
    spdlog::info("relay {} stops", config_.name);
    // Descriptors belong to the sockets and TAPs.
    for (const auto& watched : watched_) {
        watched->release();
    }
    admin_.reset();
}

void ControlThread::State::stop() {
    loop_.stop();
}

void ControlThread::State::watch(int descriptor, const std::function<void()>& ready) {
    watched_.push_back(std::make_shared<Watched>(loop_, descriptor));
    await(watched_.back(), ready);
}

void ControlThread::State::await(
    const std::shared_ptr<Watched>& watched, const std::function<void()>& ready
) {
    watched->async_wait(Watched::wait_read, [this, watched, ready](const asio::error_code& error) {
        if (error) {
            return;
        }
        ready();
        await(watched, ready);
    });
}

void ControlThread::State::receive_datagrams(std::size_t socket) {
    sockets_[socket].receive(
        [this](const Datagram& datagram) { director_.handle_datagram(datagram, now()); },
        most_datagrams
    );
    settle();
}

void ControlThread::State::move_kernel_frames(std::size_t port) {
    bridge_.kernel_to_port(port, most_frames);
}

void ControlThread::State::follow_network() {
    const RouteMirror::Effect effect = mirror_.follow();
    if (effect.are_routes_changed) {
        director_.handle_route_change();
    }
    are_settings_changed_ = are_settings_changed_ || effect.are_hops_changed;
    settle();
}

NatRecorder::Scarcities ControlThread::State::scarcities() const {
    const Subscribers& subscribers = director_.paths().all_subscribers();
    constexpr auto crowded_out = static_cast<std::size_t>(DropReason::fragment_crowded_out);
    std::uint64_t fragments = 0;
    for (std::size_t i = 0; i < data_plane_.observation.worker_count(); ++i) {
        fragments += data_plane_.observation.worker(i).counters->dropped[crowded_out].value();
    }
    return {
        {{napt::Scarce::subscribers, subscribers.capacity(), subscribers.refused()},
         {napt::Scarce::fragments, config_.napt->fragments, fragments}}};
}

void ControlThread::State::poll_punts() {
    const std::size_t moved = bridge_.punts_to_kernel(most_frames);
    const std::size_t told = recorder_ ? recorder_->tend(scarcities(), moment()) : 0;
    idle_polls_ = moved + told == 0 ? idle_polls_ + 1 : 0;
    keeper_.tend();
    nat_.tend(now());
    go_on_walking_routes();
    go_on_sweeping();
    data_plane_.settings.reclaim();
    const bool is_idle = idle_polls_ >= polls_until_idle;
    punt_timer_.expires_after(is_idle ? idle_poll_interval : busy_poll_interval);
    punt_timer_.async_wait([this](const asio::error_code& error) {
        if (!error) {
            poll_punts();
        }
    });
}

void ControlThread::State::every_second() {
    rates_.sample(now());
    DirectorLoad load = rates_.load();
    load.napt = nat_.load();
    director_.set_load(load);
    mirror_.manage_unresolved();
    sweep_.look(now());
    settle();
    second_timer_.expires_after(std::chrono::seconds{1});
    second_timer_.async_wait([this](const asio::error_code& error) {
        if (!error) {
            every_second();
        }
    });
}

void ControlThread::State::look_at_health() {
    for (const Watchdog::Finding& finding : watchdog_.look()) {
        log_finding(finding);
    }
    watchdog_timer_.expires_after(Watchdog::between_looks);
    watchdog_timer_.async_wait([this](const asio::error_code& error) {
        if (!error) {
            look_at_health();
        }
    });
}

void ControlThread::State::settle() {
    if (director_.next_timeout() <= now()) {
        director_.handle_timeout(now());
    }
    carry_out_commands();
    // Resolving legs may have brought next hops of which the kernel must be told.
    if (mirror_.routes().numbers().has_fresh()) {
        mirror_.manage_new();
        are_settings_changed_ = true;
    }
    // Settings before datagrams: an answer to what we send may come at once.
    publish_settings();
    send_datagrams();
    log_events();
    arm_director_timer();
    go_on_walking_routes();
}

void ControlThread::State::carry_out_commands() {
    for (const DirectorCommand& command : director_.take_commands()) {
        if (const auto* const sessions = std::get_if<SetSessions>(&command)) {
            sessions_ = *sessions;
            are_settings_changed_ = true;
            continue;
        }
        if (const auto* const targets = std::get_if<SetTargets>(&command)) {
            targets_ = *targets;
            are_settings_changed_ = true;
            continue;
        }
        if (recorder_) {
            recorder_->follow(command, director_.paths(), moment());
        }
        keeper_.carry_out(command);
    }
    for (const PathId id : keeper_.take_refused()) {
        spdlog::warn("the relay table did not take path {}", id.text());
        director_.handle_table_full(id, now());
        if (recorder_) {
            recorder_->forget(id, moment());
        }
    }
}

void ControlThread::State::publish_settings() {
    if (!are_settings_changed_) {
        return;
    }
    are_settings_changed_ = false;
    auto next = std::make_unique<relay::Settings>(data_plane_.settings.current());
    set_limits(config_, *next);
    next->next_hops = mirror_.routes().next_hops();
    next->sessions = relay::SessionSet{sessions_.ids};
    next->cookie_nonces = relay::NonceSet{sessions_.cookie_nonces};
    next->targets = targets_.targets;
    data_plane_.settings.publish(std::move(next));
}

void ControlThread::State::send_datagrams() {
    for (const Datagram& datagram : director_.take_datagrams()) {
        const auto socket =
            std::ranges::find(sockets_, datagram.remote.address.family(), &UdpSocket::family);
        if (socket == sockets_.end() || !socket->send(datagram)) {
            spdlog::debug("could not send to {}", datagram.remote.text());
        }
    }
}

void ControlThread::State::go_on_walking_routes() {
    // One piece for each turn of the loop, so that whoever has something to read comes between. While
    // changes wait for workers, the walk would only make more of them.
    if (is_piece_posted_ || !director_.is_walking_routes() || keeper_.backlog() != 0) {
        return;
    }
    is_piece_posted_ = true;
    asio::post(loop_, [this] {
        is_piece_posted_ = false;
        director_.walk_routes();
        settle();
    });
}

void ControlThread::State::go_on_sweeping() {
    sweep_.go_on(!director_.is_walking_routes() && keeper_.backlog() == 0);
}

void ControlThread::State::arm_director_timer() {
    const Instant wanted = director_.next_timeout();
    if (wanted == director_wanted_ || wanted == Instant::never()) {
        return;
    }
    director_wanted_ = wanted;
    director_timer_.expires_at(of_clock(wanted));
    director_timer_.async_wait([this](const asio::error_code& error) {
        if (!error) {
            director_wanted_ = Instant::never();
            settle();
        }
    });
}

}  // namespace ntm::control
