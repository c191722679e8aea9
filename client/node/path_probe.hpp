// SPDX-License-Identifier: BSD-3-Clause
// END probes of one path (docs/protocol.md section 5): the round trip and the loss between its two
// ends while it is in use, and the verdict that it is down: sent for 1 s, nothing authentic back,
// then three probes 300 ms apart without an answer. Long before that it tells of silence: in use, and
// nothing authentic for 300 ms.
#pragma once

#include "common/base/random.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace ntm::client {

class PathProbe {
  public:
    // A packet was sent, or would have been if the path were not down.
    void note_sent(Instant now);
    // DATA came that is authentic and new.
    void note_received(Instant now);

    [[nodiscard]] Instant next_timeout() const;
    struct Step {
        std::optional<std::uint64_t> probe;  // a nonce to send
        bool went_down = false;
        bool is_silent = false;  // told again every 300 ms
    };
    [[nodiscard]] Step handle_timeout(RandomSource& random, Instant now);
    // False unless a probe had this nonce.
    [[nodiscard]] bool handle_answer(std::uint64_t nonce, Instant now);
    // Something suggests that the peer is back: a path that is down is probed at once.
    void hint(Instant now) noexcept;
    // The tunnel has been bound anew: what was found out about it before is void.
    void restart() noexcept;
    // The tunnel is described anew, and its ends use it as before: a packet that had no answer yet still
    // has to get one.
    void judge_anew(Instant now) noexcept;

    [[nodiscard]] bool is_down() const noexcept { return is_down_; }
    // When the first packet was sent that has had no answer yet.
    [[nodiscard]] std::optional<Instant> unanswered_since() const noexcept {
        return unanswered_since_;
    }
    [[nodiscard]] std::optional<Duration> rtt() const noexcept { return rtt_; }
    // Probes of the last 100 that were not answered; nothing before the first verdict.
    [[nodiscard]] std::optional<unsigned> loss_permille() const noexcept;

  private:
    struct Probe {
        std::uint64_t nonce = 0;
        Instant at;
    };
    void note_alive() noexcept;
    void note_alive(Instant now) noexcept;
    void judge(bool is_lost);
    void expire(Instant now);
    [[nodiscard]] Instant next_measurement() const;
    [[nodiscard]] Instant next_check() const;
    [[nodiscard]] Instant next_silence() const;

    std::deque<Probe> outstanding_;
    std::deque<bool> verdicts_;  // true: lost
    std::optional<Duration> rtt_;
    std::optional<Instant> last_use_;  // sent or received
    std::optional<Instant> last_send_;
    std::optional<Instant> unanswered_since_;  // first sent after the last sign of life
    std::optional<Instant> last_probe_;
    std::optional<Instant> quiet_since_;  // something authentic came, or silence was told of
    std::optional<Instant> last_check_;
    unsigned checks_ = 0;
    bool is_down_ = false;
};

}  // namespace ntm::client
