// SPDX-License-Identifier: BSD-3-Clause
// Which names outside of its zones a node asks its DC for first, since they may be those of general
// nodes (docs/protocol.md section 4.2).
#pragma once

#include "common/base/names.hpp"

#include <string>
#include <vector>

namespace ntm::client {

struct GeneralNames {
    bool are_all = false;
    std::vector<std::string> domains;  // if not all: normalised, with what is under them

    // A host's name of two labels or more: a DC knows nothing of others.
    [[nodiscard]] bool cover(const std::string& fqdn) const {
        return normalise_fqdn(fqdn) && (are_all || is_within(fqdn, domains));
    }
    friend bool operator==(const GeneralNames&, const GeneralNames&) = default;
};

}  // namespace ntm::client
