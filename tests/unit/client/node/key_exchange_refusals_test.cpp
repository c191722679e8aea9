// SPDX-License-Identifier: BSD-3-Clause
// Key messages of which nothing may come, and keys that are laid aside.
// S-10: the counters of a secret go on where they were.
#include "client/node/path_keys.hpp"
#include "tests/unit/client/node/key_exchange_ends.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

TEST_F(KeyExchangeTest, requests_of_the_past_and_of_others_change_nothing) {
    make();
    is_lost = [](const End&, const Message& message) {
        return std::holds_alternative<v1::KeyResponse>(message);
    };
    be_ready();
    run_for(milliseconds{100});
    ASSERT_TRUE(cn->epochs.has_next());
    v1::KeyRequest request = sent_by<v1::KeyRequest>(*mn)[0];
    const std::string first = request.key();
    request.set_key(as_text(crypto::KeyPair::generate(mn->random).public_key().bytes));
    cn->take(request, now);
    EXPECT_EQ(cn->fault, KeyFault::stale) << "another key for the same epoch";
    is_lost = nullptr;
    run_for(seconds{1});
    expect_epoch(1);
    request.set_key(first);
    for (const std::uint32_t epoch : {0U, 1U, 3U, 0xffffffffU}) {
        request.set_epoch(epoch);
        cn->take(request, now);
        EXPECT_EQ(cn->fault, KeyFault::stale) << epoch;
    }
    v1::KeyResponse response = sent_by<v1::KeyResponse>(*cn)[0];
    mn->take(response, now);
    EXPECT_EQ(mn->fault, KeyFault::stale) << "an answer that comes twice";
    response.set_epoch(2);
    mn->take(response, now);
    EXPECT_EQ(mn->fault, KeyFault::stale) << "an answer to nothing";
    run_for(seconds{1});
    expect_epoch(1);
}

TEST_F(KeyExchangeTest, a_key_that_is_none_is_refused_and_the_exchange_goes_on) {
    make();
    v1::KeyRequest request;
    request.set_epoch(1);
    cn->take(request, now);
    EXPECT_EQ(cn->fault, KeyFault::malformed);
    request.set_key(std::string(32, '\0'));
    cn->take(request, now);
    EXPECT_EQ(cn->fault, KeyFault::bad_key);
    EXPECT_FALSE(cn->epochs.has_next());
    be_ready();
    run_for(milliseconds{5});
    v1::KeyResponse response;
    response.set_epoch(1);
    mn->take(response, now);
    EXPECT_EQ(mn->fault, KeyFault::malformed);
    response.set_key(std::string(32, '\0'));
    mn->take(response, now);
    EXPECT_EQ(mn->fault, KeyFault::bad_key);
    EXPECT_EQ(mn->epochs.number(), 0U);
    run_for(seconds{1});
    expect_epoch(1);
}

// Who knows the path secret and tells each end another static key than the other's.
TEST_F(KeyExchangeTest, the_wrong_static_key_makes_another_secret) {
    make();
    cn->peer_key = crypto::KeyPair::generate(mn->random).public_key();
    be_ready();
    run_for(seconds{1});
    EXPECT_EQ(mn->epochs.number(), 1U);
    EXPECT_EQ(cn->epochs.number(), 0U);
    EXPECT_GT(cn->refused, 0U);
}

// Sealed for this end's own role, too short, or come before: as it would be told without key phases.
TEST_F(KeyExchangeTest, a_packet_of_no_epoch_is_told_what_is_wrong_with_it) {
    make();
    const auto of_other_phase = [](Bytes datagram) {
        datagram[1] ^= protocol::NtmHeader::flag_key_phase;
        return datagram;
    };
    const Bytes sealed = *mn->epochs.seal(inner);
    const auto error_of = [&](End& at, const Bytes& datagram) {
        const auto opened = at.epochs.open(datagram, now);
        return opened ? std::nullopt : std::optional{opened.error()};
    };
    EXPECT_EQ(error_of(*cn, of_other_phase(sealed)), protocol::OpenError::bad_tag);
    EXPECT_EQ(error_of(*mn, of_other_phase(sealed)), protocol::OpenError::malformed);
    EXPECT_EQ(
        error_of(*cn, of_other_phase({sealed.begin(), sealed.begin() + protocol::NtmHeader::size})),
        protocol::OpenError::truncated
    );
    EXPECT_EQ(error_of(*cn, sealed), std::nullopt);
    EXPECT_EQ(error_of(*cn, of_other_phase(sealed)), protocol::OpenError::replayed);
}

TEST_F(KeyExchangeTest, without_a_policy_nothing_is_asked_or_answered) {
    make({}, KeyPolicy{});
    be_ready();
    run_for(seconds{10});
    EXPECT_GT(sent_by<v1::KeyRequest>(*cn).size(), 0U);
    EXPECT_EQ(mn->fault, KeyFault::stale);
    EXPECT_EQ(sent_by<v1::KeyResponse>(*mn).size(), 0U);
    EXPECT_EQ(sent_by<v1::KeyRequest>(*mn).size(), 0U);
}

TEST_F(KeyExchangeTest, nothing_is_asked_on_a_path_that_is_down) {
    make();
    is_lost = [](const End&, const Message&) {
        return true;
    };
    be_ready();
    run_for(seconds{1});
    mn->exchange.set_ready(false, now);
    cn->exchange.set_ready(false, now);
    const auto before = sent.size();
    run_for(seconds{30});
    EXPECT_EQ(sent.size(), before);
    EXPECT_EQ(mn->exchange.next_timeout(), Instant::never());
    is_lost = nullptr;
    be_ready();
    run_for(milliseconds{200});
    expect_epoch(1);
}

TEST(KeyShelf, keeps_epoch_and_counters_of_a_secret_that_is_laid_aside) {
    RouteDirection direction;
    direction.path_id = PathId{5};
    direction.path_secret = path_secret();
    KeyShelf shelf{KeyPolicy{}};
    auto keys = shelf.take(direction);
    keys->epochs.prepare(Secret32{std::array<std::uint8_t, 32>{1}});
    keys->epochs.change_over();
    static_cast<void>(keys->epochs.seal(inner));
    shelf.lay_aside(std::move(keys));
    keys = shelf.take(direction);
    EXPECT_EQ(keys->epochs.number(), 1U);
    EXPECT_EQ(keys->epochs.sent(), 1U);
    shelf.lay_aside(std::move(keys));
    direction.path_secret.mutable_view()[0] ^= 1;
    keys = shelf.take(direction);
    EXPECT_EQ(keys->epochs.number(), 0U) << "a new path secret begins anew";
}

}  // namespace
}  // namespace ntm::client::testing
