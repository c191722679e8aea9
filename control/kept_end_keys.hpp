// SPDX-License-Identifier: BSD-3-Clause
// The keys of paths that end here, in memory that outlives the process, with the counters that the workers
// count in them: so the process that comes after this one goes on under the same path secrets. Where it is
// not known how far this one had got, it is further on than that: by 2^16 in what it sends; of what it gets,
// nothing counts that was sent before the last packet taken.
#pragma once

#include "common/base/ids.hpp"
#include "rs-dataplane/tables/kept_layout.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vector>

namespace ntm::control {

// Of what stays the same in the keys of this path; never 0.
[[nodiscard]] std::uint64_t check_of(PathId path, const tables::EndKeys& keys) noexcept;

class KeptEndKeys {
  public:
    static constexpr std::uint64_t left_out = std::uint64_t{1} << 16;  // counters not sent under

    struct alignas(64) Record {
        std::uint64_t seal = 0;  // check_of() them from when they are complete, else 0
        PathId path;
        alignas(64) std::array<std::byte, sizeof(tables::EndKeys)> bytes{};

        [[nodiscard]] tables::EndKeys& keys() noexcept {
            return *std::launder(reinterpret_cast<tables::EndKeys*>(bytes.data()));
        }
    };

    // It outlives all that it gives. Until adopt() or clear() nothing else is done.
    explicit KeptEndKeys(std::span<Record> records) : records_{records} {}
    KeptEndKeys(const KeptEndKeys&) = delete;
    KeptEndKeys& operator=(const KeptEndKeys&) = delete;

    struct Left {
        PathId path;
        std::shared_ptr<tables::EndKeys> keys;
    };
    // Those that an earlier process has left, ready to go on. Nothing: there are some that do not check.
    [[nodiscard]] bool adopt(std::vector<Left>& left);
    void clear();

    // The same, kept until they are forgotten. Null: there is no room.
    [[nodiscard]] std::shared_ptr<tables::EndKeys> keep(PathId path, const tables::EndKeys& keys);
    // No other process goes on with these; their room is free when nobody has them any more.
    void forget(const tables::EndKeys& keys) noexcept;

  private:
    [[nodiscard]] std::shared_ptr<tables::EndKeys> share(std::size_t at);
    void let_go(std::size_t at);

    std::span<Record> records_;
    std::vector<std::size_t> free_;
};

}  // namespace ntm::control
