// SPDX-License-Identifier: BSD-3-Clause
// DNS messages as the stub resolver needs them, by ldns: one query taken apart, and the answers to
// it that the stub gives by itself. Names keep the case in which they were asked.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ldns_struct_pkt;

namespace ntm::client {

enum class DnsRcode : std::uint8_t {
    no_error = 0,
    format_error = 1,
    server_failure = 2,
    no_such_name = 3,
    not_implemented = 4,
};

class DnsQuery {
  public:
    enum class Kind : std::uint8_t {
        address_v4,  // class IN, type A
        address_v6,  // class IN, type AAAA
        service,     // class IN, type SVCB or HTTPS (RFC 9460): may hint at addresses
        other,       // class IN, any other type
        foreign,     // another class or operation: not for the stub to judge
    };

    ~DnsQuery();
    DnsQuery(DnsQuery&& other) noexcept;
    DnsQuery& operator=(DnsQuery&& other) noexcept;
    DnsQuery(const DnsQuery&) = delete;
    DnsQuery& operator=(const DnsQuery&) = delete;

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    // As it came, to be passed on.
    [[nodiscard]] const Bytes& wire() const noexcept { return wire_; }
    [[nodiscard]] std::uint16_t id() const noexcept;
    // What its sender takes in a UDP datagram.
    [[nodiscard]] std::size_t udp_size() const noexcept { return udp_size_; }

    // An answer with these records (A or AAAA, as asked); none at all with no_error says that the
    // name has no record of this type.
    [[nodiscard]] Bytes answer(DnsRcode rcode, const std::vector<IpAddress>& addresses) const;
    // For one that has to go by UDP: the head and the question with the bit that says "ask by TCP".
    [[nodiscard]] Bytes truncated_answer() const;

  private:
    friend struct DnsParser;
    DnsQuery() = default;
    ldns_struct_pkt* packet_ = nullptr;  // owned
    Bytes wire_;
    std::string name_;
    Kind kind_ = Kind::foreign;
    std::size_t udp_size_ = 512;
};

struct ParsedQuery {
    std::optional<DnsQuery> query;
    Bytes refusal;  // to be sent back if there is no query; nothing if it is empty
};
[[nodiscard]] ParsedQuery parse_query(ByteView wire);

// The time for which a virtual address may be remembered (docs/protocol.md section 4.2).
inline constexpr std::uint32_t address_ttl_seconds = 60;

}  // namespace ntm::client
