// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/sim_dc.hpp"

#include <algorithm>

namespace ntm::simulation {

SimDc::SimDc(
    const std::string& name,
    Surroundings surroundings,
    Setup setup,
    SecretWatch& secrets,
    PathHistory& history,
    RandomSource& random
)
    : Station{name, surroundings},
      setup_{std::move(setup)},
      secrets_{secrets},
      history_{history},
      random_{random} {}

void SimDc::start() {
    if (!store_ && setup_.store != nullptr) {
        store_ = std::make_unique<WatchedStore>(*setup_.store, secrets_, history_);
    }
    if (!store_) {
        auto opened = dc::SqliteStore::open(setup_.store_file);
        if (!opened) {
            breach("has no store: " + opened.error().text);
            return;
        }
        file_ = std::move(opened).value();
        store_ = std::make_unique<WatchedStore>(*file_, secrets_, history_);
    }
    dc::Coordinator::Identity identity{setup_.key.clone(), BootId{random_.number()}};
    auto made =
        dc::Coordinator::create(setup_.settings, std::move(identity), *store_, random_, now());
    if (!made) {
        breach("does not start: " + made.error().text);
        return;
    }
    coordinator_ = std::move(made).value();
    world_.trace.note(now(), name() + " starts");
    provision();
    run([](Instant) {});
}

void SimDc::provision() {
    if (is_provisioned_) {
        return;
    }
    is_provisioned_ = true;
    for (const auto& [fqdn, key] : setup_.nodes) {
        if (const auto added = coordinator_->add_node(fqdn, key, now()); !added) {
            breach(added.error());
        }
    }
    for (const auto& [relay, key] : setup_.relays) {
        if (const auto added = coordinator_->add_relay(relay, key, now()); !added) {
            breach(added.error());
        }
    }
}

void SimDc::kill() {
    coordinator_.reset();
    if (file_ && setup_.store_file != ":memory:") {
        store_.reset();
        file_.reset();
    }
    forget_inputs();
    world_.trace.note(now(), name() + " is killed");
}

bool SimDc::remove_node(const std::string& fqdn) {
    bool is_done = false;
    run([&](Instant at) { is_done = coordinator_->remove_node(fqdn, at).has_value(); });
    world_.trace.note(now(), fqdn + (is_done ? " is removed" : " is not removed"));
    return is_done;
}

bool SimDc::add_node(const std::string& fqdn) {
    bool is_done = false;
    const auto found = std::ranges::find(
        setup_.nodes, fqdn, [](const auto& node) -> const std::string& { return node.first; }
    );
    run([&](Instant at) {
        is_done = found != setup_.nodes.end() &&
                  coordinator_->add_node(fqdn, found->second, at).has_value();
    });
    world_.trace.note(now(), fqdn + (is_done ? " is provisioned" : " is not provisioned"));
    return is_done;
}

std::size_t SimDc::path_count() const {
    return is_running() ? coordinator_->context().paths.all().size() : 0;
}

void SimDc::collect_output() {
    for (Datagram& datagram : coordinator_->take_datagrams()) {
        world_.network.send(host(), std::move(datagram));
    }
    for (const dc::Notice& notice : coordinator_->take_notices()) {
        world_.trace.note(now(), name() + ": " + notice.text);
    }
    if (coordinator_->failure()) {
        breach("its store fails: " + coordinator_->failure()->text);
        kill();
    }
}

}  // namespace ntm::simulation
