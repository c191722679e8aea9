// SPDX-License-Identifier: BSD-3-Clause
// Listening and connecting unix stream sockets by path.
#pragma once

#include "common/base/result.hpp"

#include <string>

namespace ntm::admin {

// A non-blocking listening socket of mode 0660. Makes its folder if only that is missing. Replaces a socket that nobody listens on any more,
// refuses one that somebody does, and whatever is no socket. The error is a sentence.
[[nodiscard]] Result<int, std::string> listen_at(const std::string& path);

// A connected, blocking socket; the error is a sentence.
[[nodiscard]] Result<int, std::string> connect_to(const std::string& path);

}  // namespace ntm::admin
