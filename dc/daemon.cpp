// SPDX-License-Identifier: BSD-3-Clause
#include "dc/daemon.hpp"

#include "common/config/daemon_main.hpp"
#include "common/config/key_file.hpp"
#include "common/daemon/log.hpp"
#include "dc/admin.hpp"
#include "dc/config_view.hpp"

#include <asio/post.hpp>
#include <chrono>
#include <csignal>
#include <utility>

#include <spdlog/spdlog.h>

namespace ntm::dc {

namespace {

std::int64_t unix_seconds_at_origin(Instant now) {
    using std::chrono::duration_cast;
    using std::chrono::seconds;
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return duration_cast<seconds>(wall).count() -
           duration_cast<seconds>(now.since_origin()).count();
}

}  // namespace

Daemon::Daemon(protocol::KeyLog key_log, std::string key_log_file)
    : key_log_{std::move(key_log)}, key_log_file_{std::move(key_log_file)} {}

Result<std::unique_ptr<Daemon>, std::string> Daemon::create(
    const DcConfig& config, protocol::KeyLog key_log, std::string key_log_file
) {
    std::unique_ptr<Daemon> daemon{new Daemon{std::move(key_log), std::move(key_log_file)}};
    if (const auto failure = daemon->open(config)) {
        return Unexpected{*failure};
    }
    return daemon;
}

std::optional<std::string> Daemon::open(const DcConfig& config) {
    config_ = config;
    auto sockets = UdpSockets::open(loop_, config.addresses, config.port);
    if (!sockets) {
        return sockets.error();
    }
    sockets_ = std::move(*sockets);
    if (auto failure = open_coordinator(config)) {
        return failure;
    }
    if (!config.resolvers.empty()) {
        names_.emplace(
            loop_,
            config.resolvers,
            random_,
            [this](const NameQuestion& question, const dns::Answer& answer) {
                coordinator_->handle_answer(question, answer, now());
                settle();
            }
        );
    }
    return open_admin(config);
}

std::optional<std::string> Daemon::open_coordinator(const DcConfig& config) {
    const auto key = config::read_key_file(config.key_file);
    if (!key) {
        return key.error();
    }
    auto store = SqliteStore::open(config.store);
    if (!store) {
        return store.error().text;
    }
    store_ = std::move(*store);
    Settings settings = config.settings;
    settings.unix_seconds_at_origin = unix_seconds_at_origin(now());
    Coordinator::Identity identity{
        crypto::KeyPair::from_private(*key), BootId{random_.number()}, key_log_};
    key_log_.begin_run("ntm-dc", identity.boot_id);
    auto coordinator =
        Coordinator::create(std::move(settings), std::move(identity), *store_, random_, now());
    if (!coordinator) {
        return coordinator.error().text;
    }
    coordinator_ = std::move(*coordinator);
    return std::nullopt;
}

std::optional<std::string> Daemon::open_admin(const DcConfig& config) {
    auto server = admin::AdminServer::create(loop_, config.admin_socket);
    if (!server) {
        return server.error();
    }
    admin_ = std::move(*server);
    const AdminContext context{
        *coordinator_,
        &Daemon::now,
        [this] { return settle(); },
        now(),
        sockets_->endpoints(),
        intake_,
        key_log_file_};
    for (AdminVerb& verb : make_admin_verbs(context)) {
        admin_->handle(verb.noun, verb.verb, std::move(verb.handle));
    }
    live_config_ = std::make_unique<admin::LiveConfig>(
        loop_, admin::live_program(config_, reload()), daemon::log_reload
    );
    live_config_->serve(*admin_);
    return std::nullopt;
}

admin::Reload<DcConfig> Daemon::reload() {
    return {
        [](const std::string& file) { return read_config(file, config::KeyFiles::must_be_good); },
        config_json,
        dc::take_over,
        [](const DcConfig&) { return std::nullopt; },
        [this] {
            daemon::set_log_level(config_.log_level);
            coordinator_->set_policy(config_.settings);
            settle();
        }};
}

int Daemon::run() {
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    signals_.async_wait([this](const asio::error_code& error, int) {
        if (!error) {
            spdlog::info("asked to end");
            loop_.stop();
        }
    });
    sockets_->start([this](std::vector<Datagram> batch) { return take_in(std::move(batch)); });
    for (const Endpoint& endpoint : sockets_->endpoints()) {
        spdlog::info("listening on UDP {}", endpoint.text());
    }
    const Context& context = coordinator_->context();
    spdlog::info(
        "ready: term {}, {} nodes, {} relays, {} paths",
        context.term,
        context.registry.nodes().size(),
        context.registry.relays().size(),
        context.paths.all().size()
    );
    daemon::warn_of_weak(context.settings.suites);
    live_config_->wait_for_hang_up();
    settle();
    loop_.run();
    return exit_code_;
}

Instant Daemon::now() {
    return Instant{std::chrono::steady_clock::now().time_since_epoch()};
}

bool Daemon::take_in(std::vector<Datagram> batch) {
    const Instant at = now();
    for (Datagram& datagram : batch) {
        const Arrival arrival = coordinator_->sort(datagram, at);
        intake_.add(arrival, std::move(datagram), at);
    }
    if (!intake_.is_empty()) {
        serve_soon();
    }
    return !intake_.is_full();
}

// After what the loop has ready: sockets are emptied before the next of their datagrams is served.
void Daemon::serve_soon() {
    if (!std::exchange(is_to_serve_, true)) {
        asio::post(loop_, [this] { serve(); });
    }
}

void Daemon::serve() {
    is_to_serve_ = false;
    const Instant at = now();
    for (const Datagram& datagram : intake_.take(at)) {
        coordinator_->handle_datagram(datagram, at);
    }
    settle();
    if (!intake_.is_full()) {
        sockets_->resume();
    }
    if (!intake_.is_empty()) {
        serve_soon();
    }
}

std::optional<std::string> Daemon::settle() {
    sockets_->send(coordinator_->take_early_datagrams());
    const std::vector<Datagram> datagrams = coordinator_->take_datagrams();
    log_notices();
    if (const auto& failure = coordinator_->failure()) {
        spdlog::critical("{}", failure->text);
        exit_code_ = config::exit_failed;
        loop_.stop();
        return failure->text;
    }
    sockets_->send(datagrams);
    if (names_) {
        names_->ask(coordinator_->take_questions());
    }
    set_timer();
    const auto& stall = coordinator_->stall();
    return stall ? std::optional{stall->text} : std::nullopt;
}

void Daemon::set_timer() {
    const Instant next = coordinator_->next_timeout();
    if (next == Instant::never()) {
        timer_.cancel();
        return;
    }
    timer_.expires_at(std::chrono::steady_clock::time_point{next.since_origin()});
    timer_.async_wait([this](const asio::error_code& error) {
        if (!error) {
            handle_timeout();
        }
    });
}

// After what the loop has ready: what has come while this process was held up is known by now.
void Daemon::handle_timeout() {
    using Unheard = Coordinator::Unheard;
    const Unheard unheard = intake_.has_sessions() ? Unheard::something : Unheard::nothing;
    coordinator_->handle_timeout(now(), unheard);
    settle();
}

void Daemon::log_notices() {
    for (const Notice& notice : coordinator_->take_notices()) {
        const bool is_warning = notice.severity == Notice::Severity::warning;
        spdlog::log(is_warning ? spdlog::level::warn : spdlog::level::info, "{}", notice.text);
    }
}

}  // namespace ntm::dc
