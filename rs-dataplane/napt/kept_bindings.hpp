// SPDX-License-Identifier: BSD-3-Clause
// What of Bindings outlives the process: subscribers, sessions, and the blocks of ports. Mappings and
// indexes are made of these anew.
#pragma once

#include "common/base/time.hpp"
#include "rs-dataplane/napt/records.hpp"
#include "rs-dataplane/tables/kept_layout.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace ntm::napt {

// Empty: nothing does.
struct KeptBindings {
    std::span<Session> sessions;
    std::span<Subscriber> subscribers;
    std::array<std::span<Instant>, 2> blocks;  // by family: until when each rests
};

struct KeptBindingsParts {
    tables::KeptLayout::Part<Session> sessions;
    tables::KeptLayout::Part<Subscriber> subscribers;
    std::array<tables::KeptLayout::Part<Instant>, 2> blocks;

    template <typename Memory>
    [[nodiscard]] KeptBindings in(Memory& memory) const noexcept {
        return {memory[sessions], memory[subscribers], {memory[blocks[0]], memory[blocks[1]]}};
    }
};

// What Bindings::adopt() made of it.
struct Adoption {
    std::uint32_t subscribers = 0;
    std::uint32_t sessions = 0;
    std::uint32_t given_up = 0;  // subscribers and sessions that did not check

    Adoption& operator+=(const Adoption& other) noexcept {
        subscribers += other.subscribers;
        sessions += other.sessions;
        given_up += other.given_up;
        return *this;
    }
    friend bool operator==(const Adoption&, const Adoption&) = default;
};

}  // namespace ntm::napt
