// SPDX-License-Identifier: BSD-3-Clause
// What ntmctl's command line asks for: `ntmctl [-s SOCKET] [-j] NOUN [VERB] [ARGUMENTS]`.
#pragma once

#include "common/admin/message.hpp"
#include "common/base/result.hpp"
#include "control/ntmctl/capture_file.hpp"

#include <array>
#include <string>
#include <vector>

namespace ntm::control {

// Exit codes of ntmctl.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_unreachable = 3;

// Where the daemons listen unless their configuration says otherwise.
inline constexpr std::array default_sockets{
    "/run/ntm/relay.sock", "/run/ntm/dc.sock", "/run/ntm/node.sock"};

struct ControlCommand {
    std::string socket;  // empty: the one of default_sockets that is there
    bool is_json = false;
    admin::Request request;
    // Of what needs no daemon: key, capture, and nat who-had.
    std::string key_file;
    CaptureOrder capture;
    std::string records;  // the directory with the files
};

// What ended the reading of the command line: help that was asked for, or a mistake.
struct UsageEnd {
    int exit_code = exit_usage;
    bool is_json = false;
    std::string text;
};

[[nodiscard]] Result<ControlCommand, UsageEnd> parse_control_command(
    int argc, const char* const* argv
);

// The words behind the options; the error is a sentence.
[[nodiscard]] Result<admin::Request, std::string> parse_words(std::vector<std::string> words);

}  // namespace ntm::control
