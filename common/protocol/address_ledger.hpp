// SPDX-License-Identifier: BSD-3-Clause
// Where a peer is heard from, which of these addresses are proven, and how many bytes an unproven
// one may still be sent (docs/protocol.md section 4). One for each peer, kept by Signaling.
#pragma once

#include "common/base/address.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace ntm::protocol {

class AddressLedger {
  public:
    // An authentic packet of `bytes` came from `remote` to our `local`.
    void note_heard(const Endpoint& remote, const Endpoint& local, std::size_t bytes, Instant now);
    void note_sent(const Endpoint& remote, std::size_t bytes);
    // Something came from there that only a receiver of what we sent there could know.
    void prove(const Endpoint& remote);
    [[nodiscard]] bool is_proven(const Endpoint& remote) const;
    // The proven one heard last.
    [[nodiscard]] std::optional<Endpoint> last_proven() const;
    // Proven, or at least this much more has come from there than went there.
    [[nodiscard]] bool may_send(const Endpoint& remote, std::size_t bytes) const;
    // From where to send to `remote`: where it was heard last, unspecified if it was not.
    [[nodiscard]] Endpoint local_for(const Endpoint& remote) const;

    // The peer's present address.
    [[nodiscard]] const std::optional<Endpoint>& current() const noexcept { return current_; }
    void follow(const Endpoint& remote) { current_ = remote; }
    // We have moved: how the peer is reached is open again, and no local address holds.
    void forget_current();
    // The last address that was current.
    [[nodiscard]] const std::optional<Endpoint>& last() const noexcept {
        return current_ ? current_ : last_;
    }

  private:
    struct Record {
        Endpoint remote;
        Endpoint local;
        Instant heard;
        std::uint64_t received = 0;
        std::uint64_t sent = 0;
        bool is_proven = false;
    };
    [[nodiscard]] Record* find(const Endpoint& remote);
    [[nodiscard]] const Record* find(const Endpoint& remote) const;

    std::vector<Record> records_;  // a handful; the one heard longest ago gives way
    std::optional<Endpoint> current_;
    std::optional<Endpoint> last_;
};

}  // namespace ntm::protocol
