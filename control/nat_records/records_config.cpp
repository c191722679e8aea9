// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/records_config.hpp"

#include <filesystem>

namespace ntm::control {

namespace {

using admin::Json;
using config::Need;
using config::Section;

// Each file begins with all that is so: with these the older half of them can always go.
constexpr std::size_t most_bytes_of_record = 512;
constexpr std::size_t tellings_kept = 4;

RecordsConfig::Files read_files(Section& files, std::size_t blocks) {
    RecordsConfig::Files made;
    made.directory = files.text("directory", made.directory);
    if (!std::filesystem::path{made.directory}.is_absolute()) {
        files.fail(
            "directory", config::in_quotes(made.directory) + " is no absolute path", "/var/log/..."
        );
    }
    made.megabytes =
        static_cast<std::uint32_t>(files.integer("megabytes", {1, 4096}, made.megabytes));
    made.count = static_cast<std::uint32_t>(files.integer("count", {2, 100'000}, made.count));
    const std::size_t needed = blocks * most_bytes_of_record * tellings_kept;
    if (made.file_bytes() * made.count < needed) {
        files.fail(
            "count",
            "too little for " + std::to_string(blocks) + " blocks of ports",
            "files of " + std::to_string((needed >> 20) + 1) + " megabytes together, or more"
        );
    }
    return made;
}

Endpoint read_collector(Section& section) {
    const Endpoint collector = section.endpoint("collector");
    if (collector.address.is_unspecified() || collector.address.is_multicast()) {
        section.fail("collector", collector.address.text() + " is no host's");
    }
    return collector;
}

RecordsConfig::Ipfix read_ipfix(Section& ipfix) {
    RecordsConfig::Ipfix made;
    made.collector = read_collector(ipfix);
    made.domain = static_cast<std::uint32_t>(ipfix.integer("domain", {0, 0xffff'ffff}, 1));
    made.templates_every =
        std::chrono::seconds{ipfix.integer("template_seconds", {1, 86'400}, 600)};
    return made;
}

}  // namespace

RecordsConfig read_records(Section& records, std::size_t blocks) {
    RecordsConfig made;
    made.has_sessions = records.choice("of", {"blocks", "sessions"}, "blocks") == "sessions";
    records.section("files", Need::optional, [&](Section& files) {
        made.files = read_files(files, blocks);
    });
    records.section("ipfix", Need::optional, [&](Section& ipfix) {
        made.ipfix = read_ipfix(ipfix);
    });
    records.section("syslog", Need::optional, [&](Section& syslog) {
        made.syslog = read_collector(syslog);
    });
    if (!records.has("files") && !records.has("ipfix") && !records.has("syslog")) {
        records.fail("files", "records that go nowhere", "files, ipfix, syslog");
    }
    return made;
}

Json records_json(const RecordsConfig& config) {
    Json json{{"of", config.has_sessions ? "sessions" : "blocks"}};
    if (config.files) {
        json["files"] = {
            {"directory", config.files->directory},
            {"megabytes", config.files->megabytes},
            {"count", config.files->count}};
    }
    if (config.ipfix) {
        json["ipfix"] = {
            {"collector", config.ipfix->collector.text()},
            {"domain", config.ipfix->domain},
            {"template_seconds", config.ipfix->templates_every.count()}};
    }
    if (config.syslog) {
        json["syslog"] = {{"collector", config.syslog->text()}};
    }
    return json;
}

}  // namespace ntm::control
