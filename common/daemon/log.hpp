// SPDX-License-Identifier: BSD-3-Clause
// What the daemons say while they run: lines on the standard error output, by spdlog's default
// logger, each of one line whatever is in it: peers and files have a say in some. Brains log nothing;
// whoever drives them does.
#pragma once

#include "common/base/result.hpp"
#include "common/crypto/suite.hpp"
#include "common/protocol/key_log.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ntm::daemon {

// `level`: as in a configuration's `log` section.
void start_log(const std::string& program, const std::string& level);
void set_log_level(const std::string& level);

// Says why the daemon can not run. Its exit code.
[[nodiscard]] int fail(const std::string& sentence);

// Of suites that a configuration allows by name and that do not protect what they carry.
void warn_of_weak(const std::vector<crypto::Suite>& suites);

// The key log of the command line, off if `file` is empty; its warnings are logged. The error is a
// sentence.
[[nodiscard]] Result<protocol::KeyLog, std::string> open_key_log(const std::string& file);

// What a reload has done: admin::LiveConfig's log. Several lines become as many in the log.
void log_reload(bool is_good, std::string_view lines);

}  // namespace ntm::daemon
