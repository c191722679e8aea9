// SPDX-License-Identifier: BSD-3-Clause
// The exchange of keys between the two ends of a path, by END messages (docs/protocol.md section 6):
// when one is due, what is asked and answered, and when the next epoch begins at this end. Tunnel
// seals, sends and opens; the keys are PathEpochs's.
//
// The asker has its request out until the answer has come, changes over at once, and sends empty DATA of
// the new epoch until it hears some. The other end changes over at the first of that, and answers it.
// An end uses one ephemeral key for one epoch, so what comes twice, or again later, changes nothing.
#pragma once

#include "client/node/path_epochs.hpp"
#include "client/node/retransmission.hpp"
#include "common/base/random.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/key_log.hpp"
#include "common/protocol/ntm.pb.h"

#include <cstdint>
#include <optional>

namespace ntm::client {

struct KeyPolicy {
    bool is_at_once =
        true;  // the first exchange as soon as the path is ready; else when keys are old
    Duration renew_after = std::chrono::hours{2};
    std::uint64_t renew_packets = std::uint64_t{1} << 32;  // sent by this end in one epoch
};

// Why nothing has come of a key message.
enum class KeyFault : std::uint8_t {
    malformed,
    stale,   // about another epoch than the next, answered by another key already, or crossed
    bad_key  // agrees on nothing: of low order
};

class KeyExchange {
  public:
    // What an exchange is made with, lent for a call.
    struct Means {
        const crypto::KeyPair& own_key;  // static
        const crypto::PublicKey& peer_key;
        const protocol::KeyLog& key_log;
        RandomSource& random;
    };

    // `epochs` outlives it. Without a policy keys are never exchanged.
    KeyExchange(PathEpochs& epochs, const std::optional<KeyPolicy>& policy)
        : epochs_{epochs}, policy_{policy} {}

    // Whether packets can be sent on the path: nothing is due while they can not.
    void set_ready(bool is_ready, Instant now);
    [[nodiscard]] Instant next_timeout() const;
    struct Step {
        std::optional<v1::KeyRequest> request;
        bool is_empty_due = false;  // an empty DATA packet
    };
    [[nodiscard]] Step handle_timeout(
        RandomSource& random, std::optional<Duration> round_trip, Instant now
    );

    // The answer to send.
    [[nodiscard]] Result<v1::KeyResponse, KeyFault> handle_request(
        const v1::KeyRequest& request, const Means& means
    );
    // After it, unless it is at fault, a timeout is due, and what is sent is of the next epoch.
    [[nodiscard]] std::optional<KeyFault> handle_response(
        const v1::KeyResponse& response, const Means& means, Instant now
    );
    // A packet that PathEpochs has opened. True if an empty one is to answer it.
    [[nodiscard]] bool note_opened(const PathEpochs::Opened& opened, Instant now);

  private:
    // Tries at section 4's times for 10 s, and after a pause again.
    class Rounds {
      public:
        explicit Rounds(Instant now) noexcept : resumes_{now} {}
        [[nodiscard]] Instant next() const { return round_ ? round_->next() : resumes_; }
        [[nodiscard]] bool is_due(
            RandomSource& random, std::optional<Duration> round_trip, Instant now
        );
        // Does not wait for the end of a pause.
        void resume(Instant now);

      private:
        std::optional<Retransmission> round_;
        Instant resumes_;
    };
    struct Ask {
        crypto::KeyPair ephemeral;
        Rounds rounds;
    };
    struct Answer {
        crypto::PublicKey asker;
        crypto::PublicKey own;
    };
    [[nodiscard]] std::uint32_t next_epoch() const noexcept { return epochs_.number() + 1; }
    [[nodiscard]] Instant wanted_at() const;
    [[nodiscard]] v1::KeyResponse response_of(const Answer& answer) const;
    void begin_epoch(Instant now);

    PathEpochs& epochs_;
    std::optional<KeyPolicy> policy_;
    bool is_ready_ = false;
    std::optional<Instant> since_;  // the present epoch is in use
    // At most one of the two, about the next epoch, and until that is the present one.
    std::optional<Ask> ask_;
    std::optional<Answer> answer_;
    std::optional<Rounds> empties_;  // this end has asked for the present epoch and not been heard
    bool has_answered_ = false;      // this end has answered for the present epoch
};

}  // namespace ntm::client
