// SPDX-License-Identifier: BSD-3-Clause
// Opening of captured packets by the secrets of key logs (docs/key-log.md). Off line: no windows and
// no counters, so a packet opens as often as it is shown. Used by ntmctl.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/protocol/key_log.hpp"
#include "common/protocol/ntm_header.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace ntm::protocol {

// What stands in place of the version in an opened packet. It is never on the wire.
inline constexpr std::uint8_t opened_version = 15;

enum class CaptureError : std::uint8_t {
    no_key,        // none of the logs has a line for its id, or one of suite 0
    bad_tag,       // none of the lines for its id opens it
    not_sealed,    // HANDSHAKE, which no key log opens, and COOKIE
    malformed,     // too short, or of another version or an unknown type
    looks_opened,  // of opened_version already
};

class CaptureKeys {
  public:
    void add(KeyLogLine line);
    // Secrets, each once however often it was logged.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    // The same packet with opened_version in place of its version and its plaintext in place of what
    // was sealed, zeros behind it where suites 3 and 4 had padded it; header, salt and tag stay, so all
    // keeps its length.
    [[nodiscard]] Result<Bytes, CaptureError> open(ByteView datagram) const;

  private:
    std::map<std::uint64_t, std::vector<KeyLogLine>> by_id_;
    std::size_t size_ = 0;
};

}  // namespace ntm::protocol
