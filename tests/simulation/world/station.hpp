// SPDX-License-Identifier: BSD-3-Clause
// A host of the simulation that runs one brain: what is common to nodes, DC and relay. Every input
// goes through run(), which afterwards takes the brain's output and enters its next time-out.
#pragma once

#include "tests/simulation/world/network.hpp"

#include <deque>
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
    // As SIGSTOP does: the program does nothing, its sockets take in what they have room for. At the
    // thaw all of it comes at once, before or after the timers that have become due.
    void freeze() noexcept { is_frozen_ = is_running(); }
    void thaw(bool are_timers_first);
    [[nodiscard]] bool is_frozen() const noexcept { return is_frozen_; }

  protected:
    // The brain's side; called only while it runs.
    virtual void receive(const Datagram& datagram, Instant now) = 0;
    virtual void handle_timeout(Instant now) = 0;
    [[nodiscard]] virtual Instant next_timeout() const = 0;
    virtual void collect_output() = 0;
    virtual void handle_thaw() {}

    // Does `input` to the brain and carries its output away. Nothing while it does not run or is
    // frozen.
    void run(const std::function<void(Instant)>& input);
    // Voids what was entered for the brain: it has gone.
    void forget_inputs() noexcept;
    void breach(const std::string& what) { world_.breaches.push_back(name_ + ": " + what); }
    [[nodiscard]] Instant now() const noexcept { return world_.events.now(); }

    Surroundings world_;

  private:
    void take(const Datagram& datagram);
    void enter_timeout();
    void wake(std::uint64_t number);

    std::string name_;
    HostNumber host_;
    std::uint64_t timeout_number_ = 0;
    Instant last_wake_;
    unsigned wakes_at_once_ = 0;
    bool is_frozen_ = false;
    std::deque<Datagram> waiting_;  // while it is frozen
};

}  // namespace ntm::simulation
