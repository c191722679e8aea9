// SPDX-License-Identifier: BSD-3-Clause
#include "common/dns/wire.hpp"

#include "common/base/byte_order.hpp"

#include <algorithm>
#include <cstdlib>

#include <ldns/ldns.h>

namespace ntm::dns {

std::optional<std::size_t> question_end(ByteView wire) {
    if (load<Be16>(wire.data() + 4).to_host() == 0) {
        return std::nullopt;
    }
    std::size_t at = head_size;
    while (at < wire.size() && wire[at] != 0) {
        if ((wire[at] & 0xc0) != 0) {
            return std::nullopt;
        }
        at += std::size_t{wire[at]} + 1;
    }
    return at + 5 <= wire.size() ? std::optional{at + 5} : std::nullopt;
}

bool is_answer_to(ByteView answer, ByteView query) {
    if (answer.size() < head_size || query.size() < head_size ||
        (answer[2] & flag_is_answer) == 0 ||
        !std::equal(query.begin(), query.begin() + 2, answer.begin())) {
        return false;
    }
    const auto end = question_end(query);
    // Some servers leave the question out of an error.
    const bool has_question = load<Be16>(answer.data() + 4).to_host() != 0;
    if (!end || !has_question) {
        return true;
    }
    return answer.size() >= *end && std::equal(
                                        query.begin() + head_size,
                                        query.begin() + static_cast<std::ptrdiff_t>(*end),
                                        answer.begin() + head_size
                                    );
}

std::string text_of(const ldns_rdf* name) {
    char* text = ldns_rdf2str(name);
    std::string copy = text == nullptr ? std::string{} : std::string{text};
    std::free(text);  // NOLINT: ldns allocates with malloc
    return copy;
}

Bytes wire_of(const ldns_pkt* packet) {
    std::uint8_t* data = nullptr;
    std::size_t size = 0;
    if (ldns_pkt2wire(&data, packet, &size) != LDNS_STATUS_OK) {
        return {};
    }
    Bytes wire{data, data + size};
    std::free(data);  // NOLINT: as above
    return wire;
}

}  // namespace ntm::dns
