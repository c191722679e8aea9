// SPDX-License-Identifier: BSD-3-Clause
// A host of the simulation that runs one brain: what is common to nodes, DC and relay. Every input
// goes through run(), which afterwards takes the brain's output and enters its next time-out.
#pragma once

#include "tests/simulation/world/network.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ntm::simulation {

// What every station is given.
struct Surroundings {
    EventQueue& events;
    Network& network;
    Trace& trace;
    std::vector<std::string>& breaches;  // of rules that hold at all times
};

class Station {
  public:
    Station(std::string name, Surroundings surroundings);
    Station(const Station&) = delete;
    Station& operator=(const Station&) = delete;
    virtual ~Station() = default;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] HostNumber host() const noexcept { return host_; }
    [[nodiscard]] virtual bool is_running() const = 0;

  protected:
    // The brain's side; called only while it runs.
    virtual void receive(const Datagram& datagram, Instant now) = 0;
    virtual void handle_timeout(Instant now) = 0;
    [[nodiscard]] virtual Instant next_timeout() const = 0;
    virtual void collect_output() = 0;

    // Does `input` to the brain and carries its output away. Nothing while it does not run.
    void run(const std::function<void(Instant)>& input);
    // Voids time-outs that were entered: the brain has gone.
    void forget_timeout() noexcept { ++timeout_number_; }
    void breach(const std::string& what) { world_.breaches.push_back(name_ + ": " + what); }
    [[nodiscard]] Instant now() const noexcept { return world_.events.now(); }

    Surroundings world_;

  private:
    void enter_timeout();
    void wake(std::uint64_t number);

    std::string name_;
    HostNumber host_;
    std::uint64_t timeout_number_ = 0;
    Instant last_wake_;
    unsigned wakes_at_once_ = 0;
};

}  // namespace ntm::simulation
