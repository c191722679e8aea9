// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/node_program.hpp"

#include "client/node/config_view.hpp"
#include "client/node/exit_rules.hpp"
#include "client/node/known_peers_file.hpp"
#include "client/node/node_views.hpp"
#include "common/daemon/log.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>

#include <spdlog/spdlog.h>

namespace ntm::client {

namespace {

// Packets read from the TUN device before the loop looks at the sockets again.
constexpr int packets_at_once = 64;

BootId new_boot_id(RandomSource& random) {
    BootId drawn;
    while (drawn.is_zero()) {
        drawn = BootId{random.number()};
    }
    return drawn;
}

NodeSettings settings_of(
    const NodeConfig& config,
    crypto::KeyPair key,
    BootId boot_id,
    protocol::KeyLog key_log,
    std::vector<KnownPeer> known_peers
) {
    return {
        config.fqdn,
        config.port,
        std::move(key),
        boot_id,
        config.dc_key,
        config.dc_addresses,
        config.zones,
        config.suites,
        std::move(key_log),
        config.general_names,
        config.wants_exit,
        config.keys,
        std::move(known_peers)};
}

}  // namespace

NodeProgram::NodeProgram(
    const NodeConfig& config,
    crypto::KeyPair key,
    protocol::KeyLog key_log,
    std::string key_log_file,
    std::vector<KnownPeer> known_peers
)
    : config_{config},
      key_log_file_{std::move(key_log_file)},
      key_log_{std::move(key_log)},
      boot_id_{new_boot_id(random_)},
      manager_{
          settings_of(config, std::move(key), boot_id_, key_log_, std::move(known_peers)),
          random_} {}

Instant NodeProgram::now() {
    return Instant{
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

Result<Nothing, std::string> NodeProgram::run() {
    key_log_.begin_run("ntm-node", boot_id_);
    auto opened = open();
    if (!opened) {
        return opened;
    }
    spdlog::info("node {} is up, port {}", config_.fqdn, config_.port.number);
    daemon::warn_of_weak(config_.suites);
    wait_for_signal();
    wait_for_packets();
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (sockets_->descriptor(family) >= 0) {
            wait_for_datagrams(family);
        }
    }
    live_config_->wait_for_hang_up();
    watch_->start();
    loop_.run();
    // Descriptors that the loop borrowed go back to their owners.
    for (auto* borrowed : {&ipv4_, &ipv6_, &packets_}) {
        if (*borrowed) {
            (*borrowed)->release();
        }
    }
    if (failure_) {
        return Unexpected{*failure_};
    }
    return Nothing{};
}

Result<Nothing, std::string> NodeProgram::open() {
    auto sockets = UdpSockets::open(config_.port, own_mark);
    if (!sockets) {
        return Unexpected{sockets.error()};
    }
    sockets_.emplace(*std::move(sockets));
    auto tun = TunDevice::create(config_.tun_name);
    if (!tun) {
        return Unexpected{tun.error()};
    }
    tun_.emplace(*std::move(tun));
    AddressWatch::Hooks hooks;
    hooks.on_change = [this](const std::vector<RealAddress>& present) {
        sockets_->set_addresses(present);
        manager_.handle_addresses(present, now());
        pump();
    };
    if (config_.wants_fast_links) {
        fast_links_.emplace(loop_, tun_->index());
        for (const std::string& trouble : fast_links_->open()) {
            spdlog::warn("interfaces are not fast: {}", trouble);
        }
        hooks.on_state = [this](const KernelState& state) {
            fast_links_->read(state);
        };
    }
    hooks.on_trouble = [](const std::string& trouble) {
        spdlog::warn("{}; trying on", trouble);
    };
    auto watch = AddressWatch::create(loop_, tun_->index(), std::move(hooks));
    if (!watch) {
        return Unexpected{watch.error()};
    }
    watch_ = *std::move(watch);
    auto done = open_resolver();
    return done ? open_admin() : done;
}

Result<Nothing, std::string> NodeProgram::open_resolver() {
    if (!config_.resolver) {
        return Nothing{};
    }
    Resolver::Settings settings;
    settings.listen = config_.resolver->listen;
    settings.upstream = config_.resolver->upstream;
    settings.mark = own_mark;
    settings.is_for_brain = [this](const std::string& name, DnsWish wish) {
        return manager_.is_for_dc(name, wish);
    };
    settings.on_query = [this](std::uint64_t query, const std::string& name, DnsWish wish) {
        manager_.handle_dns_query(query, name, wish, now());
        pump();
    };
    auto resolver = Resolver::create(loop_, std::move(settings), random_);
    if (!resolver) {
        return Unexpected{resolver.error()};
    }
    resolver_ = *std::move(resolver);
    return Nothing{};
}

Result<Nothing, std::string> NodeProgram::open_admin() {
    auto server = admin::AdminServer::create(loop_, config_.admin_socket);
    if (!server) {
        return Unexpected{server.error()};
    }
    admin_ = *std::move(server);
    admin_->handle("status", "show", [this](const admin::Json& /*args*/) -> admin::Answer {
        admin::Json status = status_json(manager_.status());
        status["drops"] = counters_json(manager_.counters(), manager_.signaling_counters());
        status["drops"]["socket"] = sockets_->dropped();
        if (!key_log_file_.empty()) {
            status["key_log"] = key_log_file_;
        }
        if (resolver_) {
            status["resolver"] = resolver_json(resolver_->counters());
        }
        return status;
    });
    admin_->handle("path", "show", [this](const admin::Json& args) {
        return paths_json(manager_.paths(now()), args);
    });
    live_config_ = std::make_unique<admin::LiveConfig>(
        loop_, admin::live_program(config_, reload()), daemon::log_reload
    );
    live_config_->serve(*admin_);
    return Nothing{};
}

admin::Reload<NodeConfig> NodeProgram::reload() {
    return {
        [](const std::string& file) { return read_config(file, config::KeyFiles::must_be_good); },
        config_json,
        take_over,
        clash_in,
        [this] {
            follow_config();
        }};
}

void NodeProgram::follow_config() {
    daemon::set_log_level(config_.log_level);
    if (config_.resolver) {
        resolver_->set_upstream(config_.resolver->upstream);
    }
    manager_.set_names(config_.zones, config_.general_names);
    manager_.set_dc_endpoints(config_.dc_addresses, now());
    pump();
}

void NodeProgram::wait_for_signal() {
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    signals_.async_wait([this](const asio::error_code& error, int /*number*/) {
        if (error) {
            return;
        }
        spdlog::info("giving paths back");
        manager_.shutdown(now());
        pump();
    });
}

void NodeProgram::wait_for_datagrams(Family family) {
    auto& stream = family == Family::ipv4 ? ipv4_ : ipv6_;
    if (!stream) {
        stream =
            std::make_unique<asio::posix::stream_descriptor>(loop_, sockets_->descriptor(family));
    }
    stream->async_wait(
        asio::posix::stream_descriptor::wait_read,
        [this, family](const asio::error_code& error) {
            if (error) {
                return;
            }
            const Instant at = now();
            for (const Datagram& datagram : sockets_->receive(family)) {
                manager_.handle_datagram(datagram, at);
            }
            pump();
            wait_for_datagrams(family);
        }
    );
}

void NodeProgram::wait_for_packets() {
    if (!packets_) {
        packets_ = std::make_unique<asio::posix::stream_descriptor>(loop_, tun_->descriptor());
    }
    packets_->async_wait(
        asio::posix::stream_descriptor::wait_read,
        [this](const asio::error_code& error) {
            if (error) {
                return;
            }
            if (read_packets()) {
                wait_for_packets();
            }
        }
    );
}

bool NodeProgram::read_packets() {
    const Instant at = now();
    for (int i = 0; i < packets_at_once; ++i) {
        auto packet = tun_->read();
        if (!packet) {
            failure_ = "the TUN device " + config_.tun_name + " is gone: " + packet.error();
            loop_.stop();
            return false;
        }
        if (!*packet) {
            break;
        }
        manager_.handle_inner_packet(**std::move(packet), at);
    }
    pump();
    return true;
}

void NodeProgram::pump() {
    for (const NodeEvent& event : manager_.take_events()) {
        spdlog::log(event.is_warning ? spdlog::level::warn : spdlog::level::info, event.text);
    }
    for (const std::string& trouble : tun_->configure(manager_.virtual_network(), now())) {
        spdlog::warn("TUN device {}: {}", config_.tun_name, trouble);
    }
    keep_known_peers();
    const auto datagrams = manager_.take_datagrams();
    sockets_->send(datagrams);
    for (const Bytes& packet : manager_.take_inner_packets()) {
        tun_->write(packet);
    }
    for (const DnsAnswer& answer : manager_.take_dns_answers()) {
        resolver_->answer(answer);
    }
    arm_timer();
    finish_if_done();
}

void NodeProgram::keep_known_peers() {
    const auto peers = manager_.take_known_peers();
    if (!peers || config_.known_peers_file.empty()) {
        return;
    }
    const auto written = write_known_peers(config_.known_peers_file, *peers);
    if (!written) {
        spdlog::warn("{}", written.error());
    }
}

void NodeProgram::arm_timer() {
    const Instant next = std::min(manager_.next_timeout(), tun_->retry_at());
    // Left alone if it rings in time: setting it costs more than a packet.
    if (next == Instant::never() || (timer_at_ && *timer_at_ <= next)) {
        return;
    }
    timer_at_ = next;
    timer_.expires_at(std::chrono::steady_clock::time_point{
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(next.since_origin())});
    timer_.async_wait([this](const asio::error_code& is_cancelled) {
        if (is_cancelled) {
            return;
        }
        timer_at_.reset();
        manager_.handle_timeout(now());
        pump();
    });
}

void NodeProgram::finish_if_done() {
    if (manager_.is_shut_down(now())) {
        spdlog::info("node {} ends", config_.fqdn);
        loop_.stop();
    }
}

}  // namespace ntm::client
