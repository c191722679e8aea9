// SPDX-License-Identifier: BSD-3-Clause
// Requests between two peers (docs/protocol.md section 4): those sent, with their repeats, and the
// answers given, so that a repeat is answered and not done twice. One of each for every peer, kept
// by Signaling. Time and randomness are arguments.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/base/random.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace ntm::protocol {

inline constexpr Duration request_lifetime = std::chrono::seconds{10};
inline constexpr Duration longest_wait = std::chrono::milliseconds{500};
inline constexpr Duration answer_lifetime = std::chrono::seconds{30};

// RFC 6298's smoothing; only samples of exchanges without repeats come in (Karn's rule).
class SmoothedRtt {
  public:
    void add(Duration sample) noexcept;
    [[nodiscard]] std::optional<Duration> value() const noexcept { return value_; }

  private:
    std::optional<Duration> value_;
};

// The waits between tries: twice the round trip first (100 ms if unknown, within 50 to 250), each
// next one half longer up to `most`, all with 10 % of jitter that never leaves these bounds.
class Backoff {
  public:
    explicit Backoff(std::optional<Duration> smoothed_rtt, Duration most = longest_wait) noexcept;
    [[nodiscard]] Duration next(RandomSource& random);

  private:
    Duration wait_;
    Duration most_;
    bool is_first_ = true;
};

struct PendingRequest {
    std::uint64_t id = 0;
    Bytes plaintext;
    bool dies_with_boot = false;     // the peer's restart ends it
    bool is_probe = false;           // Signaling's own: nobody is told how it ended
    std::optional<BootId> made_for;  // the peer's boot id when it was made
    std::optional<Endpoint> only_to;
    Instant made;
    Backoff backoff{std::nullopt};
    // The rest is the book's.
    Instant due = Instant::never();  // of the next try; never: it waits for a session
    Instant last_sent;
    unsigned tries = 0;
    std::vector<Endpoint> sent_to;

    [[nodiscard]] Instant deadline() const noexcept { return made + request_lifetime; }
};

// What was sent to one peer and is not answered. References stay valid until their request is
// taken out.
class RequestBook {
  public:
    PendingRequest& add(PendingRequest request);
    [[nodiscard]] std::optional<PendingRequest> take(std::uint64_t id);
    // Notes a try and sets the time of the next.
    void note_sent(
        PendingRequest& request, const std::vector<Endpoint>& to, Instant now, RandomSource& random
    );
    // Notes a try that could not be made.
    void note_unsent(PendingRequest& request, Instant now, RandomSource& random);

    [[nodiscard]] std::vector<PendingRequest> take_expired(Instant now);
    // Those that die because the peer runs under `boot_id`, which is not the one they were for.
    [[nodiscard]] std::vector<PendingRequest> take_dead(BootId boot_id);
    [[nodiscard]] std::vector<PendingRequest*> due(Instant now);
    [[nodiscard]] std::vector<PendingRequest*> all();

    [[nodiscard]] PendingRequest* probe_to(const Endpoint& endpoint);
    // Whether a request other than a probe waits.
    [[nodiscard]] bool is_anything_wanted() const noexcept { return requests_.size() > probes_; }
    [[nodiscard]] Instant next_timeout() const noexcept;

  private:
    void schedule(PendingRequest& request, Instant due);

    std::map<std::uint64_t, PendingRequest> requests_;
    std::set<std::pair<Instant, std::uint64_t>> times_;  // of the next try or the end
    std::size_t probes_ = 0;
};

// The requests taken from one peer in the last 30 s, each with its answer once that is given.
class AnswerCache {
  public:
    explicit AnswerCache(std::size_t capacity) noexcept : capacity_{capacity} {}

    enum class Seen : std::uint8_t { first_time, in_work, answered, refused };
    struct Finding {
        Seen seen = Seen::first_time;
        const Bytes* answer = nullptr;  // until the next call
    };
    // Looks a request up and notes it if it is new; refused when the cache is full.
    [[nodiscard]] Finding take(BootId boot_id, std::uint64_t id, Instant now);
    // Keeps the answer to a request.
    void keep(BootId boot_id, std::uint64_t id, Bytes answer, Instant now);
    void expire(Instant now);
    [[nodiscard]] Instant next_timeout() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  private:
    using Key = std::pair<BootId, std::uint64_t>;
    struct Entry {
        std::optional<Bytes> answer;
        Instant expires;
    };
    void keep_until(const Key& key, std::optional<Bytes> answer, Instant expires);

    std::size_t capacity_;
    std::map<Key, Entry> entries_;
    std::deque<std::pair<Instant, Key>> expiries_;  // in order; an entry answered has two
};

}  // namespace ntm::protocol
