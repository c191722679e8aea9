// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/fast_links.hpp"

#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

struct SwitchedOnTest : ::testing::Test {
    void TearDown() override { std::remove(file.c_str()); }
    void set(const std::string& value) const { std::ofstream{file} << value << '\n'; }
    [[nodiscard]] std::string value() const {
        std::string read;
        std::ifstream{file} >> read;
        return read;
    }
    const std::string file = ::testing::TempDir() + "/ntm_switched_on";
};

TEST_F(SwitchedOnTest, what_was_off_is_on_as_long_as_it_lives) {
    set("0");
    {
        auto on = SwitchedOn::create(file);
        ASSERT_TRUE(on) << on.error();
        const SwitchedOn moved = *std::move(on);
        EXPECT_EQ(value(), "1");
    }
    EXPECT_EQ(value(), "0");
}

TEST_F(SwitchedOnTest, what_was_on_stays_on) {
    set("1");
    { ASSERT_TRUE(SwitchedOn::create(file)); }
    EXPECT_EQ(value(), "1");
}

TEST_F(SwitchedOnTest, what_is_no_switch_is_left_alone) {
    EXPECT_FALSE(SwitchedOn::create(file));
    set("some text");
    EXPECT_FALSE(SwitchedOn::create(file));
    EXPECT_EQ(value(), "some");
}

}  // namespace
}  // namespace ntm::client::testing
