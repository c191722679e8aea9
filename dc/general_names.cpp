// SPDX-License-Identifier: BSD-3-Clause
#include "dc/general_names.hpp"

#include "common/base/names.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace ntm::dc {

namespace {

using dns::RecordType;

// Names asked for NS, one above the other, before it is given up.
constexpr std::size_t most_steps = 8;

bool is_dc_record(std::string_view text) {
    constexpr std::string_view mark = "v=ntm1";
    return text.starts_with(mark) && (text.size() == mark.size() || text[mark.size()] == ' ');
}

std::string parent_of(const std::string& name) {
    const std::size_t dot = name.find('.');
    return dot == std::string::npos ? "" : name.substr(dot + 1);
}

// No DC has a zone of one label.
bool can_be_of_dc(const std::string& zone) {
    return zone.find('.') != std::string::npos;
}

bool is_failure(const dns::Answer& answer) {
    return answer.kind == dns::Answer::Kind::failure;
}

}  // namespace

const NameFinding* GeneralNames::find(const std::string& fqdn, Instant now) const {
    const auto at = kept_.find(fqdn);
    return at == kept_.end() || at->second.until <= now ? nullptr : &at->second.finding;
}

bool GeneralNames::inquire(const std::string& fqdn, Instant now) {
    if (numbers_.contains(fqdn)) {
        return true;
    }
    if (inquiries_.size() >= most_under_way) {
        return false;
    }
    const std::uint64_t number = next_number_++;
    Inquiry& inquiry = inquiries_[number];
    inquiry.fqdn = fqdn;
    inquiry.until = now + patience;
    inquiry.candidate = fqdn;
    numbers_.emplace(fqdn, number);
    seek_zone(number, inquiry);
    ask(number, fqdn, RecordType::a);
    ask(number, fqdn, RecordType::aaaa);
    return true;
}

void GeneralNames::handle_answer(
    const NameQuestion& question, const dns::Answer& answer, Instant now
) {
    const auto at = inquiries_.find(question.inquiry);
    if (at == inquiries_.end()) {
        return;  // it has taken too long
    }
    Inquiry& inquiry = at->second;
    switch (question.question.type) {
        case RecordType::a:
            inquiry.ipv4 = answer;
            break;
        case RecordType::aaaa:
            inquiry.ipv6 = answer;
            break;
        case RecordType::ns:
            take_zone(question.inquiry, inquiry, answer);
            break;
        case RecordType::txt:
            take_texts(inquiry, answer);
            break;
    }
    inquiry.ttl = std::min(inquiry.ttl, answer.ttl);
    if (auto finding = judge(inquiry)) {
        finish(question.inquiry, *std::move(finding), now);
    }
}

void GeneralNames::take_zone(std::uint64_t number, Inquiry& inquiry, const dns::Answer& answer) {
    if (is_failure(answer)) {
        inquiry.zone = Zone::unclear;
        return;
    }
    const bool is_above = is_under(inquiry.fqdn, {answer.zone}) || answer.zone == inquiry.fqdn;
    if (!answer.has_name_servers && !is_above) {
        inquiry.candidate = parent_of(inquiry.candidate);
        seek_zone(number, inquiry);
        return;
    }
    if (!answer.has_name_servers) {
        inquiry.candidate = answer.zone;
    }
    if (!can_be_of_dc(inquiry.candidate)) {
        inquiry.zone = Zone::no_dcs;
        return;
    }
    inquiry.zone = Zone::known;
    ask(number, inquiry.candidate, RecordType::txt);
}

void GeneralNames::seek_zone(std::uint64_t number, Inquiry& inquiry) {
    if (!can_be_of_dc(inquiry.candidate)) {
        inquiry.zone = Zone::no_dcs;
        return;
    }
    if (++inquiry.steps > most_steps) {
        inquiry.zone = Zone::unclear;
        return;
    }
    ask(number, inquiry.candidate, RecordType::ns);
}

void GeneralNames::take_texts(Inquiry& inquiry, const dns::Answer& answer) {
    if (is_failure(answer)) {
        inquiry.zone = Zone::unclear;
        return;
    }
    inquiry.zone = std::ranges::any_of(answer.texts, is_dc_record) ? Zone::other_dc : Zone::no_dcs;
}

std::optional<NameFinding> GeneralNames::judge(const Inquiry& inquiry) {
    using Kind = NameFinding::Kind;
    if (inquiry.zone == Zone::other_dc) {
        return NameFinding{Kind::other_dc, {}, inquiry.candidate};
    }
    if (inquiry.zone == Zone::unclear) {
        return NameFinding{};
    }
    if (inquiry.zone != Zone::no_dcs || !inquiry.ipv4 || !inquiry.ipv6) {
        return std::nullopt;
    }
    NameFinding finding{Kind::general, inquiry.ipv4->addresses, {}};
    std::ranges::copy(inquiry.ipv6->addresses, std::back_inserter(finding.addresses));
    if (finding.addresses.empty()) {
        const bool is_clear = !is_failure(*inquiry.ipv4) && !is_failure(*inquiry.ipv6);
        finding.kind = is_clear ? Kind::unknown : Kind::unclear;
    }
    return finding;
}

void GeneralNames::finish(std::uint64_t number, NameFinding finding, Instant now) {
    auto inquiry = inquiries_.extract(number);
    const std::string fqdn = std::move(inquiry.mapped().fqdn);
    numbers_.erase(fqdn);
    if (finding.kind != NameFinding::Kind::unclear) {
        keep(fqdn, finding, now + std::max(inquiry.mapped().ttl, least_kept));
    }
    found_.push_back({fqdn, std::move(finding)});
}

// What is over soonest makes room.
void GeneralNames::keep(const std::string& fqdn, NameFinding finding, Instant until) {
    if (const auto old = kept_.find(fqdn); old != kept_.end()) {
        kept_until_.erase({old->second.until, fqdn});
        kept_.erase(old);
    }
    if (kept_.size() >= most_kept) {
        kept_.erase(kept_until_.begin()->second);
        kept_until_.erase(kept_until_.begin());
    }
    kept_.emplace(fqdn, Kept{std::move(finding), until});
    kept_until_.emplace(until, fqdn);
}

void GeneralNames::ask(std::uint64_t number, const std::string& name, RecordType type) {
    questions_.push_back({number, {name, type}});
}

void GeneralNames::handle_timeout(Instant now) {
    while (!inquiries_.empty() && inquiries_.begin()->second.until <= now) {
        finish(inquiries_.begin()->first, NameFinding{}, now);
    }
}

Instant GeneralNames::next_timeout() const {
    return inquiries_.empty() ? Instant::never() : inquiries_.begin()->second.until;
}

std::vector<NameQuestion> GeneralNames::take_questions() {
    return std::exchange(questions_, {});
}

std::vector<GeneralNames::Found> GeneralNames::take_found() {
    return std::exchange(found_, {});
}

}  // namespace ntm::dc
