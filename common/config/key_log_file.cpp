// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/key_log_file.hpp"

#include "common/config/private_file.hpp"

#include <memory>
#include <utility>

namespace ntm::config {

namespace {

class KeyLogFile {
  public:
    KeyLogFile(PrivateFile file, Warn warn) : file_{std::move(file)}, warn_{std::move(warn)} {}

    void append(std::string_view line) {
        const auto written = file_.append(line);
        if (!written && !std::exchange(has_failed_, true)) {
            warn_(written.error() + ": lines of the key log are lost");
        }
    }

  private:
    PrivateFile file_;
    Warn warn_;
    bool has_failed_ = false;
};

}  // namespace

Result<KeyLogSink, std::string> open_key_log(const std::string& file, Warn warn) {
    if (file.empty()) {
        return KeyLogSink{};
    }
    auto opened = PrivateFile::open(file, "a key log");
    if (!opened) {
        return Unexpected{opened.error()};
    }
    warn("--key-log: whoever reads " + file + " can read all packets of this program");
    const auto log = std::make_shared<KeyLogFile>(*std::move(opened), std::move(warn));
    return KeyLogSink{[log](std::string_view line) {
        log->append(line);
    }};
}

}  // namespace ntm::config
