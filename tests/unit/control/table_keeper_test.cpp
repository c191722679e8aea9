// SPDX-License-Identifier: BSD-3-Clause
#include "control/table_keeper.hpp"

#include <set>

#include <gtest/gtest.h>
#include <malloc.h>

namespace ntm::control {

namespace {

class NoObservation : public relay::Observation {
  public:
    [[nodiscard]] std::size_t worker_count() const override { return 0; }
    [[nodiscard]] relay::WorkerView worker(std::size_t) const override { return {}; }
    [[nodiscard]] std::size_t port_count() const override { return 0; }
    [[nodiscard]] relay::PortView port(std::size_t) const override { return {}; }
    [[nodiscard]] relay::BufferView buffers() const override { return {}; }
    [[nodiscard]] relay::PathView path(tables::Slot) const override { return {}; }
    [[nodiscard]] double cycles_per_second() const override { return 1; }
};

tables::RelayPath path_at(const char* local) {
    tables::RelayPath path;
    path.id = PathId{7};
    path.legs[0].is_bound = true;
    path.legs[0].remote = *Endpoint::parse("192.0.2.1:4000");
    path.legs[0].local = *Endpoint::parse(local);
    return path;
}

TEST(TableKeeper, ChangeToAForeignAddressIsCountedAndLeavesThePath) {
    const tables::OwnAddresses own{{*IpAddress::parse("198.51.100.20")}};
    const auto period = std::move(*tables::GracePeriod::create(1));
    const auto table = std::move(*tables::RelayTable::create(8, own, *period));
    const NoObservation observation;
    TableKeeper keeper{table->writer(), observation};

    keeper.carry_out(InstallPath{path_at("198.51.100.20:9770")});
    keeper.carry_out(ReplacePath{path_at("224.0.0.1:9770")});
    EXPECT_EQ(keeper.foreign_refused(), 1U);
    EXPECT_TRUE(keeper.take_refused().empty());
    EXPECT_TRUE(keeper.view(PathId{7}));

    keeper.carry_out(ReplacePath{path_at("198.51.100.20:9771")});
    EXPECT_EQ(keeper.foreign_refused(), 1U);
}

// Its subscriber may be gone by then, and his number another's.
TEST(TableKeeper, ChangeToAForeignAddressRemovesAPathThatEndsHere) {
    const tables::OwnAddresses own{{*IpAddress::parse("198.51.100.20")}};
    const auto period = std::move(*tables::GracePeriod::create(1));
    const auto table = std::move(*tables::RelayTable::create(8, own, *period));
    const NoObservation observation;
    TableKeeper keeper{table->writer(), observation};
    tables::RelayPath path = path_at("198.51.100.20:9770");
    path.end = tables::PathEnd{0, std::make_shared<tables::EndKeys>(), {}};

    keeper.carry_out(InstallPath{path});
    path.legs[0].local = *Endpoint::parse("224.0.0.1:9770");
    keeper.carry_out(ReplacePath{path});
    EXPECT_EQ(keeper.take_refused(), std::vector{PathId{7}});
    EXPECT_FALSE(keeper.view(PathId{7}));
}

// Takes as many as it is said to have room for.
class Orders : public relay::SubscriberOrders {
  public:
    bool put(const relay::SubscriberOrder& order) override {
        if (room == 0) {
            return false;
        }
        --room;
        taken.push_back(order);
        return true;
    }
    std::size_t room = 0;
    std::vector<relay::SubscriberOrder> taken;
};

// C-4: his DC may ask for less than this relay gives everybody, and not for more.
TEST(TableKeeper, ASubscriberMayHaveTheLessOfWhatTheDcAsksForAndTheRelayGives) {
    const tables::OwnAddresses own{{*IpAddress::parse("198.51.100.20")}};
    const auto period = std::move(*tables::GracePeriod::create(1));
    const auto table = std::move(*tables::RelayTable::create(8, own, *period));
    const NoObservation observation;
    Orders orders;
    orders.room = 2;
    napt::Limits limits;
    limits.ports = 100;
    limits.sessions = 200;
    TableKeeper keeper{table->writer(), observation, {&orders, limits}};

    keeper.carry_out(OpenSubscriber{0, {}, {}, 99, 201, 1});
    keeper.carry_out(OpenSubscriber{1, {}, {}, 101, 199, 2});
    const auto limits_of = [&](std::size_t at) {
        return std::get<relay::OpenSubscriber>(orders.taken.at(at)).limits;
    };
    EXPECT_EQ(limits_of(0).ports, 99U);
    EXPECT_EQ(limits_of(0).sessions, 200U);
    EXPECT_EQ(limits_of(1).ports, 100U);
    EXPECT_EQ(limits_of(1).sessions, 199U);
}

TEST(TableKeeper, ASubscriberIsKnownToTheWorkerBeforeHisPathAndUntilItIsGone) {
    const tables::OwnAddresses own{{*IpAddress::parse("198.51.100.20")}};
    const auto period = std::move(*tables::GracePeriod::create(1));
    const auto table = std::move(*tables::RelayTable::create(8, own, *period));
    const NoObservation observation;
    Orders orders;
    napt::Limits limits;
    limits.ports = 100;
    limits.sessions = 200;
    TableKeeper keeper{table->writer(), observation, {&orders, limits}};

    keeper.carry_out(OpenSubscriber{3, {}, {}, 0, 50, 9});
    keeper.carry_out(InstallPath{path_at("198.51.100.20:9770")});
    EXPECT_FALSE(keeper.view(PathId{7}));
    orders.room = 1;
    keeper.tend();
    EXPECT_TRUE(keeper.view(PathId{7}));
    const auto& open = std::get<relay::OpenSubscriber>(orders.taken.at(0));
    EXPECT_EQ(open.number, 3U);
    EXPECT_EQ(open.limits.ports, 100U);
    EXPECT_EQ(open.limits.sessions, 50U);
    EXPECT_EQ(open.tenancy, 9U);

    keeper.carry_out(RemovePath{PathId{7}});
    keeper.carry_out(CloseSubscriber{3});
    EXPECT_EQ(keeper.backlog(), 1U);
    orders.room = 1;
    keeper.tend();
    EXPECT_EQ(std::get<relay::CloseSubscriber>(orders.taken.at(1)).number, 3U);
}

class ThreeWorkers final : public NoObservation {
  public:
    [[nodiscard]] std::size_t worker_count() const override { return 3; }
};

TEST(TableKeeper, EachWorkerIsToldThatAllWhoWereThereBeforeAreOpen) {
    const tables::OwnAddresses own{{*IpAddress::parse("198.51.100.20")}};
    const auto period = std::move(*tables::GracePeriod::create(1));
    const auto table = std::move(*tables::RelayTable::create(8, own, *period));
    const ThreeWorkers observation;
    Orders orders;
    TableKeeper keeper{table->writer(), observation, {&orders, {}}};
    orders.room = 2;
    keeper.carry_out(CloseLeftSubscribers{});
    EXPECT_EQ(keeper.backlog(), 1U);
    orders.room = 3;
    keeper.tend();
    EXPECT_EQ(keeper.backlog(), 0U);
    std::set<relay::WorkerNumber> told;
    for (const relay::SubscriberOrder& order : orders.taken) {
        told.insert(std::get<relay::CloseLeft>(order).worker);
    }
    EXPECT_EQ(told, (std::set<relay::WorkerNumber>{0, 1, 2}));
}

// F-33: what `ntm-relay --plan` says of the control thread is enough.
TEST(TableKeeper, TakesNoMoreOfTheHeapThanIsPlanned) {
    constexpr std::uint32_t paths = 20'000;
    const tables::OwnAddresses own{{*IpAddress::parse("198.51.100.20")}};
    const auto period = std::move(*tables::GracePeriod::create(1));
    const auto table = std::move(*tables::RelayTable::create(paths, own, *period));
    const NoObservation observation;
    const std::size_t before = mallinfo2().uordblks;
    TableKeeper keeper{table->writer(), observation};
    tables::RelayPath path = path_at("198.51.100.20:9770");
    for (std::uint64_t id = 1; id <= paths; ++id) {
        path.id = PathId{id};
        keeper.carry_out(InstallPath{path});
    }
    ASSERT_EQ(keeper.backlog(), 0U);
    ASSERT_TRUE(keeper.view(PathId{paths}));
    if (before == 0) {
        GTEST_SKIP() << "this allocator does not count";
    }
    // Entries are the table's own, and planned as such.
    const std::size_t taken = mallinfo2().uordblks - before;
    EXPECT_LE(taken, TableKeeper::bytes_for(paths));
    EXPECT_GE(taken, TableKeeper::bytes_for(paths) / 2);
}

}  // namespace

}  // namespace ntm::control
