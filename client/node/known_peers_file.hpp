// SPDX-License-Identifier: BSD-3-Clause
// The file of known_peers: a line for each peer, its name and its public key in base64, as `known_peers`
// of the node's configuration names it. Written whole, beside the old one, and put in its place.
#pragma once

#include "client/node/known_peers.hpp"
#include "common/base/result.hpp"

#include <string>
#include <vector>

namespace ntm::client {

// None if there is no such file yet, or `file` is empty. The error is a sentence with the file's name.
[[nodiscard]] Result<std::vector<KnownPeer>, std::string> read_known_peers(const std::string& file);
[[nodiscard]] Result<Nothing, std::string> write_known_peers(
    const std::string& file, const std::vector<KnownPeer>& peers
);

}  // namespace ntm::client
