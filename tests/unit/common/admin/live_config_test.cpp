// SPDX-License-Identifier: BSD-3-Clause
// F-24, F-25: a reload changes all that it can or nothing, and says which.
#include "common/admin/live_config.hpp"

#include "common/config/daemon_main.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::admin {

namespace {

std::vector<std::string> keys_of(const std::vector<ConfigChange>& changes) {
    std::vector<std::string> keys;
    keys.reserve(changes.size());
    for (const ConfigChange& change : changes) {
        keys.push_back(change.key);
    }
    return keys;
}

std::vector<std::string> changed_keys(const std::string& before, const std::string& after) {
    return keys_of(changes_between(Json::parse(before), Json::parse(after)));
}

TEST(ConfigChange, NamesEachKeyThatDiffers) {
    using testing::ElementsAre;
    EXPECT_THAT(
        changed_keys(R"({"a":1,"b":{"c":[1,2]}})", R"({"b":{"c":[1,2]},"a":1})"), ElementsAre()
    );
    EXPECT_THAT(
        changed_keys(R"({"a":1,"b":{"c":[1,2],"d":1}})", R"({"a":2,"b":{"c":[2,1],"d":1}})"),
        ElementsAre("a", "b.c")
    );
    EXPECT_THAT(changed_keys(R"({"a":1})", R"({"b":1})"), ElementsAre("a", "b"));
}

TEST(ConfigChange, MapsOfAListGoByTheirNames) {
    const std::string before = R"({"dcs":[{"name":"x","key":"1"},{"name":"y","key":"2"}]})";
    const auto changes = [&](const std::string& after) {
        return changed_keys(before, after);
    };
    using testing::ElementsAre;
    EXPECT_THAT(
        changes(R"({"dcs":[{"name":"y","key":"2"},{"name":"x","key":"1"}]})"), ElementsAre()
    );
    EXPECT_THAT(
        changes(R"({"dcs":[{"name":"y","key":"3"},{"name":"z","key":"1"}]})"),
        ElementsAre("dcs[x]", "dcs[y].key", "dcs[z]")
    );
}

struct Config {
    std::string file = "f.yaml";
    int limit = 1;
    int rate = 3;
    int port = 2;
};

class LiveConfigTest : public testing::Test {
  protected:
    Reload<Config> reload() {
        return {
            [this](const std::string&) { return in_the_file; },
            [](const Config& config) -> Json {
                return {{"limit", config.limit}, {"rate", config.rate}, {"port", config.port}};
            },
            [](Config& config, const Config& read) {
                config.limit = read.limit;
                config.rate = read.rate;
            },
            [](const Config& config) {
                return config.limit == config.port ? std::optional<std::string>{"no limit of port"}
                                                   : std::nullopt;
            },
            [this] {
                ++applied;
            }};
    }
    Config running;
    Result<Config, config::ConfigError> in_the_file{Config{}};
    int applied = 0;
    std::vector<std::string> log;
    asio::io_context loop;
    LiveConfig live{loop, live_program(running, reload()), [this](bool, const std::string& line) {
                        log.push_back(line);
                    }};
};

TEST_F(LiveConfigTest, TakesOverWhatItCanAndNamesTheRest) {
    in_the_file = Config{"f.yaml", 10, 3, 20};
    const Answer answer = live.reload();
    ASSERT_TRUE(answer);
    EXPECT_EQ(
        answer->dump(),
        R"({"file":"f.yaml","changed":[{"key":"limit","from":1,"to":10}],)"
        R"("needs_restart":[{"key":"port","running":2,"in_the_file":20}]})"
    );
    EXPECT_EQ(live.show().at("config").dump(), R"({"limit":10,"rate":3,"port":2})");
    EXPECT_THAT(
        log,
        testing::ElementsAre("reload: limit is 10, was 1", "reload: port stays 2 until a restart")
    );
}

TEST_F(LiveConfigTest, WhatWaitsIsNamedEachTime) {
    in_the_file = Config{"f.yaml", 1, 3, 20};
    for (int i = 0; i < 2; ++i) {
        const Answer answer = live.reload();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->at("changed").size(), 0U);
        EXPECT_EQ(answer->at("needs_restart").size(), 1U);
    }
    EXPECT_EQ(applied, 0);
}

TEST_F(LiveConfigTest, ABrokenFileChangesNothing) {
    const std::string before = live.show().dump();
    in_the_file = Unexpected{config::ConfigError{"f.yaml", {{3, 4, "wrong", "right", ""}}}};
    const Answer answer = live.reload();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "bad_config");
    EXPECT_EQ(answer.error().message, "f.yaml:3:4: wrong; allowed: right");
    EXPECT_EQ(live.show().dump(), before);
    EXPECT_EQ(applied, 0);
}

TEST_F(LiveConfigTest, AFileThatClashesWithWhatStaysChangesNothing) {
    const std::string before = live.show().dump();
    in_the_file = Config{"f.yaml", 2, 30, 20};  // good by itself
    const Answer answer = live.reload();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "bad_config");
    EXPECT_EQ(answer.error().message, "f.yaml: with what stays until a restart: no limit of port");
    EXPECT_EQ(live.show().dump(), before);
    EXPECT_EQ(applied, 0);
    in_the_file = Config{"f.yaml", 4, 30, 2};
    ASSERT_TRUE(live.reload());
    EXPECT_EQ(running.rate, 30);
}

// A whole daemon that is told to reload before it can.
[[noreturn]] void start_under_signals() {
    const auto read = [](const std::string&) -> Result<int, config::ConfigError> {
        std::raise(SIGHUP);
        std::raise(SIGPIPE);
        std::raise(SIGXFSZ);
        return 0;
    };
    const auto run = [](int, const config::CommandLine&) {
        asio::io_context loop;
        int reloads = 0;
        LiveConfig::Program program;
        program.show = [] {
            return Json{};
        };
        program.read = [&]() -> Result<LiveConfig::Next, AdminError> {
            ++reloads;
            loop.stop();
            return LiveConfig::Next{};
        };
        LiveConfig live{loop, program, [](bool, const std::string&) {
                        }};
        live.wait_for_hang_up();
        loop.run_for(std::chrono::seconds{10});
        return reloads;
    };
    const std::array arguments{"ntm-test"};
    std::exit(config::daemon_main(1, arguments.data(), {"ntm-test", "", "test.yaml"}, read, run));
}

TEST(LiveConfigDeathTest, AHangUpAtTheStartIsAReloadAtItsEnd) {
    EXPECT_EXIT(start_under_signals(), testing::ExitedWithCode(1), "");
}

}  // namespace

}  // namespace ntm::admin
