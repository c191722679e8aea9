// SPDX-License-Identifier: BSD-3-Clause
#include "control/ntmctl/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::control {

namespace {

using admin::Json;
using testing::HasSubstr;

std::string error_of(const std::vector<std::string>& words) {
    const auto request = parse_words(words);
    return request ? "" : request.error();
}

TEST(Ntmctl, ShowIsTheDefaultVerbAndMayStandInFront) {
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"path"}, {"path", "show"}, {"show", "path"}}) {
        const auto request = parse_words(words);
        ASSERT_TRUE(request) << request.error();
        EXPECT_EQ(request->noun, "path");
        EXPECT_EQ(request->verb, "show");
        EXPECT_TRUE(request->args.empty());
    }
}

TEST(Ntmctl, ArgumentsGetTheirNames) {
    const auto request = parse_words({"node", "add", "mn.a.test", "KEY"});
    ASSERT_TRUE(request);
    EXPECT_EQ(request->verb, "add");
    EXPECT_EQ(request->args, (Json{{"fqdn", "mn.a.test"}, {"key", "KEY"}}));
    const auto path = parse_words({"path", "00ff"});
    ASSERT_TRUE(path);
    EXPECT_EQ(path->args, (Json{{"path_id", "00ff"}}));
}

TEST(Ntmctl, WhoHadNeedsAnAddressAPortAndATime) {
    const auto request = parse_words({"nat", "who-had", "198.51.100.20", "33000", "TIME"});
    ASSERT_TRUE(request) << request.error();
    EXPECT_EQ(
        request->args,
        (admin::Json{{"address", "198.51.100.20"}, {"port", "33000"}, {"time", "TIME"}})
    );
    EXPECT_EQ(
        parse_words({"nat", "who-had", "198.51.100.20"}).error(),
        "usage: ntmctl nat who-had ADDRESS PORT TIME"
    );
}

TEST(Ntmctl, ReloadIsOfTheConfiguration) {
    const std::vector<std::vector<std::string>> spellings{{"reload"}, {"config", "reload"}};
    for (const auto& words : spellings) {
        const auto request = parse_words(words);
        ASSERT_TRUE(request) << request.error();
        EXPECT_EQ(request->noun, "config");
        EXPECT_EQ(request->verb, "reload");
    }
    EXPECT_EQ(parse_words({"config"})->verb, "show");
    EXPECT_FALSE(parse_words({"reload", "paths"}));
}

TEST(Ntmctl, SaysWhatIsWrongWithTheWords) {
    EXPECT_THAT(error_of({}), HasSubstr("one of: status, path"));
    EXPECT_THAT(error_of({"stauts"}), HasSubstr("did you mean \"status\"?"));
    EXPECT_THAT(error_of({"node", "ad", "x", "y"}), HasSubstr("did you mean \"add\"?"));
    EXPECT_EQ(error_of({"node", "add", "x"}), "usage: ntmctl node add FQDN KEY");
    EXPECT_EQ(error_of({"key"}), "key needs a verb: generate, public");
    EXPECT_EQ(error_of({"status", "show", "x"}), "usage: ntmctl status");
}

