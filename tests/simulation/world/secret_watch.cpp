// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/secret_watch.hpp"

#include "common/protocol/ntm_header.hpp"
#include "common/protocol/sealed.hpp"

#include <algorithm>

namespace ntm::simulation {

void SecretWatch::learn(const dc::PathRecord& path) {
    auto& known = known_[path.id];
    const bool is_new = std::ranges::none_of(known, [&](const Known& one) {
        return one.secret == path.path_secret && one.suite == path.suite;
    });
    if (is_new) {
        known.push_back({path.path_secret.clone(), path.suite, {}});
    }
}

bool SecretWatch::opens(const Known& known, ByteView payload) {
    const auto header = protocol::NtmHeader::parse(payload);
    // A fresh opener: no window, so a repeated counter opens too.
    protocol::DataOpener opener{
        known.secret, known.suite, header->path_id(), other(header->role())};
    return opener.open(payload).has_value();
}

void SecretWatch::see_sent(ByteView payload) {
    const auto header = protocol::NtmHeader::parse(payload);
    if (!header || header->type != protocol::PacketType::data) {
        return;
    }
    ++packets_;
    auto& known = known_[header->path_id()];
    const auto found = std::find_if(known.rbegin(), known.rend(), [&](const Known& one) {
        return opens(one, payload);
    });
    const std::string name =
        "DATA of path " + header->path_id().text() + ", counter " + std::to_string(header->counter);
    if (found == known.rend()) {
        breaches_.push_back(name + " opens under no secret that the DC made");
        return;
    }
    if (!found->counters[header->role()].insert(header->counter).second) {
        breaches_.push_back(name + " was sent twice under one key");
    }
}

std::size_t SecretWatch::secrets() const noexcept {
    std::size_t count = 0;
    for (const auto& [id, known] : known_) {
        count += known.size();
    }
    return count;
}

}  // namespace ntm::simulation
