// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/who_had.hpp"

#include "control/nat_records/record_files.hpp"

#include <charconv>
#include <fstream>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace ntm::control {

namespace {

using admin::Json;

// Times are compared as texts: these are of equal length.
using Time = std::string;

// From when on, and until when, if that is on record.
struct Span {
    Time since;
    Time until;  // empty: it goes on as far as is known
    bool is_until_exact = true;

    [[nodiscard]] bool has(const Time& at) const {
        return since <= at && (until.empty() || at <= until);
    }
};

// A subscriber's time at a relay's run.
using Whose = std::pair<std::string, std::uint32_t>;

struct Holding {
    Whose whose;
    Span span;
    Json record;  // the last one that was written before the time asked for
};

// All that the files say of one question, line after line.
class Search {
  public:
    explicit Search(const WhoHad& question)
        : question_{question},
          at_{question.at.text()},
          address_{"\"address\":\"" + question.address.text() + "\""} {}

    void read(const std::string& line);
    [[nodiscard]] Json answer() const;

  private:
    void take(const Json& record);
    void take_block(const Json& record);
    void take_real(const Json& record);
    void end_holdings_before(int first_port, const Time& since);
    void begin_run(const Json& record);
    [[nodiscard]] Json holder(const Holding& holding) const;

    WhoHad question_;
    Time at_;
    std::string address_;
    std::string first_;
    std::string last_;
    std::map<std::tuple<Whose, int, Time>, Holding> holdings_;
    std::map<std::tuple<Whose, std::string, Time>, Span> reals_;
    std::uint64_t unreadable_ = 0;
    std::uint64_t lost_ = 0;
};

bool has(const std::string& line, std::string_view part) {
    return line.find(part) != std::string::npos;
}

void Search::read(const std::string& line) {
    // Most are about other addresses, or sessions: only what may matter is taken apart.
    const bool may_matter =
        has(line, "\"event\":\"block_") ? has(line, address_) : !has(line, "\"event\":\"session_");
    if (!may_matter) {
        return;
    }
    try {
        take(Json::parse(line));
    } catch (const Json::exception&) {
        ++unreadable_;
    }
}

void Search::take(const Json& record) {
    const std::string event = record.at("event");
    const Time at = record.at("at");
    if (first_.empty()) {
        first_ = at;
    }
    last_ = at;
    if (event.starts_with("block_")) {
        take_block(record);
    } else if (event.starts_with("address_")) {
        take_real(record);
    } else if (event == "run_began") {
        begin_run(record);
    } else if (event == "records_lost") {
        lost_ += record.at("count").get<std::uint64_t>();
    }
}

Whose whose(const Json& record) {
    return {record.at("run"), record.at("tenancy")};
}

Time since_of(const Json& record) {
    // Only its end is on record: the beginning was lost.
    return record.contains("since") ? Time{record.at("since")} : Time{record.at("at")};
}

void Search::take_block(const Json& record) {
    const int first = record.at("first_port");
    if (question_.port < first || question_.port > record.at("last_port").get<int>()) {
        return;
    }
    const Time since = since_of(record);
    const auto [at, is_new] = holdings_.try_emplace({whose(record), first, since});
    Holding& holding = at->second;
    holding.whose = whose(record);
    holding.span.since = since;
    if (is_new) {
        end_holdings_before(first, since);
    }
    if (record.at("event") == "block_given_back") {
        holding.span.until = record.at("at");
    }
    if (is_new || Time{record.at("at")} <= at_) {
        holding.record = record;
    }
}

// A block is one holder's: what says that the one before gave it back was lost.
void Search::end_holdings_before(int first_port, const Time& since) {
    for (auto& [key, holding] : holdings_) {
        Span& span = holding.span;
        if (std::get<1>(key) == first_port && span.until.empty() && span.since < since) {
            span.until = since;
            span.is_until_exact = false;
        }
    }
}

void Search::take_real(const Json& record) {
    const Time since = since_of(record);
    const std::tuple key{whose(record), std::string{record.at("real")}, since};
    const bool is_over = record.at("event") == "address_left";
    if (since > at_ || (is_over && Time{record.at("at")} < at_)) {
        reals_.erase(key);
        return;
    }
    Span& span = reals_[key];
    span.since = since;
    if (is_over) {
        span.until = record.at("at");
    }
}

// What an earlier run has not ended, its end has, some time before this.
void Search::begin_run(const Json& record) {
    const std::string run = record.at("run");
    const Time at = record.at("at");
    const auto end = [&](const Whose& whose, Span& span) {
        if (whose.first != run && span.until.empty()) {
            span.until = at;
            span.is_until_exact = false;
        }
    };
    for (auto& [key, holding] : holdings_) {
        end(holding.whose, holding.span);
    }
    for (auto& [key, span] : reals_) {
        end(std::get<0>(key), span);
    }
}

Json text_or_null(const Time& time) {
    return time.empty() ? Json() : Json(time);
}

Json Search::holder(const Holding& holding) const {
    Json json;
    for (const char* key : {"subscriber", "key", "vipv4", "vipv6", "dc"}) {
        if (holding.record.contains(key)) {
            json[key] = holding.record.at(key);
        }
    }
    json["first_port"] = holding.record.at("first_port");
    json["last_port"] = holding.record.at("last_port");
    json["since"] = holding.span.since;
    json["until"] = text_or_null(holding.span.until);
    json["until_is_exact"] = holding.span.is_until_exact;
    json["real_addresses"] = Json::array();
    for (const auto& [key, span] : reals_) {
        if (std::get<0>(key) == holding.whose && span.has(at_)) {
            json["real_addresses"].push_back(
                {{"address", std::get<1>(key)},
                 {"since", span.since},
                 {"until", text_or_null(span.until)}}
            );
        }
    }
    return json;
}

Json Search::answer() const {
    Json json{
        {"address", question_.address.text()},
        {"port", question_.port},
        {"time", at_},
        {"holders", Json::array()}};
    for (const auto& [key, holding] : holdings_) {
        if (holding.span.has(at_)) {
            json["holders"].push_back(holder(holding));
        }
    }
    json["records_from"] = text_or_null(first_);
    json["records_to"] = text_or_null(last_);
    json["unreadable"] = unreadable_;
    json["lost"] = lost_;
    return json;
}

// The oldest files make room for newer ones, also while this reads. What was read before one that is gone
// counts no more, since nobody knows what that one had ended; the next one begins with all that was so then.
bool is_gone(const std::ifstream& lines, const std::filesystem::path& file) {
    std::error_code failed;
    return !lines.is_open() && !std::filesystem::exists(file, failed) && !failed;
}

}  // namespace

