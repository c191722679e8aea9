// SPDX-License-Identifier: BSD-3-Clause
// The relay as a host: RelayDirector over the real pipeline. What arrives becomes Ethernet frames;
// what the pipeline punts reaches the director a little later, as through the ring and the control
// thread; what the director sends is injected. Every transmitted frame is opened by the second
// opinion and the counters' balance is held after every step.
#pragma once

#include "control/relay_director.hpp"
#include "tests/simulation/world/relay_plane.hpp"
#include "tests/simulation/world/station.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace ntm::simulation {

class SimRelay final : public Station {
  public:
    // Fresh settings for each start: only static key and addresses are the same.
    using MakeSettings = std::function<control::DirectorSettings()>;

    SimRelay(
        std::string name,
        Surroundings surroundings,
        MakeSettings make_settings,
        RandomSource& random
    );
    void start();
    void kill();
    [[nodiscard]] bool is_running() const override { return director_ != nullptr; }
    [[nodiscard]] const control::RelayDirector& director() const { return *director_; }
    [[nodiscard]] const RelayPlane& plane() const { return *plane_; }
    [[nodiscard]] std::uint32_t table_size() const { return plane_->table().size(); }

  private:
    void receive(const Datagram& datagram, Instant now) override;
    void handle_timeout(Instant now) override { director_->handle_timeout(now); }
    [[nodiscard]] Instant next_timeout() const override { return director_->next_timeout(); }
    void collect_output() override;

    void hand_to_director(const Bytes& frame);
    void carry_out(const control::DirectorCommand& command);
    void send_frame(const Bytes& frame);
    [[nodiscard]] Endpoint own_endpoint(Family family) const;
    void check_balance();

    MakeSettings make_settings_;
    RandomSource& random_;
    std::vector<Endpoint> addresses_;
    std::uint64_t run_ = 0;
    std::unique_ptr<RelayPlane> plane_;
    std::unique_ptr<control::RelayDirector> director_;
};

}  // namespace ntm::simulation
