// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/request_engine.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant start{seconds{100}};

// Always the least or always the most jitter.
class Extreme final : public RandomSource {
  public:
    explicit Extreme(bool is_most) : is_most_{is_most} {}
    void fill(MutableByteView bytes) override {
        // below(201) gives 0 or 200.
        store(bytes.data(), std::uint64_t{is_most_ ? 200U : 0U});
    }

  private:
    bool is_most_;
};

TEST(Backoff, GrowsByHalfWithinItsJitter) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SeededRandom random{seed};
        Backoff backoff{std::nullopt};
        for (const double nominal : {100.0, 150.0, 225.0, 337.5, 500.0, 500.0, 500.0}) {
            const double wait =
                std::chrono::duration<double, std::milli>(backoff.next(random)).count();
            EXPECT_GE(wait, nominal * 0.9);
            EXPECT_LE(wait, std::min(nominal * 1.1, 500.0));
        }
    }
}

TEST(Backoff, JitterReachesBothBounds) {
    Extreme least{false};
    Extreme most{true};
    EXPECT_EQ(Backoff{std::nullopt}.next(least), milliseconds{90});
    EXPECT_EQ(Backoff{std::nullopt}.next(most), milliseconds{110});
}

TEST(Backoff, FirstWaitIsTwiceTheRoundTripWithinBounds) {
    Extreme least{false};
    Extreme most{true};
    EXPECT_EQ(Backoff{milliseconds{60}}.next(most), milliseconds{132});
    EXPECT_EQ(Backoff{milliseconds{60}}.next(least), milliseconds{108});
    EXPECT_EQ(Backoff{milliseconds{1}}.next(least), milliseconds{50});
    EXPECT_EQ(Backoff{milliseconds{1}}.next(most), milliseconds{55});
    EXPECT_EQ(Backoff{seconds{3}}.next(most), milliseconds{250});
    EXPECT_EQ(Backoff{seconds{3}}.next(least), milliseconds{225});
}

TEST(SmoothedRtt, StartsWithTheFirstSampleAndMovesByAnEighth) {
    SmoothedRtt rtt;
    EXPECT_FALSE(rtt.value());
    rtt.add(milliseconds{80});
    EXPECT_EQ(rtt.value(), milliseconds{80});
    rtt.add(milliseconds{160});
    EXPECT_EQ(rtt.value(), milliseconds{90});
}

PendingRequest request(std::uint64_t id, Instant made = start) {
    PendingRequest made_now;
    made_now.id = id;
    made_now.made = made;
    return made_now;
}

const std::vector<Endpoint> there{*Endpoint::parse("192.0.2.1:1")};

TEST(RequestBook, WaitsForASessionUntilItsEnd) {
    RequestBook book;
    book.add(request(1));
    EXPECT_EQ(book.next_timeout(), start + seconds{10});
    EXPECT_TRUE(book.due(start + seconds{9}).empty());
    EXPECT_TRUE(book.take_expired(start + seconds{10} - milliseconds{1}).empty());
    const auto expired = book.take_expired(start + seconds{10});
    ASSERT_EQ(expired.size(), 1U);
    EXPECT_EQ(expired[0].id, 1U);
    EXPECT_EQ(book.next_timeout(), Instant::never());
    EXPECT_FALSE(book.take(1));
}

TEST(RequestBook, TriesAtTheTimesOfItsBackoff) {
    Extreme random{false};
    RequestBook book;
    PendingRequest& added = book.add(request(1));
    book.note_sent(added, there, start, random);
    EXPECT_EQ(book.next_timeout(), start + milliseconds{90});
    EXPECT_TRUE(book.due(start + milliseconds{89}).empty());
    ASSERT_EQ(book.due(start + milliseconds{90}).size(), 1U);
    book.note_sent(added, there, start + milliseconds{90}, random);
    EXPECT_EQ(book.next_timeout(), start + milliseconds{90 + 135});
    EXPECT_EQ(added.tries, 2U);
    EXPECT_EQ(added.sent_to, there);
}

