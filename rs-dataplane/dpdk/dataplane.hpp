// SPDX-License-Identifier: BSD-3-Clause
// A running data plane: ports, tables, rings and workers, made in order and taken down in reverse.
// main() makes one after EAL has started; the control thread gets its writers and views.
#pragma once

#include "common/base/address.hpp"
#include "common/base/result.hpp"
#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "rs-dataplane/dpdk/exception_rings.hpp"
#include "rs-dataplane/dpdk/port.hpp"
#include "rs-dataplane/napt/bindings.hpp"
#include "rs-dataplane/relay/napt_events.hpp"
#include "rs-dataplane/relay/observation.hpp"
#include "rs-dataplane/relay/reassembly.hpp"
#include "rs-dataplane/relay/settings_box.hpp"
#include "rs-dataplane/relay/subscriber_orders.hpp"
#include "rs-dataplane/tables/grace_period.hpp"
#include "rs-dataplane/tables/relay_table.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ntm::dpdk {

// Of an RS-N.
struct NaptConfig {
    napt::Bindings::Plan plan;
    std::vector<Ipv4Address> ipv4;  // public ones
    std::vector<Ipv6Address> ipv6;
    bool tells_events = false;               // blocks of ports, and sessions if the plan says so
    relay::Reassembly::Plan fragments;       // of each of both sides
    std::vector<napt::KeptBindings> kept{};  // by worker, and of its plan; none: nothing is kept
    Instant now{};
};

struct DataplaneConfig {
    std::vector<PortConfig> ports;
    std::vector<unsigned> worker_lcores;
    std::uint32_t paths = 65536;
    std::vector<IpAddress> own_addresses;
    const Secret<16>* token_key = nullptr;  // copied by open()
    std::uint64_t seed = 0;                 // random
    std::optional<NaptConfig> napt{};       // parted among the workers
};

class Dataplane final : public relay::Observation {
  public:
    // Opens the ports; no worker runs yet. The error is a sentence.
    [[nodiscard]] static Result<std::unique_ptr<Dataplane>, std::string> open(
        const DataplaneConfig& config
    );
    ~Dataplane() override;
    Dataplane(const Dataplane&) = delete;
    Dataplane& operator=(const Dataplane&) = delete;

    // Of the ports, in the configuration's order.
    [[nodiscard]] std::vector<MacAddress> macs() const;
    [[nodiscard]] const std::vector<std::string>& warnings() const noexcept;

    // Launches the workers, once. `first` has a PortSettings for each port.
    [[nodiscard]] Result<Nothing, std::string> start(std::unique_ptr<const relay::Settings> first);
    // Waits for the workers to end.
    void stop() noexcept;

    // After start().
    [[nodiscard]] relay::SettingsBox& settings() noexcept;
    [[nodiscard]] tables::RelayTable& table() noexcept;
    [[nodiscard]] tables::GracePeriod& grace_period() noexcept;
    [[nodiscard]] relay::ExceptionPath& exception_path() noexcept;
    // Nothing: it is no RS-N.
    [[nodiscard]] relay::SubscriberOrders* subscribers() noexcept;
    // Nothing: it tells none.
    [[nodiscard]] relay::NaptEvents* napt_events() noexcept;
    // What the workers go on with of the process before.
    [[nodiscard]] napt::Adoption adoption() const noexcept;

    [[nodiscard]] std::size_t worker_count() const override;
    [[nodiscard]] relay::WorkerView worker(std::size_t number) const override;
    [[nodiscard]] std::size_t port_count() const override;
    [[nodiscard]] relay::PortView port(std::size_t number) const override;
    [[nodiscard]] relay::BufferView buffers() const override;
    [[nodiscard]] relay::PathView path(tables::Slot slot) const override;
    [[nodiscard]] double cycles_per_second() const override;

  private:
    class State;
    explicit Dataplane(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace ntm::dpdk
