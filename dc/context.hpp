// SPDX-License-Identifier: BSD-3-Clause
// What the parts of a coordinator share: its memory, its store, its signalling. Every part is
// given a reference to one Context; none keeps state that another part changes.
#pragma once

#include "common/base/random.hpp"
#include "common/protocol/signaling.hpp"
#include "dc/general_addresses.hpp"
#include "dc/path_table.hpp"
#include "dc/registry.hpp"
#include "dc/settings.hpp"
#include "dc/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ntm::dc {

// Something for the log; brains do not write it themselves.
struct Notice {
    enum class Severity : std::uint8_t { info, warning };
    Severity severity = Severity::info;
    std::string text;
};

struct Context {
    const Settings& settings;
    std::uint64_t term;  // of this start of the DC
    protocol::Signaling& signaling;
    Store& store;
    Registry& registry;
    PathTable& paths;
    GeneralAddresses& general;
    RandomSource& random;
    std::vector<Notice>& notices;
    const protocol::KeyLog& key_log;

    void inform(std::string text) const {
        notices.push_back({Notice::Severity::info, std::move(text)});
    }
    void warn(std::string text) const {
        notices.push_back({Notice::Severity::warning, std::move(text)});
    }
    // An answer without a body, `text` for people.
    void refuse(
        const protocol::RequestReceived& request,
        v1::Status status,
        const std::string& text,
        Instant now
    ) const;
    // A sentence if the node may hold no further path, or none can be stored.
    [[nodiscard]] std::optional<std::string> why_no_other_path(const PeerKey& node) const;
    // Against a relay's boot id, as it stands in requests between the two.
    [[nodiscard]] v1::Fence fence_for(BootId relay_boot_id) const;
    [[nodiscard]] bool is_current(const v1::Fence& fence, BootId relay_boot_id) const;
    [[nodiscard]] std::string name_of(const PeerKey& peer) const;
};

}  // namespace ntm::dc
