// SPDX-License-Identifier: BSD-3-Clause
// What of a relay outlives its process, in the file that the configuration names: the control thread's
// state and each worker's NAPT.
#pragma once

#include "common/base/result.hpp"
#include "control/config.hpp"
#include "control/kept_state.hpp"
#include "rs-dataplane/napt/kept_bindings.hpp"
#include "rs-dataplane/tables/kept_memory.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace ntm {

class Kept {
  public:
    // Of the file.
    [[nodiscard]] static std::size_t bytes_for(const control::RelayConfig& config);
    // The file that the configuration names. The error is a sentence.
    [[nodiscard]] static Result<std::unique_ptr<Kept>, std::string> open(
        const control::RelayConfig& config
    );

    [[nodiscard]] tables::KeptMemory::Found found() const noexcept { return memory_.found(); }
    [[nodiscard]] control::KeptState& state() noexcept { return state_; }
    [[nodiscard]] std::vector<napt::KeptBindings> bindings();  // by worker

  private:
    struct Parts {
        control::KeptState::Parts state;
        std::vector<napt::KeptBindingsParts> bindings;  // by worker
    };
    [[nodiscard]] static Parts lay_out(
        const control::RelayConfig& config, tables::KeptLayout& layout
    );
    Kept(tables::KeptMemory memory, Parts parts)
        : memory_{std::move(memory)}, parts_{std::move(parts)}, state_{memory_, parts_.state} {}

    tables::KeptMemory memory_;
    Parts parts_;
    control::KeptState state_;
};

}  // namespace ntm
