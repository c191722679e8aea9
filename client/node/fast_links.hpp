// SPDX-License-Identifier: BSD-3-Clause
// What makes an address of IPv6 usable as soon as a link is up, where the configuration asks for it:
// a Router Solicitation at once, for which the kernel takes its time and which it leaves out where
// only the cable has changed; and optimistic addresses (RFC 4429), which are used while the kernel
// still looks for duplicates of them.
//
// The second is a setting of the whole network namespace, net.ipv6.conf.all.optimistic_dad and
// use_optimistic. It is put back in the end.
#pragma once

#include "client/node/link_ups.hpp"
#include "client/node/netlink.hpp"
#include "common/base/result.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ntm::client {

// A switch of the kernel's under /proc/sys, turned on as long as this lives.
class SwitchedOn {
  public:
    // The error is a sentence.
    [[nodiscard]] static Result<SwitchedOn, std::string> create(std::string file);
    ~SwitchedOn();
    SwitchedOn(SwitchedOn&& other) noexcept;
    SwitchedOn& operator=(SwitchedOn&&) = delete;
    SwitchedOn(const SwitchedOn&) = delete;
    SwitchedOn& operator=(const SwitchedOn&) = delete;

  private:
    explicit SwitchedOn(std::string file) noexcept : file_{std::move(file)} {}
    std::string file_;  // empty: nothing to put back
};

class FastLinks {
  public:
    // `loop` outlives it.
    FastLinks(asio::io_context& loop, std::uint32_t tun_index) : links_{tun_index}, timer_{loop} {}
    ~FastLinks();
    FastLinks(const FastLinks&) = delete;
    FastLinks& operator=(const FastLinks&) = delete;

    // Does what can be done; what can not, in sentences.
    [[nodiscard]] std::vector<std::string> open();
    // Solicits routers where a link has come up.
    void read(const KernelState& state);

  private:
    void solicit_where_due();
    void solicit(std::uint32_t index) const;

    LinkUps links_;
    asio::steady_timer timer_;
    std::vector<SwitchedOn> switches_;
    int socket_ = -1;
};

}  // namespace ntm::client
