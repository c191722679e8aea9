// SPDX-License-Identifier: BSD-3-Clause
// Ready AES-128-GCM key schedules of the keys that are used most, for one worker. A schedule takes a
// kilobyte and 300 cycles to make: with many paths fetching it costs more than making it, with few
// making it costs more than the packet. So the raw keys are the authority, a key that comes back soon
// gets a place here, and one that does not is expanded beside it.
//
// A place belongs to a key number modulo the places. Which key it holds is told by the key itself, so
// that numbers may be given to other keys at any time.
#pragma once

#include "common/base/secret.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include <intel-ipsec-mb.h>

namespace ntm::crypto {

class ScheduleCache {
  public:
    static constexpr std::size_t key_size = 16;
    // As many schedules as may be in use at once.
    static constexpr std::size_t group_size = 8;

    explicit ScheduleCache(IMB_MGR& manager) noexcept : manager_{&manager} {}
    ~ScheduleCache() {
        wipe({reinterpret_cast<std::uint8_t*>(places_.data()), sizeof places_});
        wipe({reinterpret_cast<std::uint8_t*>(beside_.data()), sizeof beside_});
    }
    ScheduleCache(const ScheduleCache&) = delete;
    ScheduleCache& operator=(const ScheduleCache&) = delete;

    // Schedules of the group before are in use no longer.
    void begin_group() noexcept {
        ++group_;
        beside_count_ = 0;
    }
    // Valid until the next group begins; for at most group_size keys in each.
    [[nodiscard]] const gcm_key_data* get(
        std::span<const std::uint8_t, key_size> key, std::uint32_t number
    ) noexcept {
        Place& place = places_[number % place_count];
        if (place.is_filled && std::memcmp(place.key.data(), key.data(), key_size) == 0)
            [[likely]] {
            place.group = group_;
            return &place.schedule;
        }
        // The second time that it is missed it moves in, unless who lives there is in use.
        if (place.candidate == number && place.group != group_) {
            std::memcpy(place.key.data(), key.data(), key_size);
            place.is_filled = true;
            place.group = group_;
            return expand(key, place.schedule);
        }
        place.candidate = number;
        return expand(key, beside_[beside_count_++]);
    }

  private:
    static constexpr std::size_t place_count = 64;

    struct Place {
        gcm_key_data schedule;
        std::array<std::uint8_t, key_size> key;
        std::uint64_t group = 0;  // that last used it
        std::uint32_t candidate = ~std::uint32_t{0};
        bool is_filled = false;
    };
    [[nodiscard]] const gcm_key_data* expand(
        std::span<const std::uint8_t, key_size> key, gcm_key_data& into
    ) noexcept {
        IMB_AES128_GCM_PRE(manager_, key.data(), &into);
        return &into;
    }

    IMB_MGR* manager_;
    std::uint64_t group_ = 0;
    std::size_t beside_count_ = 0;
    std::array<gcm_key_data, group_size> beside_;
    std::array<Place, place_count> places_;
};

}  // namespace ntm::crypto
