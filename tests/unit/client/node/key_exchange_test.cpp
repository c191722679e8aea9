// SPDX-License-Identifier: BSD-3-Clause
// When the ends of a path exchange keys, and what becomes of packets meanwhile.
// S-11: keys end by time and by count, and the old ones are gone 10 s later.
// F-26, F-27.
#include "tests/unit/client/node/key_exchange_ends.hpp"

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

TEST_F(KeyExchangeTest, happens_once_as_soon_as_the_path_is_ready) {
    make();
    run_for(seconds{1});
    EXPECT_TRUE(sent.empty());
    be_ready();
    run_for(one_way * 4 + milliseconds{5});
    expect_epoch(1);
    EXPECT_NE(mn->epochs.secret(), path_secret());
    run_for(seconds{100});
    expect_epoch(1);
    EXPECT_EQ(sent_by<v1::KeyRequest>(*mn).size(), 1U);
    EXPECT_EQ(sent_by<v1::KeyRequest>(*cn).size(), 0U);
}

TEST_F(KeyExchangeTest, packets_pass_all_the_while) {
    make();
    be_ready();
    for (int i = 0; i < 200; ++i) {
        mn->send(inner);
        cn->send(inner);
        run_for(milliseconds{1});
    }
    run_for(one_way * 2);
    expect_epoch(1);
    EXPECT_EQ(mn->received, 200U);
    EXPECT_EQ(cn->received, 200U);
    EXPECT_EQ(mn->refused + cn->refused, 0U);
}

TEST_F(KeyExchangeTest, the_responder_asks_where_the_initiator_does_not) {
    make(KeyPolicy{.is_at_once = false}, KeyPolicy{});
    be_ready();
    run_for(seconds{4});
    EXPECT_TRUE(sent.empty());
    run_for(seconds{2});
    expect_epoch(1);
    EXPECT_EQ(sent_by<v1::KeyRequest>(*cn).size(), 1U);
}

TEST_F(KeyExchangeTest, where_two_cross_the_initiators_counts) {
    make(KeyPolicy{.is_at_once = false, .renew_packets = 1}, KeyPolicy{});
    be_ready();
    run_for(seconds{5} - milliseconds{10});
    mn->send(inner);
    run_for(milliseconds{30});
    ASSERT_EQ(sent_by<v1::KeyRequest>(*mn).size(), 1U);
    ASSERT_EQ(sent_by<v1::KeyRequest>(*cn).size(), 1U);
    run_for(one_way * 3);
    expect_epoch(1);
    EXPECT_EQ(sent_by<v1::KeyResponse>(*mn).size(), 0U);
    EXPECT_EQ(sent_by<v1::KeyResponse>(*cn).size(), 1U);
}

TEST_F(KeyExchangeTest, a_lost_answer_is_given_again) {
    make();
    unsigned responses = 0;
    is_lost = [&](const End&, const Message& message) {
        return std::holds_alternative<v1::KeyResponse>(message) && ++responses <= 3;
    };
    be_ready();
    run_for(seconds{2});
    expect_epoch(1);
    const auto requests = sent_by<v1::KeyRequest>(*mn);
    const auto answers = sent_by<v1::KeyResponse>(*cn);
    ASSERT_EQ(answers.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(requests[i].key(), requests[0].key());
        EXPECT_EQ(answers[i].key(), answers[0].key());
    }
}

TEST_F(KeyExchangeTest, asks_on_after_a_pause_with_the_same_key) {
    make();
    is_lost = [](const End&, const Message&) {
        return true;
    };
    be_ready();
    run_for(seconds{60});
    const auto tried = sent_by<v1::KeyRequest>(*mn).size();
    EXPECT_GT(tried, 15U);
    EXPECT_LT(tried, 40U);
    is_lost = nullptr;
    run_for(seconds{20});
    expect_epoch(1);
    EXPECT_EQ(sent_by<v1::KeyRequest>(*mn).back().key(), sent_by<v1::KeyRequest>(*mn)[0].key());
}

// Nothing but the new epoch's own DATA changes the answerer over, and nothing but its DATA tells the
// asker: each may be lost, and neither end sends anything else meanwhile.
TEST_F(KeyExchangeTest, the_first_packets_of_an_epoch_may_be_lost) {
    make();
    unsigned packets = 0;
    is_lost = [&](const End& from, const Message& message) {
        const bool is_of_mn = &from == mn.get();
        return std::holds_alternative<Bytes>(message) &&
               (is_of_mn ? ++packets % 3 != 0 : packets < 12);
    };
    be_ready();
    run_for(one_way * 3);
    EXPECT_EQ(mn->epochs.number(), 1U);
    EXPECT_FALSE(mn->epochs.is_confirmed());
    EXPECT_EQ(cn->epochs.number(), 0U);
    run_for(seconds{5});
    expect_epoch(1);
    const auto before = sent.size();
    run_for(seconds{30});
    EXPECT_EQ(sent.size(), before) << "all is said";
}

