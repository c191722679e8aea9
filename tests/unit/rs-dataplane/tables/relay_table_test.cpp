// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/tables/relay_table.hpp"

#include "common/base/random.hpp"

#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

namespace ntm::tables {
namespace {

const Endpoint mn = *Endpoint::parse("192.0.2.10:4000");
const Endpoint cn = *Endpoint::parse("203.0.113.30:5000");
const Endpoint rs = *Endpoint::parse("198.51.100.20:9770");

RelayPath path_of(std::uint64_t id, NextHopIndex next_hop = 7) {
    return {{id}, {{{true, mn, rs, {}, {}, next_hop}, {true, cn, rs, {}, {}, next_hop}}}};
}

class RelayTableTest : public ::testing::Test {
  protected:
    // Two workers, of which each test puts online what it needs.
    std::unique_ptr<GracePeriod> period_ = std::move(*GracePeriod::create(2));
    OwnAddresses own_{{rs.address}};
    std::unique_ptr<RelayTable> table_ = std::move(*RelayTable::create(100, own_, *period_));
    RelayTable::Writer writer_ = table_->writer();
    RelayTable::Reader reader_ = table_->reader();

    const RelayEntry* find(std::uint64_t id) {
        RelayTable::Found found;
        const RelayTable::Wanted wanted{{id}, Role::responder};
        reader_.find({&wanted, 1}, found);
        return found.entries[0];
    }
};

TEST_F(RelayTableTest, FindsWhatWasInserted) {
    EXPECT_EQ(find(1), nullptr);
    ASSERT_TRUE(writer_.insert(path_of(1)));
    ASSERT_NE(find(1), nullptr);
    EXPECT_EQ(find(1)->path_id(), PathId{1});
    EXPECT_EQ(find(2), nullptr);
}

TEST_F(RelayTableTest, GivesSlotsThatTheReaderSees) {
    const auto slot = writer_.insert(path_of(5));
    RelayTable::Found found;
    const PathId id{5};
    const RelayTable::Wanted wanted{id};
    reader_.find({&wanted, 1}, found);
    EXPECT_EQ(found.slots[0], *slot);
    EXPECT_EQ(writer_.slot_of(id), *slot);
    EXPECT_LT(*slot, table_->slot_count());
}

TEST_F(RelayTableTest, LooksUpAWholeBatchWithMissesInIt) {
    std::vector<RelayTable::Wanted> ids;
    for (std::uint64_t id = 0; id < RelayTable::batch; ++id) {
        ids.push_back({{id}, static_cast<Role>(id % 2)});
        if (id % 3 != 0) {
            ASSERT_TRUE(writer_.insert(path_of(id)));
        }
    }
    RelayTable::Found found;
    reader_.find(ids, found);
    for (std::uint64_t id = 0; id < RelayTable::batch; ++id) {
        ASSERT_EQ(found.entries[id] != nullptr, id % 3 != 0) << id;
        if (id % 3 != 0) {
            EXPECT_EQ(found.entries[id]->path_id(), PathId{id});
        }
    }
}

TEST_F(RelayTableTest, RefusesASecondInsertAndUnknownPaths) {
    ASSERT_TRUE(writer_.insert(path_of(1)));
    EXPECT_EQ(writer_.insert(path_of(1)).error(), TableError::exists);
    EXPECT_EQ(writer_.replace(path_of(2)).error(), TableError::unknown);
    EXPECT_EQ(writer_.remove({2}).error(), TableError::unknown);
    EXPECT_EQ(writer_.size(), 1U);
}

TEST_F(RelayTableTest, RefusesALocalAddressThatIsNotItsOwn) {
    RelayPath path = path_of(1);
    path.leg(Role::responder).local = cn;
    EXPECT_EQ(writer_.insert(path).error(), TableError::not_own);
    path.leg(Role::responder).is_bound = false;
    EXPECT_TRUE(writer_.insert(path));
}

TEST_F(RelayTableTest, ReplacesInPlaceAndKeepsTheSlot) {
    const auto slot = writer_.insert(path_of(1, 3));
    const auto again = writer_.replace(path_of(1, 4));
    EXPECT_EQ(*slot, *again);
    EXPECT_EQ(find(1)->passages[0].next_hop, 4);
}

// F-8.
TEST_F(RelayTableTest, ForgetsWhatWasRemoved) {
    ASSERT_TRUE(writer_.insert(path_of(1)));
    ASSERT_TRUE(writer_.remove({1}));
    EXPECT_EQ(find(1), nullptr);
    EXPECT_EQ(writer_.size(), 0U);
    ASSERT_TRUE(writer_.insert(path_of(1)));
    EXPECT_NE(find(1), nullptr);
}

TEST_F(RelayTableTest, KeepsAnEntryUntilTheWorkerHasReported) {
    auto worker = period_->worker(0);
    worker.go_online();
    ASSERT_TRUE(writer_.insert(path_of(1, 3)));
    const RelayEntry* seen = find(1);
    ASSERT_TRUE(writer_.replace(path_of(1, 4)));
    ASSERT_TRUE(writer_.remove({1}));
    EXPECT_EQ(writer_.waiting(), 2U);
    EXPECT_EQ(seen->passages[0].next_hop, 3);
    writer_.reclaim();
    EXPECT_EQ(writer_.waiting(), 2U);
    worker.report();
    writer_.reclaim();
    EXPECT_EQ(writer_.waiting(), 0U);
}

TEST_F(RelayTableTest, DoesNotWaitForASleepingWorker) {
    auto worker = period_->worker(1);
    worker.go_online();
    worker.go_offline();
    ASSERT_TRUE(writer_.insert(path_of(1)));
    ASSERT_TRUE(writer_.remove({1}));
    writer_.reclaim();
    EXPECT_EQ(writer_.waiting(), 0U);
}

TEST_F(RelayTableTest, HoldsItsPathsWhileRemovedOnesWait) {
    auto worker = period_->worker(0);
    worker.go_online();
    for (std::uint64_t id = 0; id < 100; ++id) {
        ASSERT_TRUE(writer_.insert(path_of(id)));
    }
    for (std::uint64_t id = 0; id < 100; ++id) {
        ASSERT_TRUE(writer_.remove({id}));
    }
    for (std::uint64_t id = 100; id < 200; ++id) {
        ASSERT_TRUE(writer_.insert(path_of(id)));
    }
    EXPECT_EQ(writer_.size(), 100U);
}

// F-34.
TEST_F(RelayTableTest, SaysWhenItIsFullAndRecovers) {
    auto worker = period_->worker(0);
    worker.go_online();
    std::uint64_t id = 0;
    while (writer_.insert(path_of(id))) {
        ++id;
    }
    EXPECT_EQ(writer_.insert(path_of(id)).error(), TableError::full);
    EXPECT_GE(id, 100U);
    ASSERT_TRUE(writer_.remove({0}));
    EXPECT_EQ(writer_.insert(path_of(id)).error(), TableError::full);
    worker.report();
    EXPECT_TRUE(writer_.insert(path_of(id)));
}

TEST_F(RelayTableTest, KnowsThePreviousSourceOfAMovedLeg) {
    RelayPath path = path_of(1);
    path.leg(Role::initiator).previous_remote = *Endpoint::parse("192.0.2.99:4999");
    path.leg(Role::initiator).previous_local = rs;
    ASSERT_TRUE(writer_.insert(path));
    ASSERT_NE(find(1)->passages[0].previous, nullptr);
    EXPECT_EQ(find(1)->passages[1].previous, nullptr);
    ASSERT_TRUE(writer_.replace(path_of(1)));
    EXPECT_EQ(find(1)->passages[0].previous, nullptr);
}

// The table against std::unordered_map, with random operations.
TEST_F(RelayTableTest, AgreesWithAMap) {
    constexpr std::uint64_t seed = 20240611;
    SCOPED_TRACE(seed);
    SeededRandom random{seed};
    std::unordered_map<std::uint64_t, NextHopIndex> model;
    for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t id = random.below(120);
        const auto hop = static_cast<NextHopIndex>(random.below(1000));
        switch (random.below(3)) {
            case 0:
                if (model.size() < 100 || model.contains(id)) {
                    EXPECT_EQ(
                        bool{writer_.insert(path_of(id, hop))}, model.emplace(id, hop).second
                    );
                }
                break;
            case 1:
                EXPECT_EQ(bool{writer_.replace(path_of(id, hop))}, model.contains(id));
                if (model.contains(id)) {
                    model[id] = hop;
                }
                break;
            default:
                EXPECT_EQ(bool{writer_.remove({id})}, model.erase(id) == 1);
        }
        const RelayEntry* entry = find(id);
        ASSERT_EQ(entry != nullptr, model.contains(id));
        if (entry != nullptr) {
            ASSERT_EQ(entry->passages[1].next_hop, model[id]);
        }
    }
    EXPECT_EQ(writer_.size(), model.size());
}

}  // namespace
}  // namespace ntm::tables
