// SPDX-License-Identifier: BSD-3-Clause
// ntm-relay: reads relay.yaml, starts DPDK, opens the ports, launches the workers, and runs the
// control thread on the main lcore until SIGTERM or SIGINT. Everything is wired here by hand.

#include "common/admin/render.hpp"
#include "common/config/daemon_main.hpp"
#include "common/config/key_file.hpp"
#include "common/crypto/system_random.hpp"
#include "common/daemon/log.hpp"
#include "control/config.hpp"
#include "control/control_thread.hpp"
#include "rs-dataplane/dpdk/dataplane.hpp"
#include "rs-dataplane/dpdk/eal.hpp"
#include "rs-dataplane/dpdk/telemetry.hpp"
#include "rs-dataplane/eal_need.hpp"
#include "rs-dataplane/kept.hpp"
#include "rs-dataplane/napt_of.hpp"
#include "rs-dataplane/plan.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

namespace {

using namespace ntm;

dpdk::PortKind kind_of(control::PortKind kind) {
    switch (kind) {
        case control::PortKind::af_xdp:
            return dpdk::PortKind::af_xdp;
        case control::PortKind::af_packet:
            return dpdk::PortKind::af_packet;
        case control::PortKind::pci:
            return dpdk::PortKind::pci;
        case control::PortKind::vdev:
            break;
    }
    return dpdk::PortKind::vdev;
}

dpdk::DataplaneConfig dataplane_config(
    const control::RelayConfig& config,
    const dpdk::EalStart& eal,
    const Secret<16>& token_key,
    std::vector<napt::KeptBindings> kept,
    RandomSource& random
) {
    dpdk::DataplaneConfig made;
    for (const control::PortConfig& port : config.ports) {
        made.ports.push_back({kind_of(port.kind), port.device, port.queues, port.mtu});
    }
    made.worker_lcores = eal.worker_lcores;
    made.paths = config.path_capacity;
    made.own_addresses = config.own_addresses();
    made.token_key = &token_key;
    made.seed = random.number();
    if (config.napt) {
        made.napt = napt_of(*config.napt);
        made.napt->kept = std::move(kept);
        made.napt->now = Instant{std::chrono::steady_clock::now().time_since_epoch()};
    }
    return made;
}

// The data plane is up; what is left is the control thread.
int run_control(
    const control::RelayConfig& config,
    control::Identity identity,
    dpdk::Dataplane& dataplane,
    RandomSource& random
) {
    auto first = std::make_unique<const relay::Settings>(
        control::first_settings(config, identity.boot_id, dataplane.macs())
    );
    const auto started = dataplane.start(std::move(first));
    if (!started) {
        return daemon::fail(started.error());
    }
    const dpdk::Telemetry telemetry{dataplane};
    const control::DataPlane sides{
        dataplane.table().writer(),
        relay::SettingsBox::Writer{dataplane.settings()},
        dataplane.grace_period(),
        dataplane.exception_path(),
        dataplane,
        dataplane.subscribers(),
        dataplane.napt_events(),
        dataplane.adoption()};
    auto thread = control::ControlThread::create(config, std::move(identity), sides, random);
    if (!thread) {
        return daemon::fail(thread.error());
    }
    (*thread)->run();
    // Before the control thread goes: it owns what workers punt to.
    dataplane.stop();
    return 0;
}

control::Identity new_identity(
    const Secret32& key,
    const protocol::KeyLog& key_log,
    std::string key_log_file,
    RandomSource& random
) {
    return {
        BootId{random.number()},
        crypto::KeyPair::from_private(key),
        Secret<16>{std::span<const std::uint8_t, 16>{random.bytes<16>()}},
        key_log,
        std::move(key_log_file)};
}

// The identity of the process before, if all is there that it had.
void go_on(control::Identity& identity, Kept& kept, const control::RelayConfig& config) {
    using Found = tables::KeptMemory::Found;
    identity.kept = &kept.state();
    identity.left = kept.state().adopt(config.napt ? config.napt->subscribers : 0);
    if (identity.left) {
        identity.boot_id = identity.left->run.boot_id;
        identity.token_key = Secret<16>{identity.left->run.token_key};
        return;
    }
    kept.state().begin(identity.boot_id, identity.token_key);
    if (kept.found() == Found::other) {
        spdlog::warn(
            "{} was another version's or configuration's: begun anew, and no public port rests "
            "that "
            "somebody had",
            config.state_file
        );
    }
}

int run_dataplane(
    const control::RelayConfig& config,
    const dpdk::EalStart& eal,
    control::Identity identity,
    Kept* kept,
    RandomSource& random
) {
    auto dataplane = dpdk::Dataplane::open(dataplane_config(
        config,
        eal,
        identity.token_key,
        kept != nullptr ? kept->bindings() : std::vector<napt::KeptBindings>{},
        random
    ));
    if (!dataplane) {
        return daemon::fail(dataplane.error());
    }
    for (const std::string& warning : (*dataplane)->warnings()) {
        spdlog::warn(warning);
    }
    return run_control(config, std::move(identity), **dataplane, random);
}

auto config_of(const std::string& file) {
    return ntm::control::read_relay_config(file, ntm::config::KeyFiles::must_be_good);
}

int show_plan(const control::RelayConfig& config, bool is_json) {
    const admin::Json plan = plan_json(config);
    const std::string text = is_json ? admin::json_text(plan) + "\n" : admin::render(plan);
    std::fputs(text.c_str(), stdout);
    return plan.at("missing").empty() ? 0 : config::exit_failed;
}

int run(const control::RelayConfig& config, const config::CommandLine& line) {
    daemon::start_log("ntm-relay", config.log_level);
    const auto key = config::read_key_file(config.key_file);
    if (!key) {
        return daemon::fail(key.error());
    }
    const auto key_log = daemon::open_key_log(line.key_log_file);
    if (!key_log) {
        return daemon::fail(key_log.error());
    }
    std::unique_ptr<Kept> kept;
    if (!config.state_file.empty()) {
        auto opened = Kept::open(config);
        if (!opened) {
            return daemon::fail(opened.error());
        }
        kept = *std::move(opened);
    }
    const auto eal = dpdk::start_eal(eal_config_of(config));
    if (!eal) {
        return daemon::fail(eal.error());
    }
    for (const std::string& warning : eal->warnings) {
        spdlog::warn(warning);
    }
    crypto::SystemRandom random;
    control::Identity identity = new_identity(*key, *key_log, line.key_log_file, random);
    if (kept) {
        go_on(identity, *kept, config);
    }
    key_log->begin_run("ntm-relay", identity.boot_id);
    const int code = run_dataplane(config, *eal, std::move(identity), kept.get(), random);
    dpdk::stop_eal();
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    return ntm::config::daemon_main(
        argc,
        argv,
        {"ntm-relay",
         "relays tunnels between NTMobile nodes on DPDK",
         "/etc/ntm/relay.yaml",
         "show queues, workers, NUMA nodes and memory, what the machine lacks, and stop"},
        config_of,
        run,
        show_plan
    );
}