TEST_F(KeyExchangeTest, an_end_that_has_not_heard_of_the_epoch_is_heard_for_as_long) {
    make();
    cn->send(inner);
    run_for(one_way * 2);
    is_lost = [&](const End& from, const Message& message) {
        return &from == mn.get() && std::holds_alternative<Bytes>(message);
    };
    be_ready();
    run_for(seconds{40});
    EXPECT_EQ(mn->epochs.number(), 1U);
    EXPECT_EQ(cn->epochs.number(), 0U);
    cn->send(inner);
    run_for(one_way + milliseconds{2});
    EXPECT_EQ(mn->received, 2U);
    is_lost = nullptr;
    cn->send(inner);
    run_for(seconds{1});
    EXPECT_EQ(mn->received, 3U);
    expect_epoch(1);
}

TEST_F(KeyExchangeTest, the_old_epoch_is_accepted_for_10_seconds_and_then_gone) {
    make();
    const Bytes early = *mn->epochs.seal(inner);
    const Bytes late = *mn->epochs.seal(inner);
    const Bytes later = *mn->epochs.seal(inner);
    be_ready();
    run_for(one_way * 3 + milliseconds{5});
    ASSERT_EQ(cn->epochs.number(), 1U);
    cn->take(early, now);
    run_for(seconds{10} - milliseconds{10});
    cn->take(late, now);
    EXPECT_EQ(cn->received, 2U);
    cn->take(late, now);
    EXPECT_EQ(cn->refused, 1U) << "its replay window still holds";
    run_for(milliseconds{20});
    cn->take(later, now);
    EXPECT_EQ(cn->received, 2U);
    EXPECT_EQ(cn->refused, 2U);
}

TEST_F(KeyExchangeTest, keys_are_renewed_by_time) {
    make(
        KeyPolicy{.renew_after = std::chrono::hours{1}},
        KeyPolicy{.renew_after = std::chrono::hours{1}}
    );
    be_ready();
    run_for(seconds{1});
    expect_epoch(1);
    // At the ends' own pace: nothing happens in between.
    EXPECT_GE(mn->exchange.next_timeout(), now + std::chrono::hours{1} - seconds{1});
    EXPECT_GE(cn->exchange.next_timeout(), now + std::chrono::hours{1} - seconds{1});
    now = mn->exchange.next_timeout();
    run_for(seconds{1});
    expect_epoch(2);
}

TEST_F(KeyExchangeTest, keys_are_renewed_by_count_whoever_sends) {
    make(KeyPolicy{.renew_packets = 100}, KeyPolicy{.renew_packets = 100});
    be_ready();
    run_for(seconds{1});
    for (int i = 0; i < 98; ++i) {
        mn->send(inner);
    }
    run_for(seconds{1});
    expect_epoch(1);
    mn->send(inner);
    run_for(seconds{1});
    expect_epoch(2);
    for (int i = 0; i < 200; ++i) {
        cn->send(inner);
    }
    run_for(seconds{10});
    expect_epoch(3);
    EXPECT_EQ(sent_by<v1::KeyRequest>(*cn).size(), 1U);
    EXPECT_EQ(mn->refused + cn->refused, 0U);
}

// Both have the same key phase.
TEST_F(KeyExchangeTest, the_epoch_before_and_the_next_are_told_apart) {
    make(KeyPolicy{.renew_packets = 3}, KeyPolicy{});
    const Bytes of_epoch_0 = *mn->epochs.seal(inner);
    be_ready();
    run_for(seconds{1});
    expect_epoch(1);
    is_lost = [&](const End& from, const Message& message) {
        return &from == cn.get() && std::holds_alternative<v1::KeyResponse>(message);
    };
    mn->send(inner);
    mn->send(inner);
    run_for(milliseconds{100});
    ASSERT_TRUE(cn->epochs.has_next());
    const unsigned received = cn->received;
    cn->take(of_epoch_0, now);
    EXPECT_EQ(cn->received, received + 1);
    EXPECT_EQ(cn->epochs.number(), 1U);
    is_lost = nullptr;
    run_for(seconds{1});
    EXPECT_GE(cn->epochs.number(), 2U);
    EXPECT_EQ(cn->refused, 0U);
}

// Everything is lost for 3 s from some message of the exchange on, whichever it is.
TEST_F(KeyExchangeTest, goes_on_wherever_it_was_interrupted) {
    for (unsigned step = 0; step < 4; ++step) {
        SCOPED_TRACE(step);
        make();
        sent.clear();
        under_way.clear();
        Instant from = Instant::never();
        unsigned messages = 0;
        is_lost = [&](const End&, const Message&) {
            if (messages++ == step) {
                from = now;
            }
            return now >= from && now < from + seconds{3};
        };
        be_ready();
        run_for(seconds{8});
        EXPECT_NE(from, Instant::never());
        expect_epoch(1);
    }
}

}  // namespace
}  // namespace ntm::client::testing
