// SPDX-License-Identifier: BSD-3-Clause
#include "control/inquiry_desk.hpp"

#include "tests/unit/control/fake_nat_workers.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace ntm::control {

namespace {

// Says in a log when it goes.
class FakeInquiry final : public relay::Inquiry {
  public:
    FakeInquiry(std::string name, std::string& log) : name_{std::move(name)}, log_{&log} {}
    FakeInquiry(const FakeInquiry&) = delete;
    FakeInquiry& operator=(const FakeInquiry&) = delete;
    ~FakeInquiry() override { *log_ += "-" + name_; }

  private:
    [[nodiscard]] bool look(const relay::BindingsView&) noexcept override { return true; }
    std::string name_;
    std::string* log_;
};

class InquiryDeskTest : public testing::Test {
  protected:
    void ask(const std::string& name) {
        desk_.ask<FakeInquiry>(
            std::make_unique<FakeInquiry>(name, log_),
            [this, name](const FakeInquiry* asked) {
                log_ += asked != nullptr && asked->is_done() ? "+" + name : "?" + name;
            },
            now_
        );
        desk_.tend(now_);
    }
    void pass(Duration duration) {
        now_ = now_ + duration;
        desk_.tend(now_);
    }
    // What has happened since the last call: +x told x is done, ?x told x is late, -x x is gone.
    [[nodiscard]] std::string log() { return std::exchange(log_, {}); }

    static constexpr Duration moment{1};
    std::string log_;
    FakeNatWorkers workers_;
    Instant now_{std::chrono::seconds{1000}};
    InquiryDesk desk_{&workers_, 1};
};

TEST_F(InquiryDeskTest, EachWorkerHasItInTurn) {
    desk_ = InquiryDesk{&workers_, 3};
    ask("a");
    ask("b");
    for (const int worker : {0, 1, 2}) {
        ASSERT_TRUE(workers_.has_one());
        EXPECT_EQ(workers_.worker(), worker);
        EXPECT_EQ(log(), "");
        pass(moment);
        workers_.finish();
        pass(moment);
    }
    EXPECT_EQ(log(), "+a-a");
    ASSERT_TRUE(workers_.has_one());
    EXPECT_EQ(workers_.worker(), 0);
}

TEST_F(InquiryDeskTest, ForWhatNobodyWaitsTheOtherWorkersAreNotAsked) {
    desk_ = InquiryDesk{&workers_, 2};
    ask("a");
    pass(InquiryDesk::patience);
    EXPECT_EQ(log(), "?a");
    workers_.finish();
    pass(moment);
    EXPECT_EQ(log(), "-a");
    EXPECT_FALSE(workers_.has_one());
}

TEST_F(InquiryDeskTest, WhoAskedIsToldWhenTheWorkerIsDone) {
    ask("a");
    ASSERT_TRUE(workers_.has_one());
    pass(moment);
    EXPECT_EQ(log(), "");
    workers_.finish();
    pass(moment);
    EXPECT_EQ(log(), "+a-a");
}

TEST_F(InquiryDeskTest, WorkerHasOneAtATimeInOrder) {
    ask("a");
    ask("b");
    EXPECT_EQ(workers_.taken(), 1);
    workers_.finish();
    pass(moment);
    EXPECT_EQ(log(), "+a-a");
    EXPECT_EQ(workers_.taken(), 2);
    workers_.finish();
    pass(moment);
    EXPECT_EQ(log(), "+b-b");
}

TEST_F(InquiryDeskTest, OneThatFindsNoRoomInTheRingGoesLater) {
    workers_.is_full = true;
    ask("a");
    EXPECT_FALSE(workers_.has_one());
    workers_.is_full = false;
    pass(moment);
    EXPECT_TRUE(workers_.has_one());
}

TEST_F(InquiryDeskTest, WhatASilentWorkerHasStaysUntilHeIsDone) {
    ask("a");
    pass(InquiryDesk::patience - moment);
    EXPECT_EQ(log(), "");
    ask("b");
    pass(moment);
    EXPECT_EQ(log(), "?a");
    pass(InquiryDesk::patience);
    EXPECT_EQ(log(), "?b-b");
    EXPECT_EQ(workers_.taken(), 1);
    ask("c");
    workers_.finish();
    pass(moment);
    EXPECT_EQ(log(), "-a");
    workers_.finish();
    pass(moment);
    EXPECT_EQ(log(), "+c-c");
}

}  // namespace

}  // namespace ntm::control
