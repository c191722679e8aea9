// SPDX-License-Identifier: BSD-3-Clause
// Every inner packet that an application sent, and what became of it. It knows the rules: a packet
// is delivered at most once, unchanged, and to nobody but its addressee.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ntm::simulation {

class Ledger {
  public:
    struct Entry {
        Bytes packet;
        std::size_t sender = 0;     // node number
        std::size_t addressee = 0;  // node number
        bool is_echo = false;
        std::uint64_t echo_of = 0;  // the entry that it answers
        Instant sent;
        std::optional<Instant> delivered;
        std::optional<Instant> echoed;  // its echo came back
    };

    // A new packet: 24 bytes of UDP payload that name its entry, more if `size` says so.
    [[nodiscard]] Bytes make(
        Entry entry, const Endpoint& from, const Endpoint& to, std::size_t size = 0
    );
    // What an application got from its TUN device: the entry, if it is one of ours.
    std::optional<std::uint64_t> deliver(std::size_t node, ByteView packet, Instant now);

    [[nodiscard]] const Entry& entry(std::uint64_t number) const { return entries_[number]; }
    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
    // Sentences about rules that were broken.
    [[nodiscard]] const std::vector<std::string>& breaches() const noexcept { return breaches_; }

  private:
    std::vector<Entry> entries_;
    std::vector<std::string> breaches_;
};

}  // namespace ntm::simulation
