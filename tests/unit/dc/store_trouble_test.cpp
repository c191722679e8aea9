// SPDX-License-Identifier: BSD-3-Clause
// F-28, F-30: a store whose disk fails for a while. Nothing is acknowledged that is not stored, the
// coordinator does not end, and goes on by itself when the disk does.
#include "tests/unit/dc/lab.hpp"
#include "tests/unit/file_size_limit.hpp"

namespace ntm::dc::test {
namespace {

class StoreTroubleTest : public StoredLab {
  protected:
    [[nodiscard]] std::unique_ptr<ntm::test::FileSizeLimit> let_disk_fail() const {
        return std::make_unique<ntm::test::FileSizeLimit>(
            std::filesystem::file_size(folder_ + "/dc.sqlite-wal")
        );
    }
};

TEST_F(StoreTroubleTest, AcknowledgesNothingWhileTheDiskFailsAndGoesOnAfterwards) {
    register_all();
    auto limit = let_disk_fail();
    EXPECT_EQ(world.ask_direction(mn, cn_name).text(), "no answer");
    ASSERT_TRUE(world.dc->stall());
    EXPECT_FALSE(world.dc->failure());
    EXPECT_TRUE(mn.routes().empty());
    EXPECT_TRUE(cn.routes().empty());
    EXPECT_EQ(world.register_node(mn, mn_name, {"10.0.0.3/24"}).text(), "no answer");
    const auto refused = world.dc->add_node("late.a.ntm.test", PeerKey{}, world.now);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find("can not be written now"), std::string::npos);
    EXPECT_LE(world.dc->next_timeout(), world.now + 1s);
    EXPECT_GT(world.dc->counters().while_stalled, 0U);
    std::size_t warnings = 0;
    for (const Notice& notice : world.dc->take_notices()) {
        warnings += notice.severity == Notice::Severity::warning ? 1U : 0U;
    }
    EXPECT_EQ(warnings, 1U);

    limit.reset();
    world.pass(5s);
    EXPECT_FALSE(world.dc->stall());
    EXPECT_EQ(world.dc->context().store.health(), StoreHealth::sound);
    EXPECT_GT(world.dc->context().store.failed_commits(), 0U);
    direct();
    ASSERT_TRUE(world.restart_dc());
    EXPECT_EQ(world.dc->context().paths.all().size(), 1U);
}

TEST_F(StoreTroubleTest, TriesAgainOnceASecondHoweverManyDatagramsCome) {
    register_all();
    const auto limit = let_disk_fail();
    EXPECT_EQ(world.ask_direction(mn, cn_name).text(), "no answer");
    ASSERT_TRUE(world.dc->stall());
    const std::uint64_t failed = world.dc->context().store.failed_commits();
    for (int i = 0; i < 100; ++i) {
        world.dc->handle_datagram({*mn.dc_at, mn.outside, Bytes(64, 0x14)}, world.now);
        EXPECT_TRUE(world.dc->take_datagrams().empty());
    }
    EXPECT_EQ(world.dc->context().store.failed_commits(), failed);
    world.pass(5s);
    EXPECT_EQ(world.dc->context().store.failed_commits(), failed + 5);
    EXPECT_TRUE(world.dc->stall());
}

TEST_F(StoreTroubleTest, TakesNoRelayForSilentThatItDidNotListenTo) {
    register_all();
    static_cast<void>(direct());
    static_cast<void>(world.dc->take_notices());
    auto limit = let_disk_fail();
    EXPECT_EQ(world.register_node(mn, mn_name, {"10.0.0.3/24"}).text(), "no answer");
    ASSERT_TRUE(world.dc->stall());
    limit.reset();
    world.pass(2s);
    ASSERT_FALSE(world.dc->stall());
    EXPECT_TRUE(lines_with("relay rs1").empty());
}

TEST_F(StoreTroubleTest, LosesNothingOfWhatItWasToStoreWhenItIsStartedAnewInstead) {
    register_all();
    direct();
    {
        const auto limit = let_disk_fail();
        EXPECT_EQ(world.register_node(mn, mn_name, {"10.0.0.3/24"}).text(), "no answer");
        ASSERT_TRUE(world.dc->stall());
    }
    ASSERT_TRUE(world.restart_dc());
    EXPECT_EQ(world.dc->context().paths.all().size(), 1U);
    EXPECT_EQ(world.register_node(mn, mn_name, {"10.0.0.3/24"}).status(), v1::STATUS_OK);
}

}  // namespace
}  // namespace ntm::dc::test
