// SPDX-License-Identifier: BSD-3-Clause
#include "common/daemon/log.hpp"

#include "common/base/text.hpp"
#include "common/config/daemon_main.hpp"
#include "common/config/key_log_file.hpp"

#include <ctime>
#include <memory>
#include <utility>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace ntm::daemon {

namespace {

// What is logged, fit for a terminal and one line of its own.
class ShownText final : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& into)
        override {
        const std::string text = printable({message.payload.data(), message.payload.size()});
        into.append(text.data(), text.data() + text.size());
    }
    [[nodiscard]] std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
        return std::make_unique<ShownText>();
    }
};

}  // namespace

void start_log(const std::string& program, const std::string& level) {
    spdlog::set_default_logger(spdlog::stderr_color_mt(program));
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<ShownText>('*').set_pattern("[%Y-%m-%d %H:%M:%S.%e] [%n] [%^%l%$] %*");
    spdlog::set_formatter(std::move(formatter));
    set_log_level(level);
}

void set_log_level(const std::string& level) {
    spdlog::set_level(spdlog::level::from_str(level));
}

int fail(const std::string& sentence) {
    spdlog::critical("{}", sentence);
    return config::exit_failed;
}

void warn_of_weak(const std::vector<crypto::Suite>& suites) {
    for (const crypto::Suite suite : suites) {
        if (const char* const weakness = crypto::weakness_of(suite)) {
            spdlog::warn("the cipher suite {} is allowed: {}", text_of(suite), weakness);
        }
    }
}

Result<protocol::KeyLog, std::string> open_key_log(const std::string& file) {
    auto sink = config::open_key_log(file, [](const std::string& sentence) {
        spdlog::warn("{}", sentence);
    });
    if (!sink) {
        return Unexpected{sink.error()};
    }
    return protocol::KeyLog{*std::move(sink)};
}

void log_reload(bool is_good, std::string_view lines) {
    const auto level = is_good ? spdlog::level::info : spdlog::level::warn;
    for (std::size_t end = lines.find('\n'); end != std::string_view::npos;
         end = lines.find('\n')) {
        spdlog::log(level, "{}", lines.substr(0, end));
        lines.remove_prefix(end + 1);
    }
    spdlog::log(level, "{}", lines);
}

}  // namespace ntm::daemon