Result<WhoHad, std::string> WhoHad::parse(
    const std::string& address, const std::string& port, const std::string& time
) {
    WhoHad made;
    const auto parsed_address = IpAddress::parse(address);
    if (!parsed_address) {
        return Unexpected{"\"" + address + "\" is no address"};
    }
    made.address = *parsed_address;
    const char* const end = port.data() + port.size();
    const auto [stopped, failed] = std::from_chars(port.data(), end, made.port);
    if (failed != std::errc{} || stopped != end || made.port == 0) {
        return Unexpected{"\"" + port + "\" is no port"};
    }
    const auto parsed_time = WallTime::parse(time);
    if (!parsed_time) {
        return Unexpected{"\"" + time + "\" is no time: 2026-11-30T10:00:00Z, or +09:00"};
    }
    made.at = *parsed_time;
    return made;
}

Result<Json, std::string> who_had(const std::filesystem::path& directory, const WhoHad& question) {
    const std::vector<std::filesystem::path> files = record_files_in(directory);
    if (files.empty()) {
        return Unexpected{"no NAT records in " + directory.string()};
    }
    std::optional<Search> search;
    for (const std::filesystem::path& file : files) {
        std::ifstream lines{file};
        if (is_gone(lines, file)) {
            search.reset();
            continue;
        }
        if (!search) {
            search.emplace(question);
        }
        std::string line;
        while (std::getline(lines, line)) {
            search->read(line);
        }
        if (!lines.eof()) {
            return Unexpected{"can not read " + file.string()};
        }
    }
    if (!search) {
        return Unexpected{
            "the NAT records in " + directory.string() + " went while they were read"};
    }
    return search->answer();
}

}  // namespace ntm::control
