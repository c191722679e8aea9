// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulation/world/trace.hpp"

#include "common/protocol/ntm_header.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace ntm::simulation {

Trace::Trace() : is_verbose_{std::getenv("NTM_SIMULATION_TRACE") != nullptr} {}

void Trace::note(
    Instant now, std::string_view what, std::string_view where, const Datagram& datagram
) {
    ++packets_;
    mix(static_cast<std::uint64_t>(now.since_origin().count()));
    mix(as_bytes(what));
    mix(as_bytes(where));
    for (const Endpoint* endpoint : {&datagram.local, &datagram.remote}) {
        mix(endpoint->address.bytes());
        mix(endpoint->port.number);
    }
    mix(datagram.payload);
    if (is_verbose_) {
        std::fprintf(
            stderr,
            "%12.3f ms %-9.*s %-6.*s %s <-> %s %zu bytes %s\n",
            static_cast<double>(now.since_origin().count()) / 1e6,
            static_cast<int>(what.size()),
            what.data(),
            static_cast<int>(where.size()),
            where.data(),
            datagram.local.text().c_str(),
            datagram.remote.text().c_str(),
            datagram.payload.size(),
            describe_packet(datagram.payload).c_str()
        );
    }
}

void Trace::note(Instant now, std::string_view what) {
    mix(static_cast<std::uint64_t>(now.since_origin().count()));
    mix(as_bytes(what));
    if (is_verbose_) {
        std::fprintf(
            stderr,
            "%12.3f ms ---- %.*s\n",
            static_cast<double>(now.since_origin().count()) / 1e6,
            static_cast<int>(what.size()),
            what.data()
        );
    }
}

void Trace::mix(ByteView bytes) noexcept {  // FNV-1a
    for (const std::uint8_t byte : bytes) {
        hash_ = (hash_ ^ byte) * 0x100000001b3U;
    }
}

void Trace::mix(std::uint64_t number) noexcept {
    std::array<std::uint8_t, 8> bytes{};
    store(bytes.data(), number);
    mix(bytes);
}

std::string describe_packet(ByteView payload) {
    const auto header = protocol::NtmHeader::parse(payload);
    if (!header) {
        return "no NTM packet";
    }
    static constexpr std::array names{"DATA", "LEG", "SIGNAL", "HANDSHAKE", "COOKIE", "END"};
    std::string text = names[static_cast<std::size_t>(header->type)];
    text += header->is_answer() ? " answer" : "";
    text += header->role() == Role::responder ? " responder" : "";
    return text + " #" + std::to_string(header->counter) + " " + PathId{header->id}.text();
}

}  // namespace ntm::simulation
