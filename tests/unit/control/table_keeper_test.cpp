// SPDX-License-Identifier: BSD-3-Clause
#include "control/table_keeper.hpp"

#include <gtest/gtest.h>

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

}  // namespace

}  // namespace ntm::control
