// SPDX-License-Identifier: BSD-3-Clause
// Watches the host's addresses and default routes by netlink and reports them at every change:
// what TunnelManager::handle_addresses() takes. Not those of loopback, of the TUN device, link-
// local ones, and those that the kernel does not hold usable yet.
#pragma once

#include "client/node/local_addresses.hpp"
#include "client/node/netlink.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ntm::client {

// The real addresses in a reading of the kernel's state.
[[nodiscard]] std::vector<RealAddress> real_addresses(
    const KernelState& state, std::uint32_t tun_index
);

class AddressWatch {
  public:
    struct Hooks {
        std::function<void(const std::vector<RealAddress>&)> on_change;
        // The state can not be read, in a sentence: said once, until it can be read again.
        std::function<void(const std::string&)> on_trouble;
        std::function<Result<KernelState, std::string>()> read = read_kernel_state;
        // Each reading, before on_change() gets what it makes of it.
        std::function<void(const KernelState&)> on_state = [](const KernelState& /*state*/) {
        };
    };

    // The error is a sentence. `loop` outlives the watch.
    [[nodiscard]] static Result<std::unique_ptr<AddressWatch>, std::string> create(
        asio::io_context& loop, std::uint32_t tun_index, Hooks hooks
    );

    // Reads the state now and reports it; then at every change. What can not be read is read again
    // soon: there may be no event for it any more.
    void start();

  private:
    AddressWatch(asio::io_context& loop, int events, std::uint32_t tun_index, Hooks hooks);
    void wait();
    void report();
    void report_later();

    asio::posix::stream_descriptor events_;
    std::uint32_t tun_index_;
    Hooks hooks_;
    asio::steady_timer retry_;
    bool is_troubled_ = false;
};

}  // namespace ntm::client
