// SPDX-License-Identifier: BSD-3-Clause
// Records that outlive the process, of one writer, each of which changes as a whole: a new version is
// written beside the one before, which goes only then. So each is as it was before or after a change,
// whenever the process is killed, and a check tells those that something else has written to.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/rate_limit.hpp"
#include "common/base/secret.hpp"
#include "rs-dataplane/tables/kept_layout.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace ntm::tables {

// Of a record among those of its kind; nowhere: it is not there yet.
using KeptPlace = std::uint32_t;
inline constexpr KeptPlace nowhere_kept = std::numeric_limits<KeptPlace>::max();

// Record: has a number key() that no other one has.
template <typename Record>
class KeptRecords {
    static_assert(std::is_trivially_copyable_v<Record>);

  public:
    struct alignas(8) Slot {
        std::uint64_t seal = 0;     // check() from when it is complete, else 0
        std::uint64_t version = 0;  // later ones are higher
        Record record;

        // Of all behind the seal; never 0.
        [[nodiscard]] std::uint64_t check() const noexcept {
            const auto* const bytes = reinterpret_cast<const std::uint8_t*>(this);
            std::uint64_t sum = 1;
            for (std::size_t at = sizeof seal; at < sizeof(Slot); at += sizeof sum) {
                sum = mix(sum + load<std::uint64_t>(bytes + at));
            }
            return sum | 1;
        }
    };
    // One more than there may be records, for the version to come.
    [[nodiscard]] static constexpr std::size_t slots_for(std::size_t records) noexcept {
        return records + 1;
    }

    // Until adopt() or clear() nothing else is done.
    explicit KeptRecords(std::span<Slot> slots) : slots_{slots} {}

    // `visit(place, record)` for those that an earlier process has left. False: there is one that does
    // not check.
    template <typename Visit>
    [[nodiscard]] bool adopt(Visit visit) {
        std::unordered_map<std::uint64_t, KeptPlace> latest;
        for (KeptPlace at = 0; at < slots_.size(); ++at) {
            const Slot& slot = slots_[at];
            if (slot.seal == 0) {
                continue;
            }
            if (slot.seal != slot.check()) {
                return false;
            }
            const auto [known, is_first] = latest.emplace(slot.record.key(), at);
            if (!is_first && slots_[known->second].version < slot.version) {
                known->second = at;
            }
            last_version_ = std::max(last_version_, slot.version);
        }
        for (auto at = static_cast<KeptPlace>(slots_.size()); at > 0; --at) {
            const Slot& slot = slots_[at - 1];
            const bool is_free = slot.seal == 0 && slot.version == 0;
            if (is_free) {
                free_.push_back(at - 1);
            } else if (slot.seal == 0 || latest.at(slot.record.key()) != at - 1) {
                remove(at - 1);
            }
        }
        for (const auto& [key, at] : latest) {
            visit(at, slots_[at].record);
        }
        return true;
    }
    // As many as there are.
    [[nodiscard]] std::size_t complete() const noexcept {
        return static_cast<std::size_t>(std::ranges::count_if(slots_, [](const Slot& slot) {
            return slot.seal != 0;
        }));
    }
    // Gives all of them up.
    void clear() {
        free_.clear();
        for (auto at = static_cast<KeptPlace>(slots_.size()); at > 0; --at) {
            remove(at - 1);
        }
    }

    // A new version, which `write` writes to a record that is zero. Returns its place.
    template <typename Write>
    [[nodiscard]] KeptPlace put(KeptPlace before, Write write) {
        const KeptPlace at = free_.back();
        free_.pop_back();
        Slot& slot = slots_[at];
        slot.version = ++last_version_;
        keep_order();
        slot.record = {};  // something may be left of one that was half removed
        write(slot.record);
        keep_order();
        slot.seal = slot.check();
        keep_order();
        if (before != nowhere_kept) {
            remove(before);
        }
        return at;
    }
    void remove(KeptPlace at) {
        Slot& slot = slots_[at];
        slot.seal = 0;
        keep_order();
        wipe({reinterpret_cast<std::uint8_t*>(&slot), sizeof slot});
        free_.push_back(at);
    }

  private:
    std::span<Slot> slots_;
    std::vector<KeptPlace> free_;
    std::uint64_t last_version_ = 0;
};

}  // namespace ntm::tables
