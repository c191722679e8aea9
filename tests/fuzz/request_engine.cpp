// SPDX-License-Identifier: BSD-3-Clause
// Requests and answers between two peers (docs/protocol.md section 4.0.1): any order of requests,
// answers, repeats, restarts and pauses, against a plain list of what is owed. A request is done at
// most once in 30 s, repeated within the times of the page, and ends after 10 s; nothing else stays.
#include "common/protocol/request_engine.hpp"

#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace ntm::fuzz {

namespace {

using namespace protocol;
using std::chrono::milliseconds;

constexpr std::size_t cache_capacity = 8;
constexpr std::size_t most_targets = 8;

// What a requester is owed.
class Requester {
  public:
    void add(Input& input, Instant now) {
        PendingRequest request;
        request.id = ++last_id_;
        const std::uint8_t kind = input.byte();
        request.is_probe = (kind & 1) != 0;
        request.dies_with_boot = (kind & 2) != 0;
        request.made_for = (kind & 4) != 0 ? std::optional{BootId{kind % 3U + 1U}} : std::nullopt;
        request.made = now;
        if ((kind & 8) != 0) {
            request.backoff = Backoff{Duration{milliseconds{input.word()}}};
        }
        request.due = (kind & 16) != 0 ? Instant::never() : now;
        owed_[request.id] = {request.is_probe, request.dies_with_boot, request.made_for, now};
        book_.add(std::move(request));
    }
    void answer(std::uint64_t id) {
        const auto taken = book_.take(id);
        demand(taken.has_value() == (owed_.erase(id) == 1), "only what waits is answered");
    }
    void restart_peer(BootId boot_id) {
        std::set<std::uint64_t> dead;
        for (const PendingRequest& request : book_.take_dead(boot_id)) {
            dead.insert(request.id);
        }
        std::erase_if(owed_, [&](const auto& entry) {
            const Owed& owed = entry.second;
            const bool dies = owed.dies_with_boot && owed.made_for && *owed.made_for != boot_id;
            demand(dies == dead.contains(entry.first), "a restart ends what is for the old run");
            return dies;
        });
    }
    // Sends what is due: with a session, or without one.
    void send(bool has_session, std::uint8_t target, Instant now, RandomSource& random) {
        for (PendingRequest* request : book_.due(now)) {
            Owed& owed = owed_.at(request->id);
            demand(request->due <= now, "nothing is sent before its time");
            if (has_session) {
                const Ipv4Address to{{192, 0, 2, target}};
                book_.note_sent(*request, {Endpoint{to, Port{9770}}}, now, random);
                owed.last_sent = now;
            } else {
                book_.note_unsent(*request, now, random);
            }
            const Duration wait = request->due - now;
            const Duration least = milliseconds{owed.has_waited ? 45 : 50};
            const Duration most = milliseconds{owed.has_waited ? 500 : 250};
            owed.has_waited = true;
            demand(wait >= least && wait <= most, "repeats keep the times of the page");
            demand(request->sent_to.size() <= most_targets, "targets are bounded");
        }
        demand(book_.due(now).empty(), "what is sent waits");
    }
    void expire(Instant now) {
        std::set<std::uint64_t> expired;
        for (const PendingRequest& request : book_.take_expired(now)) {
            expired.insert(request.id);
        }
        std::erase_if(owed_, [&](const auto& entry) {
            const bool is_over = now - entry.second.made >= request_lifetime;
            demand(is_over == expired.contains(entry.first), "requests end after 10 s");
            return is_over;
        });
    }
    void check(Instant now) {
        demand(book_.all().size() == owed_.size(), "no more requests than were made");
        Instant next = Instant::never();
        for (const PendingRequest* request : book_.all()) {
            next = std::min({next, request->due, request->deadline()});
        }
        demand(book_.next_timeout() == next, "the next time-out is the first of all");
        const bool is_wanted =
            std::ranges::any_of(owed_, [](const auto& entry) { return !entry.second.is_probe; });
        demand(book_.is_anything_wanted() == is_wanted, "probes are not wanted by anybody");
        static_cast<void>(now);
    }
    [[nodiscard]] Instant next_timeout() const { return book_.next_timeout(); }
    [[nodiscard]] std::uint64_t last_id() const { return last_id_; }

