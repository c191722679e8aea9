// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/secret_watch.hpp"

#include "common/protocol/key_log.hpp"
#include "common/protocol/keys.hpp"
#include "common/protocol/ntm_header.hpp"

#include <algorithm>

namespace ntm::simulation {

void SecretWatch::learn(const dc::PathRecord& path) {
    add(path.id, path.path_secret, path.suite);
}

void SecretWatch::read_key_log(std::string_view line) {
    const auto parsed = protocol::parse_key_log_line(line);
    if (parsed && *parsed && (*parsed)->kind == protocol::KeyLogLine::Kind::epoch_secret) {
        add(PathId{(*parsed)->id}, (*parsed)->secret, (*parsed)->suite);
    }
}

void SecretWatch::add(PathId path, const Secret32& secret, crypto::Suite suite) {
    auto& known = known_[path];
    const bool is_new = std::ranges::none_of(known, [&](const Known& one) {
        return one.secret == secret && one.suite == suite;
    });
    if (is_new) {
        known.push_back({secret.clone(), suite, {}});
    }
}

// Without a replay window: a counter that is used again opens as well.
bool SecretWatch::opens(Known& known, ByteView payload) {
    const auto header = protocol::NtmHeader::parse(payload);
    auto& aead = known.senders[header->role()].aead;
    if (!aead) {
        aead.emplace(protocol::derive_key(
            known.secret, {header->type, header->flags, known.suite, header->path_id()}, {}
        ));
    }
    const ByteView sealed = payload.subspan(protocol::NtmHeader::size);
    if (sealed.size() < crypto::tag_size) {
        return false;
    }
    Bytes inner(sealed.size() - crypto::tag_size);
    crypto::Nonce nonce{};
    const auto counter = payload.subspan<2, 6>();
    std::ranges::copy(counter, nonce.end() - counter.size());
    return aead->open(nonce, payload.first(protocol::NtmHeader::size), sealed, inner);
}

void SecretWatch::see_sent(ByteView payload) {
    const auto header = protocol::NtmHeader::parse(payload);
    if (!header || header->type != protocol::PacketType::data) {
        return;
    }
    ++packets_;
    auto& known = known_[header->path_id()];
    const auto found =
        std::find_if(known.rbegin(), known.rend(), [&](Known& one) { return opens(one, payload); });
    const std::string name =
        "DATA of path " + header->path_id().text() + ", counter " + std::to_string(header->counter);
    if (found == known.rend()) {
        breaches_.push_back(name + " opens under no secret that was made");
        return;
    }
    if (!found->senders[header->role()].counters.insert(header->counter).second) {
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

std::size_t SecretWatch::used() const noexcept {
    std::size_t count = 0;
    for (const auto& [id, known] : known_) {
        count += static_cast<std::size_t>(std::ranges::count_if(known, [](const Known& one) {
            return std::ranges::any_of(one.senders, [](const auto& sender) {
                return !sender.second.counters.empty();
            });
        }));
    }
    return count;
}

}  // namespace ntm::simulation
