// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/daemon_main.hpp"

#include <array>

#include <gtest/gtest.h>

namespace ntm::config {

namespace {

const DaemonInfo info{"ntm-test", "does nothing", "/etc/ntm/test.yaml"};

Result<std::string, ConfigError> read_name(const std::string& file) {
    if (file == "bad.yaml") {
        return Unexpected{ConfigError{file, {{3, 4, "wrong", "", ""}}}};
    }
    return file;
}

TEST(DaemonMain, RunsWithTheDefaultFileUnlessToldOther) {
    const std::array plain{"ntm-test"};
    const std::array told{"ntm-test", "--config", "other.yaml"};
    const auto default_line = parse_command_line(1, plain.data(), info);
    const auto told_line = parse_command_line(3, told.data(), info);
    ASSERT_TRUE(default_line && told_line);
    EXPECT_EQ(default_line->config_file, "/etc/ntm/test.yaml");
    EXPECT_EQ(told_line->config_file, "other.yaml");
    EXPECT_FALSE(told_line->is_check_only);
    EXPECT_EQ(told_line->key_log_file, "");
}

TEST(DaemonMain, ChecksWithoutRunning) {
    const std::array arguments{"ntm-test", "--check-config", "--config", "good.yaml"};
    const auto never = [](const std::string&, const CommandLine&) {
        ADD_FAILURE();
        return 9;
    };
    EXPECT_EQ(daemon_main(4, arguments.data(), info, read_name, never), 0);
}

TEST(DaemonMain, EndsWithTwoForABadFileOrABadCommandLine) {
    const std::array bad_file{"ntm-test", "--config", "bad.yaml"};
    const std::array bad_option{"ntm-test", "--confg", "good.yaml"};
    const auto never = [](const std::string&, const CommandLine&) {
        ADD_FAILURE();
        return 9;
    };
    EXPECT_EQ(daemon_main(3, bad_file.data(), info, read_name, never), 2);
    EXPECT_EQ(daemon_main(3, bad_option.data(), info, read_name, never), 2);
}

TEST(DaemonMain, GivesTheExitCodeOfTheRun) {
    const std::array arguments{"ntm-test", "-c", "good.yaml", "--key-log", "keys"};
    const auto run = [](const std::string& config, const CommandLine& line) {
        return config == "good.yaml" && line.key_log_file == "keys" ? 1 : 9;
    };
    EXPECT_EQ(daemon_main(5, arguments.data(), info, read_name, run), 1);
}

}  // namespace

}  // namespace ntm::config
