// SPDX-License-Identifier: BSD-3-Clause
// What the relay knows of one DC: whether it is registered there, and the fence that orders of the
// DC must carry (docs/protocol.md section 4: term and both boot ids).
#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/ntm.pb.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ntm::control {

inline constexpr Duration status_interval = std::chrono::milliseconds{300};
// A DC that has answered nothing for so long is reported as unreachable, once.
inline constexpr Duration unreachable_after = std::chrono::seconds{3};

class DcLink {
  public:
    DcLink(std::string name, const crypto::PublicKey& key, Instant now)
        : name_{std::move(name)}, key_{key}, last_heard_{now} {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const crypto::PublicKey& key() const noexcept { return key_; }
    [[nodiscard]] bool is_registered() const noexcept { return is_registered_; }
    [[nodiscard]] bool is_reachable() const noexcept { return is_registered_ && !is_reported_; }
    // Of the DC that the relay last worked with; zero for none.
    [[nodiscard]] BootId last_boot_id() const noexcept { return boot_id_; }
    [[nodiscard]] std::uint64_t term() const noexcept { return term_; }
    [[nodiscard]] Instant last_heard() const noexcept { return last_heard_; }

    // Whether an order with this fence may be followed; it came through a session of the DC's run
    // `session`. A new run of the DC must have a higher term than the one before.
    [[nodiscard]] bool admits(const v1::Fence& fence, BootId session, BootId own);
    [[nodiscard]] v1::Fence fence(BootId own) const;

    // The DC took the registration; false if the answer is for another run of it or of the relay.
    [[nodiscard]] bool registered(const v1::Fence& fence, BootId session, BootId own, Instant now);
    void lost_registration() noexcept { is_registered_ = false; }

    // At most one Register and one Status are under way.
    std::optional<std::uint64_t> pending_register;
    std::optional<std::uint64_t> pending_status;
    Instant next_attempt = Instant::never();  // to register
    Instant next_status = Instant::never();

    // True when the DC had been reported as unreachable, or is heard for the first time.
    [[nodiscard]] bool heard(Instant now);
    // True once, when the DC has been silent for too long.
    [[nodiscard]] bool became_unreachable(Instant now);
    [[nodiscard]] Instant next_timeout() const;

  private:
    std::string name_;
    crypto::PublicKey key_;
    BootId boot_id_;
    std::uint64_t term_ = 0;
    bool is_registered_ = false;
    bool was_heard_ = false;
    bool is_reported_ = false;
    Instant last_heard_;
};

}  // namespace ntm::control