TEST(RequestBook, TakesEachOnce) {
    RequestBook book;
    book.add(request(1));
    book.add(request(2));
    EXPECT_TRUE(book.take(1));
    EXPECT_FALSE(book.take(1));
    EXPECT_FALSE(book.take(3));
    EXPECT_EQ(book.all().size(), 1U);
    EXPECT_TRUE(book.is_anything_wanted());
}

TEST(RequestBook, NewBootEndsOnlyWhatWasForAnother) {
    RequestBook book;
    PendingRequest dies = request(1);
    dies.dies_with_boot = true;
    dies.made_for = BootId{7};
    PendingRequest survives = request(2);
    survives.made_for = BootId{7};
    PendingRequest for_anyone = request(3);
    for_anyone.dies_with_boot = true;
    book.add(std::move(dies));
    book.add(std::move(survives));
    book.add(std::move(for_anyone));
    EXPECT_TRUE(book.take_dead(BootId{7}).empty());
    const auto dead = book.take_dead(BootId{8});
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].id, 1U);
}

TEST(RequestBook, ProbesAreNotWanted) {
    RequestBook book;
    PendingRequest probe = request(1);
    probe.is_probe = true;
    probe.only_to = there[0];
    book.add(std::move(probe));
    EXPECT_FALSE(book.is_anything_wanted());
    ASSERT_NE(book.probe_to(there[0]), nullptr);
    EXPECT_EQ(book.probe_to(*Endpoint::parse("192.0.2.1:2")), nullptr);
    EXPECT_TRUE(book.take(1));
    EXPECT_EQ(book.probe_to(there[0]), nullptr);
}

// F-2, F-7.
TEST(AnswerCache, ARequestIsNewOnceThenInWorkThenAnswered) {
    AnswerCache cache{10};
    EXPECT_EQ(cache.take(BootId{1}, 5, start).seen, AnswerCache::Seen::first_time);
    EXPECT_EQ(cache.take(BootId{1}, 5, start).seen, AnswerCache::Seen::in_work);
    cache.keep(BootId{1}, 5, Bytes{42}, start + seconds{1});
    const auto found = cache.take(BootId{1}, 5, start + seconds{2});
    EXPECT_EQ(found.seen, AnswerCache::Seen::answered);
    ASSERT_NE(found.answer, nullptr);
    EXPECT_EQ(*found.answer, Bytes{42});
}

TEST(AnswerCache, RunsOfThePeerAreApart) {
    AnswerCache cache{10};
    EXPECT_EQ(cache.take(BootId{1}, 5, start).seen, AnswerCache::Seen::first_time);
    EXPECT_EQ(cache.take(BootId{2}, 5, start).seen, AnswerCache::Seen::first_time);
}

TEST(AnswerCache, AnswersLive30SecondsFromWhenTheyWereGiven) {
    AnswerCache cache{10};
    EXPECT_EQ(cache.take(BootId{1}, 5, start).seen, AnswerCache::Seen::first_time);
    cache.keep(BootId{1}, 5, Bytes{42}, start + seconds{20});
    const Instant end = start + seconds{50};
    EXPECT_EQ(cache.take(BootId{1}, 5, end - milliseconds{1}).seen, AnswerCache::Seen::answered);
    EXPECT_EQ(cache.next_timeout(), end);
    cache.expire(end);
    EXPECT_EQ(cache.size(), 0U);
    EXPECT_EQ(cache.next_timeout(), Instant::never());
}

TEST(AnswerCache, RefusesBeyondItsCapacityUntilOldOnesGo) {
    AnswerCache cache{2};
    (void)cache.take(BootId{1}, 1, start);
    (void)cache.take(BootId{1}, 2, start);
    EXPECT_EQ(cache.take(BootId{1}, 3, start).seen, AnswerCache::Seen::refused);
    EXPECT_EQ(cache.take(BootId{1}, 2, start).seen, AnswerCache::Seen::in_work);
    EXPECT_EQ(
        cache.take(BootId{1}, 3, start + answer_lifetime).seen, AnswerCache::Seen::first_time
    );
}

}  // namespace
}  // namespace ntm::protocol
