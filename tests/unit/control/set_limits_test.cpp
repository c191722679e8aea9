// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_thread.hpp"

#include <gtest/gtest.h>

namespace ntm::control {

namespace {

using relay::PuntClass;

void expect_budget(const Budget& budget, std::uint32_t per_second, std::uint32_t burst) {
    EXPECT_EQ(budget.per_second, per_second);
    EXPECT_EQ(budget.burst, burst);
}

const Budget& budget_of(const relay::Settings& settings, PuntClass punt_class) {
    return settings.punt_budgets[static_cast<std::size_t>(punt_class)];
}

TEST(SetLimits, GivesEachClassItsRateAndItsBurstInProportion) {
    RelayConfig config;
    config.limits = {40'000, 5, 10'000, 500, 2'000'000, 50, 20};
    relay::Settings settings;
    set_limits(config, settings);
    expect_budget(budget_of(settings, PuntClass::leg), 40'000, 4'000);
    expect_budget(settings.legs_per_path, 5, 20);
    expect_budget(budget_of(settings, PuntClass::signal), 10'000, 1'000);
    expect_budget(budget_of(settings, PuntClass::handshake), 500, 100);
    expect_budget(settings.cookies, 2'000'000, 40'000);
    expect_budget(budget_of(settings, PuntClass::host), 50, 10);
    expect_budget(budget_of(settings, PuntClass::neighbour), 20, 5);
}

TEST(SetLimits, LeavesAtLeastOne) {
    RelayConfig config;
    config.limits = {1, 1, 1, 1, 1, 1, 1};
    relay::Settings settings;
    set_limits(config, settings);
    expect_budget(budget_of(settings, PuntClass::leg), 1, 1);
    expect_budget(settings.cookies, 1, 1);
}

TEST(SetLimits, ChangesNothingByDefault) {
    const relay::Settings first;
    relay::Settings settings;
    set_limits(RelayConfig{}, settings);
    for (std::size_t i = 0; i < relay::punt_class_count; ++i) {
        const Budget& budget = first.punt_budgets[i];
        expect_budget(settings.punt_budgets[i], budget.per_second, budget.burst);
    }
    expect_budget(
        settings.legs_per_path, first.legs_per_path.per_second, first.legs_per_path.burst
    );
    expect_budget(settings.cookies, first.cookies.per_second, first.cookies.burst);
}

}  // namespace

}  // namespace ntm::control
