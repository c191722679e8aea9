// SPDX-License-Identifier: BSD-3-Clause
// Subscribers whom the process before has left to a worker: who is opened goes on, the others leave. F-14.
#include "tests/unit/rs-dataplane/napt/bindings_fixture.hpp"
#include "tests/unit/rs-dataplane/napt/kept_store.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_cast.hpp"

#include <memory>

#include <gtest/gtest.h>

namespace ntm::relay::testing {
namespace {

using napt::Bindings;
using Usage = Bindings::Usage;

class RsNLeft : public ::testing::Test {
  protected:
    // The process before had subscribers 3 and 5, with a session each.
    RsNLeft() {
        const auto before = Bindings::make(plan_, random_, parts_.in(memory_));
        static_cast<void>(before->adopt(now_));
        for (const std::uint32_t number : {3U, 5U}) {
            const auto added = before->add_subscriber(vip4.ipv4(), vip6.ipv6(), {}, 0, number);
            const auto wanted = before->lookup(
                napt::World::inside_tuple({*added, 5000, napt::Protocol::udp}, napt::gn)
            );
            EXPECT_TRUE(before->outbound(wanted, napt::path_to_gn, {}, now_));
        }
        auto bindings = Bindings::make(plan_, random_, parts_.in(memory_));
        EXPECT_EQ(bindings->adopt(now_), (napt::Adoption{.subscribers = 2, .sessions = 2}));
        rs_n_ = std::make_unique<RsN>(RsN::Parts{
            std::move(bindings),
            napt::PublicAddresses{{own_public.ipv4.ipv4()}, {}},
            crypto::BurstCipher::create().value(),
            FragmentGatherer::make({}, counters_, 1),
            plan_.subscribers,
            &counters_});
    }
    void open(std::uint32_t number, const Ipv4Address& vipv4) {
        rs_n_->carry_out(OpenSubscriber{number, vipv4, vip6.ipv6(), {}}, now_);
    }
    [[nodiscard]] Usage in_the_end() {
        for (int round = 0; round < 10; ++round) {
            rs_n_->tend(now_);
        }
        return rs_n_->usage();
    }

    Instant now_{std::chrono::seconds{1000}};
    SeededRandom random_{1};
    Bindings::Plan plan_ = napt::small_plan();
    tables::KeptLayout layout_;
    napt::KeptBindingsParts parts_ = Bindings::lay_out(plan_, layout_);
    napt::KeptStore memory_{layout_.bytes()};
    WorkerCounters counters_;
    std::unique_ptr<RsN> rs_n_;
};

TEST_F(RsNLeft, who_is_opened_goes_on_with_what_he_had) {
    open(3, vip4.ipv4());
    EXPECT_EQ(in_the_end(), (Usage{2, 2, 2, 2})) << "nobody leaves before all are open";
    open(5, vip4.ipv4());
    rs_n_->carry_out(CloseLeft{}, now_);
    EXPECT_EQ(in_the_end(), (Usage{2, 2, 2, 2}));
    rs_n_->carry_out(CloseSubscriber{5}, now_);
    EXPECT_EQ(in_the_end(), (Usage{1, 1, 1, 1}));
}

TEST_F(RsNLeft, who_is_not_leaves) {
    open(5, vip4.ipv4());
    rs_n_->carry_out(CloseLeft{}, now_);
    EXPECT_EQ(in_the_end(), (Usage{1, 1, 1, 1}));
    open(3, vip4.ipv4());
    EXPECT_EQ(in_the_end(), (Usage{2, 1, 1, 1})) << "a new one";
}

TEST_F(RsNLeft, another_under_his_number_has_nothing_of_his) {
    open(3, address("198.18.0.9").ipv4());
    open(5, vip4.ipv4());
    rs_n_->carry_out(CloseLeft{}, now_);
    EXPECT_EQ(in_the_end(), (Usage{2, 1, 1, 1}));
}

// He is opened anew later on, as any other.
TEST_F(RsNLeft, to_open_one_twice_is_to_begin_anew) {
    open(3, vip4.ipv4());
    open(3, vip4.ipv4());
    rs_n_->carry_out(CloseLeft{}, now_);
    EXPECT_EQ(in_the_end(), (Usage{1, 0, 0, 0}));
}

}  // namespace
}  // namespace ntm::relay::testing
