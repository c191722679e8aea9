// SPDX-License-Identifier: BSD-3-Clause
// What a name outside the DC's own zones is, by the DNS alone (docs/protocol.md section 4.3): a name
// of another DC if its zone has a DC record, else that of a general node, with its real addresses.
// A pure state machine: questions out, answers or none in.
//
// Theory of operation: for www.example.test three questions leave at once, for NS, A and AAAA. That
// for NS finds the zone: the name has name servers of its own, or the answer tells the zone, or else
// the question goes on to example.test. The zone found, its TXT records say whether it is a DC's.
// What was found is kept for the TTL of the answers, within bounds; no answer is kept as nothing.
#pragma once

#include "common/base/time.hpp"
#include "common/dns/lookup.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ntm::dc {

struct NameQuestion {
    std::uint64_t inquiry = 0;
    dns::Question question;
};

struct NameFinding {
    enum class Kind : std::uint8_t {
        general,   // a general node
        other_dc,  // a name of the zone `zone`, whose names another DC gives out
        unknown,   // no such name, or one without addresses
        unclear,   // the resolvers could not tell
    };
    Kind kind = Kind::unclear;
    std::vector<IpAddress> addresses;
    std::string zone;
};

class GeneralNames {
  public:
    static constexpr std::size_t most_under_way = 256;
    static constexpr std::size_t most_kept = 4096;
    // A stub waits 4.5 s for a path, and takes a DC that says nothing for 3 s for silent.
    static constexpr Duration patience = std::chrono::milliseconds{2500};
    static constexpr Duration least_kept = std::chrono::seconds{5};
    static constexpr Duration longest_kept = std::chrono::minutes{5};

    // What is known already; stays until the next call of another function.
    [[nodiscard]] const NameFinding* find(const std::string& fqdn, Instant now) const;
    // Begins to find out, unless that is under way. False: too much is.
    [[nodiscard]] bool inquire(const std::string& fqdn, Instant now);
    void handle_answer(const NameQuestion& question, const dns::Answer& answer, Instant now);
    void handle_timeout(Instant now);
    [[nodiscard]] Instant next_timeout() const;

    [[nodiscard]] std::vector<NameQuestion> take_questions();
    struct Found {
        std::string fqdn;
        NameFinding finding;
    };
    [[nodiscard]] std::vector<Found> take_found();

    [[nodiscard]] std::size_t under_way() const noexcept { return inquiries_.size(); }
    [[nodiscard]] std::size_t kept() const noexcept { return kept_.size(); }

  private:
    enum class Zone : std::uint8_t {
        sought,    // asked for NS of `candidate`
        known,     // it is `candidate`, asked for TXT
        no_dcs,    // there is none, or it has no DC record
        other_dc,  // it has
        unclear,
    };
    struct Inquiry {
        std::string fqdn;
        Instant until;
        Zone zone = Zone::sought;
        std::string candidate;
        std::size_t steps = 0;  // names asked for NS
        std::optional<dns::Answer> ipv4;
        std::optional<dns::Answer> ipv6;
        Duration ttl = longest_kept;
    };
    struct Kept {
        NameFinding finding;
        Instant until;
    };

    void ask(std::uint64_t number, const std::string& name, dns::RecordType type);
    void take_zone(std::uint64_t number, Inquiry& inquiry, const dns::Answer& answer);
    void seek_zone(std::uint64_t number, Inquiry& inquiry);
    static void take_texts(Inquiry& inquiry, const dns::Answer& answer);
    // Nothing while an answer that matters is still to come.
    [[nodiscard]] static std::optional<NameFinding> judge(const Inquiry& inquiry);
    void finish(std::uint64_t number, NameFinding finding, Instant now);
    void keep(const std::string& fqdn, NameFinding finding, Instant until);

    std::map<std::uint64_t, Inquiry> inquiries_;  // by number, hence by `until` too
    std::map<std::string, std::uint64_t> numbers_;
    std::uint64_t next_number_ = 1;
    std::map<std::string, Kept> kept_;
    std::set<std::pair<Instant, std::string>> kept_until_;
    std::vector<NameQuestion> questions_;
    std::vector<Found> found_;
};

}  // namespace ntm::dc
