// SPDX-License-Identifier: BSD-3-Clause
// An account of what a program got from each address and sent there, in bytes on the wire: an address
// that is not proven gets no more than came from there.
#pragma once

#include "common/base/datagram.hpp"
#include "common/protocol/ntm_header.hpp"
#include "tests/fuzz/target.hpp"

#include <map>
#include <set>

namespace ntm::fuzz {

class Traffic {
  public:
    void came(const Endpoint& from, ByteView payload) { came_[from] += on_wire(from, payload); }
    void prove(const Endpoint& address) { proven_.insert(address); }
    void went(const Endpoint& to, ByteView payload) {
        demand(payload.size() <= 1200, "datagrams are short");
        demand(protocol::NtmHeader::parse(payload).has_value(), "what is sent is NTM");
        went_[to] += on_wire(to, payload);
    }
    void check() const {
        for (const auto& [to, bytes] : went_) {
            const auto from = came_.find(to);
            const std::size_t got = from == came_.end() ? 0 : from->second;
            demand(bytes <= got || proven_.contains(to), "nobody unproven gets more than he sent");
        }
    }

  private:
    [[nodiscard]] static std::size_t on_wire(const Endpoint& remote, ByteView payload) {
        constexpr std::size_t udp = 8;
        return payload.size() + udp + (remote.address.is_ipv4() ? 20 : 40);
    }

    std::map<Endpoint, std::size_t> came_;
    std::map<Endpoint, std::size_t> went_;
    std::set<Endpoint> proven_;
};

}  // namespace ntm::fuzz
