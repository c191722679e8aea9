// SPDX-License-Identifier: BSD-3-Clause
// What of the control thread's outlives the process: its boot id, all paths, and the keys of those that end
// here, with the ones laid aside and those forgotten. The process that comes after this one goes on with
// the whole of it under the same boot id, or, if anything does not check, with none (docs/protocol.md
// section 4).
#pragma once

#include "common/base/ids.hpp"
#include "common/base/secret.hpp"
#include "control/kept_end_keys.hpp"
#include "control/path_record.hpp"
#include "rs-dataplane/tables/kept_records.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ntm::control {

struct RunRecord {
    BootId boot_id;
    std::array<std::uint8_t, 16> token_key;
    std::uint64_t processes;  // that have gone under this boot id

    [[nodiscard]] static std::uint64_t key() noexcept { return 0; }  // there is one
};

class KeptState {
  public:
    using RunRecords = tables::KeptRecords<RunRecord>;
    using PathRecords = tables::KeptRecords<PathRecord>;

    struct Parts {
        tables::KeptLayout::Part<RunRecords::Slot> run;
        tables::KeptLayout::Part<PathRecords::Slot> paths;
        tables::KeptLayout::Part<KeptEndKeys::Record> keys;
        tables::KeptLayout::Part<std::uint64_t> forgotten;
    };
    // `paths`: as many as there may be.
    [[nodiscard]] static Parts lay_out(std::uint32_t paths, tables::KeptLayout& layout);

    template <typename Memory>
    KeptState(Memory& memory, const Parts& parts)
        : run_{memory[parts.run]},
          paths_{memory[parts.paths]},
          keys_{memory[parts.keys]},
          forgotten_{memory[parts.forgotten]} {}
    KeptState(const KeptState&) = delete;
    KeptState& operator=(const KeptState&) = delete;

    struct Left {
        RunRecord run;
        std::vector<RelayedPath> paths;
        std::vector<KeptEndKeys::Left> laid_aside;  // keys of no path there is
    };
    // First of all. Nothing: there was none, or it has been given up; then no path is there, and begin()
    // comes next. Subscribers' numbers are below `subscribers`.
    [[nodiscard]] std::optional<Left> adopt(std::uint32_t subscribers);
    // Paths that adopt() has given up.
    [[nodiscard]] std::size_t given_up() const noexcept { return given_up_; }
    void begin(BootId boot_id, const Secret<16>& token_key);

    // The path as it is from here on, in place of what there was.
    void put(RelayedPath& path);
    void remove(const RelayedPath& path) { paths_.remove(path.kept_at); }

    [[nodiscard]] KeptEndKeys& keys() noexcept { return keys_; }
    [[nodiscard]] std::span<std::uint64_t> forgotten() noexcept { return forgotten_; }

  private:
    [[nodiscard]] std::optional<Left> read();
    void put_run(const RunRecord& run);

    RunRecords run_;
    PathRecords paths_;
    KeptEndKeys keys_;
    std::span<std::uint64_t> forgotten_;
    tables::KeptPlace run_at_ = tables::nowhere_kept;
    std::size_t given_up_ = 0;
};

}  // namespace ntm::control
