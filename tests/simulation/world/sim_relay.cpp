// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/sim_relay.hpp"

#include "tests/simulation/world/frames.hpp"

namespace ntm::simulation {

namespace {

const MacAddress own_mac{{2, 0, 0, 0, 0, 1}};
const MacAddress gateway_mac{{2, 0, 0, 0, 0, 2}};
constexpr std::uint16_t mtu = 1500;
// From the worker's punt to the director's answer.
constexpr Duration control_delay = std::chrono::microseconds{100};

relay::Settings plane_settings(const control::DirectorSettings& settings) {
    std::vector<IpAddress> own;
    for (const Endpoint& endpoint : settings.addresses) {
        own.push_back(endpoint.address);
    }
    relay::Settings made;
    made.ntm_port = settings.addresses.at(0).port;
    made.boot_id = settings.boot_id;
    made.own = tables::OwnAddresses{own};
    made.ports = {{own_mac}};
    made.next_hops = {{{gateway_mac, own_mac}, 0, mtu, true}};
    return made;
}

}  // namespace

SimRelay::SimRelay(
    std::string name, Surroundings surroundings, MakeSettings make_settings, RandomSource& random
)
    : Station{std::move(name), surroundings},
      make_settings_{std::move(make_settings)},
      random_{random} {}

void SimRelay::start() {
    ++run_;
    control::DirectorSettings settings = make_settings_();
    addresses_ = settings.addresses;
    plane_ = std::make_unique<RelayPlane>(
        plane_settings(settings), settings.token_key, random_.number()
    );
    director_ = std::make_unique<control::RelayDirector>(
        std::move(settings),
        [](const IpAddress&) { return tables::NextHopIndex{0}; },
        random_,
        now()
    );
    world_.trace.note(now(), name() + " starts");
    run([](Instant) {});
}

void SimRelay::kill() {
    director_.reset();
    plane_.reset();
    forget_inputs();
    world_.trace.note(now(), name() + " is killed");
}

Endpoint SimRelay::own_endpoint(Family family) const {
    for (const Endpoint& endpoint : addresses_) {
        if (endpoint.address.family() == family) {
            return endpoint;
        }
    }
    return {};
}

void SimRelay::receive(const Datagram& datagram, Instant now) {
    const FrameHeads heads{gateway_mac, own_mac, 0, 60};
    const Bytes frame = build_frame(heads, {datagram.remote, datagram.local, datagram.payload});
    const RelayPlane::Output output = plane_->receive({frame}, now);
    for (const Bytes& sent : output.transmitted) {
        send_frame(sent);
    }
    for (const auto& punted : output.punted) {
        world_.events.in(control_delay, [this, punted, run_number = run_] {
            if (run_number == run_) {
                hand_to_director(punted.frame);
            }
        });
    }
    check_balance();
}

void SimRelay::hand_to_director(const Bytes& frame) {
    const auto opened = open_frame(frame);
    if (!opened) {
        return;  // the kernel would not take it either
    }
    run([&](Instant at) {
        const Datagram& sent = opened->datagram;
        director_->handle_datagram({sent.remote, sent.local, sent.payload}, at);
    });
}

void SimRelay::collect_output() {
    for (const control::DirectorCommand& command : director_->take_commands()) {
        carry_out(command);
    }
    plane_->table().reclaim();
    plane_->settings().reclaim();
    for (Datagram& datagram : director_->take_datagrams()) {
        if (datagram.local.address.is_unspecified()) {
            datagram.local = own_endpoint(datagram.remote.address.family());
        }
        const FrameHeads heads{own_mac, gateway_mac, 0, 64};
        send_frame(plane_->inject(build_frame(heads, datagram)));
    }
    static_cast<void>(director_->take_events());
    check_balance();
}

void SimRelay::carry_out(const control::DirectorCommand& command) {
    if (const auto* install = std::get_if<control::InstallPath>(&command)) {
        const auto slot = plane_->table().insert(install->path);
        if (!slot && slot.error() == tables::TableError::full) {
            director_->handle_table_full(install->path.id, now());
        } else if (!slot) {
            breach("installs path " + install->path.id.text() + " in vain");
        }
    } else if (const auto* replace = std::get_if<control::ReplacePath>(&command)) {
        if (!plane_->table().replace(replace->path)) {
            breach("replaces path " + replace->path.id.text() + " in vain");
        }
    } else if (const auto* removal = std::get_if<control::RemovePath>(&command)) {
        if (!plane_->table().remove(removal->id)) {
            breach("removes path " + removal->id.text() + " in vain");
        }
    } else if (const auto* sessions = std::get_if<control::SetSessions>(&command)) {
        auto next = std::make_unique<relay::Settings>(plane_->settings().current());
        next->sessions = relay::SessionSet{sessions->ids};
        next->cookie_nonces = relay::NonceSet{sessions->cookie_nonces};
        plane_->settings().publish(std::move(next));
    }
}

void SimRelay::send_frame(const Bytes& frame) {
    const auto opened = open_frame(frame);
    if (!opened) {
        breach("sends a bad frame: " + opened.error());
        return;
    }
    world_.network.send(host(), opened->datagram);
}

void SimRelay::check_balance() {
    if (const auto imbalance = plane_->find_imbalance()) {
        breach(*imbalance);
    }
}

}  // namespace ntm::simulation
