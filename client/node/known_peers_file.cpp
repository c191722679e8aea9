// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/known_peers_file.hpp"

#include "client/node/route_direction.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include <sys/stat.h>

namespace ntm::client {

namespace {

std::optional<KnownPeer> peer_of(const std::string& line) {
    std::istringstream words{line};
    std::string fqdn;
    std::string key_text;
    std::string more;
    if (!(words >> fqdn >> key_text) || words >> more) {
        return std::nullopt;
    }
    const auto key = crypto::PublicKey::parse(key_text);
    return key ? std::optional{KnownPeer{normalized_name(fqdn), *key}} : std::nullopt;
}

Unexpected<std::string> trouble(const std::string& file, std::string_view what) {
    return Unexpected{file + ": " + std::string{what}};
}

}  // namespace

Result<std::vector<KnownPeer>, std::string> read_known_peers(const std::string& file) {
    if (file.empty()) {
        return std::vector<KnownPeer>{};
    }
    std::ifstream stream{file};
    if (!stream) {
        if (errno == ENOENT) {
            return std::vector<KnownPeer>{};
        }
        return trouble(file, std::strerror(errno));
    }
    std::vector<KnownPeer> peers;
    std::string line;
    for (std::size_t number = 1; std::getline(stream, line); ++number) {
        auto peer = peer_of(line);
        if (!peer) {
            return trouble(file, "line " + std::to_string(number) + " is not a name and a key");
        }
        peers.push_back(*std::move(peer));
    }
    if (stream.bad()) {
        return trouble(file, "can not be read");
    }
    return peers;
}

Result<Nothing, std::string> write_known_peers(
    const std::string& file, const std::vector<KnownPeer>& peers
) {
    const std::string beside = file + ".new";
    std::ofstream stream{beside, std::ios::trunc};
    for (const KnownPeer& peer : peers) {
        stream << peer.fqdn << ' ' << peer.key.text() << '\n';
    }
    stream.close();
    if (!stream || std::rename(beside.c_str(), file.c_str()) != 0) {
        return trouble(file, std::string{"can not be written: "} + std::strerror(errno));
    }
    return Nothing{};
}

}  // namespace ntm::client