TEST(Ntmctl, ACaptureNeedsAnOutputAndAKeyLog) {
    const std::array line{
        "ntmctl", "capture", "open", "in", "-o", "out", "-k", "a", "-k", "b", "--port", "5"};
    const auto command = parse_control_command(static_cast<int>(line.size()), line.data());
    ASSERT_TRUE(command) << command.error().text;
    EXPECT_EQ(command->capture.input, "in");
    EXPECT_EQ(command->capture.output, "out");
    EXPECT_EQ(command->capture.key_logs, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(command->capture.port, Port{5});
    const auto lacking = parse_control_command(6, line.data());
    ASSERT_FALSE(lacking);
    EXPECT_EQ(lacking.error().exit_code, exit_usage);
    EXPECT_THAT(lacking.error().text, HasSubstr("usage: ntmctl capture open"));
}

TEST(Ntmctl, OptionsReachTheRequest) {
    const std::array line{"ntmctl", "-s", "/x.sock", "-j", "path", "--limit", "5"};
    const auto command = parse_control_command(static_cast<int>(line.size()), line.data());
    ASSERT_TRUE(command) << command.error().text;
    EXPECT_EQ(command->socket, "/x.sock");
    EXPECT_TRUE(command->is_json);
    EXPECT_EQ(command->request.args, (Json{{"limit", 5}}));
}

TEST(Ntmctl, SessionsOfTheNatArePagedByOptions) {
    const std::array line{
        "ntmctl", "nat", "session", "--subscriber", "mn.a.test", "--limit", "5", "--after", "17"};
    const auto command = parse_control_command(static_cast<int>(line.size()), line.data());
    ASSERT_TRUE(command) << command.error().text;
    EXPECT_EQ(command->request.noun, "nat");
    EXPECT_EQ(command->request.verb, "session");
    EXPECT_EQ(
        command->request.args, (Json{{"limit", 5}, {"after", 17}, {"subscriber", "mn.a.test"}})
    );
    const auto lacking = parse_control_command(3, line.data());
    ASSERT_FALSE(lacking);
    EXPECT_EQ(lacking.error().exit_code, exit_usage);
    EXPECT_THAT(lacking.error().text, HasSubstr("usage: ntmctl nat session --subscriber NAME"));
}

TEST(Ntmctl, NatHasNoDefaultVerb) {
    EXPECT_EQ(parse_words({"nat", "pool"})->verb, "pool");
    EXPECT_EQ(parse_words({"nat", "subscriber", "mn.a.test"})->args, (Json{{"name", "mn.a.test"}}));
    EXPECT_EQ(error_of({"nat"}), "nat needs a verb: pool, subscriber, session, who-had");
    EXPECT_THAT(error_of({"nat", "sessoin"}), HasSubstr("did you mean \"session\"?"));
}

TEST(Ntmctl, WrongOptionIsAUsageErrorAndHelpIsNone) {
    const std::array wrong{"ntmctl", "--sokcet", "x", "path"};
    const auto usage = parse_control_command(static_cast<int>(wrong.size()), wrong.data());
    ASSERT_FALSE(usage);
    EXPECT_EQ(usage.error().exit_code, exit_usage);
    const std::array help{"ntmctl", "--help"};
    const auto asked = parse_control_command(static_cast<int>(help.size()), help.data());
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().exit_code, exit_ok);
    EXPECT_THAT(asked.error().text, HasSubstr("node add FQDN KEY"));
}

TEST(Ntmctl, HelpNamesTheDaemonsAndTheSocketsLookedFor) {
    const std::array help{"ntmctl", "--help"};
    const auto asked = parse_control_command(static_cast<int>(help.size()), help.data());
    ASSERT_FALSE(asked);
    const std::string& text = asked.error().text;
    EXPECT_THAT(text, HasSubstr("  path [PATH_ID]            all     paths, or one of them\n"));
    EXPECT_THAT(text, HasSubstr("  worker                    relay   the poll-mode threads\n"));
    EXPECT_THAT(text, HasSubstr("  node                      DC      provisioned nodes\n"));
    EXPECT_THAT(
        text, HasSubstr(":\n  /run/ntm/relay.sock, /run/ntm/dc.sock, /run/ntm/node.sock\n")
    );
}

TEST(Ntmctl, SaysItsVersion) {
    const std::array line{"ntmctl", "--version"};
    const auto asked = parse_control_command(static_cast<int>(line.size()), line.data());
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().exit_code, exit_ok);
    EXPECT_THAT(asked.error().text, testing::ContainsRegex("^ntmctl [0-9]+\\.[0-9]+\\.[0-9]+\n$"));
}

TEST(Ntmctl, ALimitOfNothingIsAUsageError) {
    for (const char* wrong : {"0", "-1", "x"}) {
        const std::array line{"ntmctl", "path", "--limit", wrong};
        const auto command = parse_control_command(static_cast<int>(line.size()), line.data());
        ASSERT_FALSE(command) << wrong;
        EXPECT_EQ(command.error().exit_code, exit_usage) << wrong;
    }
}

}  // namespace

}  // namespace ntm::control
