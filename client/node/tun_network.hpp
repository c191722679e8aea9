// SPDX-License-Identifier: BSD-3-Clause
// Keeps addresses, routes and MTU of the TUN device in line with what the brain wants, one setting
// at a time: what stands is not set again, and what the kernel refuses holds up nothing else, is
// tried again some seconds later and is spoken of once.
#pragma once

#include "client/node/tunnel_manager.hpp"
#include "common/base/address.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ntm::client {

// Where the settings go: the kernel, or a test. Errors are sentences.
class LinkSettings {
  public:
    using Done = Result<Nothing, std::string>;
    LinkSettings() = default;
    virtual ~LinkSettings() = default;
    LinkSettings(const LinkSettings&) = delete;
    LinkSettings& operator=(const LinkSettings&) = delete;
    [[nodiscard]] virtual Done bring_up(std::uint16_t mtu) = 0;
    [[nodiscard]] virtual Done add_address(const InterfaceAddress& address) = 0;
    [[nodiscard]] virtual Done remove_address(const InterfaceAddress& address) = 0;
    [[nodiscard]] virtual Done add_route(const Prefix& prefix) = 0;
    [[nodiscard]] virtual Done remove_route(const Prefix& prefix) = 0;
    // What is not virtual leaves from this address by the device, too.
    [[nodiscard]] virtual Done add_exit(const IpAddress& vip) = 0;
    [[nodiscard]] virtual Done remove_exit(const IpAddress& vip) = 0;
};

class TunNetwork {
  public:
    // Returns what is new to say about settings that were refused. Nothing is tried while the wish
    // that failed stays the same and retry_at() has not come.
    [[nodiscard]] std::vector<std::string> configure(
        const VirtualNetwork& wanted, LinkSettings& link, Instant now
    );
    // Never, unless something was refused.
    [[nodiscard]] Instant retry_at() const noexcept { return retry_at_; }

  private:
    struct Present {
        std::optional<std::uint16_t> mtu;
        std::vector<InterfaceAddress> addresses;
        std::vector<Prefix> routes;
        std::vector<IpAddress> exits;
    };
    void bring_in_line(LinkSettings& link);
    void remove_unwanted(LinkSettings& link);
    void add_addresses(LinkSettings& link);
    void add_routes(LinkSettings& link);
    [[nodiscard]] bool is_exit_wanted(const IpAddress& vip) const;
    void add_exits(LinkSettings& link);
    [[nodiscard]] bool note(const std::string& what, const LinkSettings::Done& done);

    std::optional<VirtualNetwork> wanted_;  // the last that was tried
    Present present_;
    Instant retry_at_ = Instant::never();
    std::set<std::string> troubles_;  // of the last try
};

}  // namespace ntm::client
