// SPDX-License-Identifier: BSD-3-Clause
// The key log (docs/key-log.md): one line for each secret that packets on the wire are sealed with,
// so that captures of one's own packets can be opened. Off unless a sink is given. Brains write a
// line before the first packet under the secret can leave; where lines go is their program's
// affair. parse_key_log_line reads them back, for `ntmctl capture open`.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/aead.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ntm::protocol {

class KeyLog {
  public:
    // Takes a line with its newline, and is done with it when it returns.
    using Sink = std::function<void(std::string_view line)>;

    KeyLog() = default;  // off
    explicit KeyLog(Sink sink) : sink_{std::move(sink)} {}
    [[nodiscard]] bool is_on() const noexcept { return static_cast<bool>(sink_); }

    // A run of a program begins: the lines that follow are its.
    void begin_run(std::string_view program, BootId boot_id) const;
    // Of the SIGNAL packets that carry this session id: one direction of a session.
    void note_signal_key(SessionId session, const crypto::AeadKey& key) const;
    void note_path_secret(
        PathId path, std::uint32_t revision, crypto::Suite suite, const Secret32& secret
    ) const;
    // Of DATA of one epoch of a path, 1 or more: epoch 0 has the path secret.
    void note_epoch_secret(
        PathId path, std::uint32_t epoch, crypto::Suite suite, const Secret32& secret
    ) const;
    void note_leg_secret(PathId path, std::uint32_t revision, Role role, const Secret32& secret)
        const;

  private:
    void write(std::string line, ByteView secret) const;
    // A line with two numbers between the Path ID and the secret.
    void note(
        std::string_view label,
        PathId path,
        std::uint32_t first,
        unsigned second,
        const Secret32& secret
    ) const;

    Sink sink_;
};

struct KeyLogLine {
    enum class Kind : std::uint8_t { signal_key, path_secret, leg_secret, epoch_secret };
    Kind kind = Kind::signal_key;
    std::uint64_t id = 0;                              // session id or Path ID
    std::uint32_t revision = 0;                        // of a path or leg
    std::uint32_t epoch = 0;                           // of an epoch
    crypto::Suite suite = crypto::Suite::aes_128_gcm;  // of a path or epoch
    Role role = Role::initiator;                       // of a leg
    Secret32 secret;
};

// Nothing for a line without a secret: empty, a comment, the begin of a run, or of a kind that a
// later version has added. The error says what is wrong.
[[nodiscard]] Result<std::optional<KeyLogLine>, std::string> parse_key_log_line(
    std::string_view line
);

}  // namespace ntm::protocol
