// SPDX-License-Identifier: BSD-3-Clause
// Keeps a RouteMirror true to the kernel: first dump, changes as they come, and the neighbours that
// the kernel must keep resolved. Its events' descriptor belongs to the control thread's loop.
#pragma once

#include "common/base/result.hpp"
#include "control/netlink_socket.hpp"
#include "control/route_mirror.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ntm::control {

class NetworkMirror {
  public:
    NetworkMirror(NetlinkRequests& requests, NetlinkEvents events, std::vector<MirroredPort> ports)
        : requests_{&requests}, events_{std::move(events)}, mirror_{std::move(ports)} {}

    // Reads everything anew.
    [[nodiscard]] Result<Nothing, std::string> load();
    // Takes what the kernel has told since.
    [[nodiscard]] RouteMirror::Effect follow();
    // Tells the kernel of neighbours that are used for the first time.
    void manage_new();
    // Tells the kernel of a neighbour that is used no longer.
    void forget(const Neighbour& neighbour);
    // About once a second: asks again for those without an address (someone may have flushed them).
    void manage_unresolved();

    [[nodiscard]] RouteMirror& routes() noexcept { return mirror_; }
    [[nodiscard]] int descriptor() const noexcept { return events_.descriptor(); }
    // Sentences for the log, each different one once.
    [[nodiscard]] std::vector<std::string> take_problems();

  private:
    [[nodiscard]] RouteMirror::Effect read_anew();
    void manage(const Neighbour& neighbour);
    void report(const std::string& problem);

    NetlinkRequests* requests_;
    NetlinkEvents events_;
    RouteMirror mirror_;
    std::set<std::string> reported_;
    std::vector<std::string> problems_;
};

}  // namespace ntm::control
