// SPDX-License-Identifier: BSD-3-Clause
// Ready AES-128-GCM key schedules of the keys that are used most, for one worker. A schedule takes a
// kilobyte and 280 cycles to make: with many paths fetching it costs more than making it, with few
// making it costs more than the packet. So the raw keys are the authority, a key that comes back soon
// gets a place here, and one that does not is expanded beside it.
//
// A place belongs to a key number modulo the places. Which key it holds is told by the key itself, so
// that numbers may be given to other keys at any time. Half of the key stands apart from the schedule,
// where a key that has no place is found out without fetching another's.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/secret.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include <intel-ipsec-mb.h>

namespace ntm::crypto {

class ScheduleCache {
  public:
    static constexpr std::size_t key_size = 16;
    using Key = std::span<const std::uint8_t, key_size>;

    // Of the heap.
    [[nodiscard]] static constexpr std::size_t bytes() noexcept {
        return place_count * (sizeof(Mark) + sizeof(Place));
    }

    explicit ScheduleCache(IMB_MGR& manager)
        : manager_{&manager},
          marks_{std::make_unique<std::array<Mark, place_count>>()},
          places_{std::make_unique<std::array<Place, place_count>>()} {}
    ~ScheduleCache() {
        wipe({reinterpret_cast<std::uint8_t*>(marks_.get()), sizeof *marks_});
        wipe({reinterpret_cast<std::uint8_t*>(places_.get()), sizeof *places_});
        wipe({reinterpret_cast<std::uint8_t*>(&beside_), sizeof beside_});
    }
    ScheduleCache(const ScheduleCache&) = delete;
    ScheduleCache& operator=(const ScheduleCache&) = delete;

    // Valid until the next call.
    [[nodiscard]] const gcm_key_data& get(Key key, std::uint32_t number) noexcept {
        Mark& mark = (*marks_)[number % place_count];
        Place& place = (*places_)[number % place_count];
        const bool may_hold = mark.half == half_of(key) && mark.is_taken;
        if (may_hold && std::memcmp(place.key.data(), key.data(), key_size) == 0) [[likely]] {
            return place.schedule;
        }
        // The second time that it is missed it moves in.
        if (mark.candidate == number) {
            mark.half = half_of(key);
            mark.is_taken = true;
            std::memcpy(place.key.data(), key.data(), key_size);
            return expand(key, place.schedule);
        }
        mark.candidate = number;
        return expand(key, beside_);
    }

    // Of a key that will be asked for soon: its schedule, if there is one.
    void prefetch(Key key, std::uint32_t number) const noexcept {
        const Mark& mark = (*marks_)[number % place_count];
        if (mark.half != half_of(key) || !mark.is_taken) {
            return;
        }
        const auto* const from = reinterpret_cast<const char*>(&(*places_)[number % place_count]);
        for (std::size_t at = 0; at < sizeof(Place); at += 64) {
            __builtin_prefetch(from + at);
        }
    }

  private:
    // Two for each path that is busy: 2 MB, of which the caches keep what is used.
    static constexpr std::size_t place_count = 2048;

    struct Mark {
        std::uint64_t half = 0;  // of the key
        std::uint32_t candidate = ~std::uint32_t{0};
        bool is_taken = false;
    };
    struct Place {
        gcm_key_data schedule;
        std::array<std::uint8_t, key_size> key;
    };
    [[nodiscard]] static std::uint64_t half_of(Key key) noexcept {
        return load<std::uint64_t>(key.data());
    }
    [[nodiscard]] const gcm_key_data& expand(Key key, gcm_key_data& into) noexcept {
        IMB_AES128_GCM_PRE(manager_, key.data(), &into);
        return into;
    }

    IMB_MGR* manager_;
    std::unique_ptr<std::array<Mark, place_count>> marks_;
    std::unique_ptr<std::array<Place, place_count>> places_;
    gcm_key_data beside_;
};

}  // namespace ntm::crypto
