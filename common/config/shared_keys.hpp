// SPDX-License-Identifier: BSD-3-Clause
// Keys that several daemons have, and read by the same rules.
#pragma once

#include "common/base/secret.hpp"
#include "common/config/reader.hpp"
#include "common/crypto/suite.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ntm::config {

// Whether the files that a configuration names are read with it: programs do, so that a check finds
// all that is wrong; a test of an example has no key.
enum class KeyFiles : std::uint8_t { must_be_good, not_looked_at };

// The optional section `log: { level: ... }`: a name that spdlog knows.
[[nodiscard]] std::string read_log_level(Section& root);

// `zones`: names, in lower case, each once and none within another.
[[nodiscard]] std::vector<std::string> read_zones(Section& root);
// A list that may be absent of names as zones are; one label suffices.
[[nodiscard]] std::vector<std::string> read_domains(Section& section, const std::string& key);

// A list of prefixes that may be absent.
[[nodiscard]] std::vector<Prefix> read_prefixes(Section& section, const std::string& key);

// `key_file`: its name goes to `path`, the private key in it comes back.
[[nodiscard]] std::optional<Secret32> read_key(Section& root, KeyFiles files, std::string& path);

// `admin_socket`, which is as long as a socket's name can be, and nobody else's file.
[[nodiscard]] std::string read_admin_socket(
    Section& root, const std::string& fallback, const std::vector<std::string>& other_files
);

// `suites`: names of cipher suites, each once, in order of preference; the usual ones if it is absent.
[[nodiscard]] std::vector<crypto::Suite> read_suites(Section& section);

// A list of endpoints that one can send to, each once.
void check_endpoints(
    Section& section, const std::string& key, const std::vector<Endpoint>& endpoints
);

}  // namespace ntm::config
