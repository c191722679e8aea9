// SPDX-License-Identifier: BSD-3-Clause
// The DATA keys that one path secret begins, epoch by epoch (docs/protocol.md section 6): the present
// epoch, under which alone is sent; the one before, accepted for 10 s after the present one has been
// heard; and the next, once its secret has been agreed on. Epoch 0 has the path secret itself.
// KeyExchange says when an epoch begins. Secrets are wiped as soon as nothing follows from them.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/protocol/sealed.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace ntm::client {

class PathEpochs {
  public:
    static constexpr Duration accepted_on = std::chrono::seconds{10};
    struct Use {
        PathId path_id;
        Role role = Role::initiator;  // this end's
        crypto::Suite suite = crypto::Suite::aes_128_gcm;
    };
    PathEpochs(const Use& use, const Secret32& path_secret);

    [[nodiscard]] const Use& use() const noexcept { return use_; }
    // The present epoch, its secret, and how many packets this end has sent under it.
    [[nodiscard]] std::uint32_t number() const noexcept { return present_->number; }
    [[nodiscard]] const Secret32& secret() const noexcept { return present_->secret; }
    [[nodiscard]] std::uint64_t sent() const noexcept { return present_->sealer->sent(); }
    // The other end has been heard in the present epoch; there is nothing to wait for in epoch 0.
    [[nodiscard]] bool is_confirmed() const noexcept { return number() == 0 || heard_at_; }

    // A whole datagram; nothing once the epoch's counters are at their end.
    [[nodiscard]] std::optional<Bytes> seal(ByteView inner) {
        return present_->sealer->seal(inner);
    }

    enum class Age : std::uint8_t { before, present, next };
    struct Opened {
        Bytes inner;  // still to be checked
        Age age = Age::present;
    };
    // The first packet of the next epoch that verifies makes that the present one.
    [[nodiscard]] Result<Opened, protocol::OpenError> open(ByteView datagram, Instant now);

    // The next epoch's secret has been agreed on: from here on its packets are accepted.
    void prepare(const Secret32& next);
    [[nodiscard]] bool has_next() const noexcept { return next_ != nullptr; }
    // There is a next one, and it becomes the present one before the other end was heard in it.
    void change_over();

    [[nodiscard]] Instant next_timeout() const;
    void handle_timeout(Instant now);

  private:
    struct Epoch {
        Epoch(const Use& use, std::uint32_t its_number, const Secret32& its_secret);
        std::uint32_t number;
        Secret32 secret;
        std::optional<protocol::DataSealer> sealer;  // not of the epoch before
        protocol::DataOpener opener;
    };

    Use use_;
    std::unique_ptr<Epoch> before_;
    std::unique_ptr<Epoch> present_;
    std::unique_ptr<Epoch> next_;
    std::optional<Instant> heard_at_;  // the first DATA of the present epoch
};

}  // namespace ntm::client
