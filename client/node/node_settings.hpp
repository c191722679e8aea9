// SPDX-License-Identifier: BSD-3-Clause
// What a node's brain is told once, at its start.
#pragma once

#include "client/node/general_names.hpp"
#include "client/node/key_exchange.hpp"
#include "client/node/known_peers.hpp"
#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/crypto/aead.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/key_log.hpp"

#include <string>
#include <vector>

namespace ntm::client {

struct NodeSettings {
    std::string fqdn;
    Port port;
    crypto::KeyPair static_key;
    BootId boot_id;
    crypto::PublicKey dc_key;
    std::vector<Endpoint> dc_endpoints;
    std::vector<std::string> zones;  // names under them are the DC's to answer
    std::vector<crypto::Suite> suites = crypto::usual_suites();
    protocol::KeyLog key_log{};
    GeneralNames general_names{};
    bool wants_exit = false;
    KeyPolicy key_policy{};
    std::vector<KnownPeer> known_peers{};  // of earlier runs
};

}  // namespace ntm::client
