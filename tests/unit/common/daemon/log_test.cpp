// SPDX-License-Identifier: BSD-3-Clause
// What a peer or a file says ends neither its line in the log nor that of another, and does not speak to
// the terminal.
#include "common/daemon/log.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

namespace ntm::daemon {
namespace {

using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

class LogTest : public testing::Test {
  protected:
    static void SetUpTestSuite() { start_log("log-test", "info"); }
    static std::string logged(void (*log)()) {
        CaptureStderr();
        log();
        return GetCapturedStderr();
    }
};

TEST_F(LogTest, WritesALineForPeople) {
    const std::string line = logged([] { spdlog::warn("path {} is Zürich's", 7); });
    EXPECT_TRUE(line.ends_with("] [log-test] [warning] path 7 is Zürich's\n")) << line;
    EXPECT_TRUE(line.starts_with("[20")) << line;
}

TEST_F(LogTest, KeepsALineToItself) {
    const std::string line = logged([] {
        spdlog::warn("refused: {}", "\n[2026-01-01] [log-test] [info] all is well\x1b[2K\r");
    });
    EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
    EXPECT_TRUE(
        line.ends_with("refused: \\x0a[2026-01-01] [log-test] [info] all is well\\x1b[2K\\x0d\n")
    ) << line;
}

TEST_F(LogTest, WritesALineForEachThatAReloadSays) {
    const std::string lines = logged([] { log_reload(false, "refused: a.yaml:1:1\na.yaml:2:1"); });
    EXPECT_EQ(std::ranges::count(lines, '\n'), 2) << lines;
    EXPECT_NE(lines.find("[warning] refused: a.yaml:1:1\n["), std::string::npos) << lines;
    EXPECT_TRUE(lines.ends_with("[warning] a.yaml:2:1\n")) << lines;
}

TEST_F(LogTest, KeepsQuietBelowItsLevel) {
    set_log_level("error");
    EXPECT_EQ(logged([] { spdlog::warn("nothing"); }), "");
    set_log_level("info");
    EXPECT_NE(logged([] { log_reload(true, "something"); }), "");
}

}  // namespace
}  // namespace ntm::daemon