  private:
    struct Owed {
        bool is_probe = false;
        bool dies_with_boot = false;
        std::optional<BootId> made_for;
        Instant made;
        Instant last_sent{};
        bool has_waited = false;
    };
    RequestBook book_;
    std::map<std::uint64_t, Owed> owed_;
    std::uint64_t last_id_ = 0;
};

class Responder {
  public:
    void take(BootId boot_id, std::uint64_t id, Instant now) {
        forget(now);
        const auto known = owed_.find({boot_id, id});
        const auto found = cache_.take(boot_id, id, now);
        if (known == owed_.end()) {
            const bool has_room = owed_.size() < cache_capacity;
            demand(
                found.seen ==
                    (has_room ? AnswerCache::Seen::first_time : AnswerCache::Seen::refused),
                "a new request is taken if there is room"
            );
            if (has_room) {
                owed_[{boot_id, id}] = {std::nullopt, now + answer_lifetime};
            }
            return;
        }
        if (!known->second.answer) {
            demand(found.seen == AnswerCache::Seen::in_work, "a request in work is not done again");
            return;
        }
        demand(found.seen == AnswerCache::Seen::answered, "a repeat gets the answer kept");
        demand(
            found.answer != nullptr && *found.answer == *known->second.answer, "the same answer"
        );
    }
    // Answers one of those in work.
    void keep(std::size_t which, ByteView answer, Instant now) {
        forget(now);
        if (owed_.empty()) {
            return;
        }
        auto& [key, owed] = *std::next(owed_.begin(), static_cast<int>(which % owed_.size()));
        owed = {Bytes{answer.begin(), answer.end()}, now + answer_lifetime};
        cache_.keep(key.first, key.second, *owed.answer, now);
    }
    void check(Instant now) {
        forget(now);
        cache_.expire(now);
        demand(cache_.size() == owed_.size(), "answers are kept for 30 s and no longer");
        demand(cache_.size() <= cache_capacity, "the cache is bounded");
        demand(cache_.size() == 0 || cache_.next_timeout() > now, "time-outs lie ahead");
    }

  private:
    void forget(Instant now) {
        std::erase_if(owed_, [&](const auto& entry) { return entry.second.expires <= now; });
    }
    struct Owed {
        std::optional<Bytes> answer;
        Instant expires;
    };
    AnswerCache cache_{cache_capacity};
    std::map<std::pair<BootId, std::uint64_t>, Owed> owed_;
};

}  // namespace

void set_up() {}

void run(ByteView bytes) {
    Input input{bytes};
    SeededRandom random{input.byte()};
    Instant now{std::chrono::seconds{1000}};
    Requester requester;
    Responder responder;
    while (!input.is_empty()) {
        switch (input.byte() % 8) {
            case 0:
                requester.add(input, now);
                break;
            case 1:
                requester.answer(1 + input.byte() % (requester.last_id() + 1));
                break;
            case 2:
                requester.restart_peer(BootId{input.byte() % 3U + 1U});
                break;
            case 3:
                responder.take(BootId{input.byte() % 2U + 1U}, input.byte() % 12U, now);
                break;
            case 4:
                responder.keep(input.byte(), input.take(input.byte() % 8U), now);
                break;
            case 5:
                now = now + milliseconds{input.word()};
                break;
            case 6:
                if (requester.next_timeout() != Instant::never()) {
                    now = std::max(now, requester.next_timeout());
                }
                break;
            default:
                now = now + milliseconds{input.byte()};
                break;
        }
        requester.expire(now);
        requester.send((random.number() & 3) != 0, input.byte(), now, random);
        requester.check(now);
        responder.check(now);
    }
}

}  // namespace ntm::fuzz
