// SPDX-License-Identifier: BSD-3-Clause
#include "control/nat_records/record_sinks.hpp"

#include "control/nat_records/record_text.hpp"
#include "control/nat_records/syslog.hpp"

#include <filesystem>
#include <utility>

namespace ntm::control {

namespace {

std::optional<std::string> why_not_there(const std::string& directory) {
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) {
        return "no directory " + directory + " for NAT records: " + failed.message();
    }
    return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<RecordSinks>, std::string> RecordSinks::open(
    const RecordsConfig& config, Source source, asio::io_context& loop
) {
    std::unique_ptr<RecordSinks> made{new RecordSinks{std::move(source)}};
    if (config.files) {
        if (auto failed = why_not_there(config.files->directory)) {
            return Unexpected{*std::move(failed)};
        }
        made->files_ = std::make_unique<RecordFiles>(RecordFiles::Settings{
            config.files->directory, config.files->file_bytes(), config.files->count});
    }
    if (auto opened = made->open_remotes(config, loop); !opened) {
        return Unexpected{opened.error()};
    }
    return made;
}

Result<Nothing, std::string> RecordSinks::open_remotes(
    const RecordsConfig& config, asio::io_context& loop
) {
    if (config.ipfix) {
        auto collector = Collector::open(loop, config.ipfix->collector);
        if (!collector) {
            return Unexpected{collector.error()};
        }
        ipfix_.emplace(Remote{*std::move(collector)});
        exporter_.emplace(IpfixExporter::Settings{
            config.ipfix->domain, config.ipfix->templates_every});
    }
    if (config.syslog) {
        auto collector = Collector::open(loop, *config.syslog);
        if (!collector) {
            return Unexpected{collector.error()};
        }
        syslog_.emplace(Remote{*std::move(collector)});
    }
    return Nothing{};
}

bool RecordSinks::put(const NatRecord& record) {
    if (exporter_) {
        exporter_->add(record);
    }
    if (!files_ && !syslog_) {
        return false;
    }
    const std::string text = record_text(record, source_.run);
    if (syslog_ && record.change != Change::goes_on) {
        syslog_->send(as_bytes(syslog_message(record, source_.relay, text)), 1);
    }
    return files_ && files_->put(text, record.at);
}

void RecordSinks::flush(Instant now, WallTime wall) {
    if (!exporter_) {
        return;
    }
    for (const IpfixMessage& message : exporter_->take(now, wall)) {
        ipfix_->send(message.bytes, message.records);
    }
}

void RecordSinks::Remote::send(ByteView datagram, std::size_t records) {
    (collector->send(datagram) ? counters.sent : counters.lost) += records;
}

std::optional<RecordSinks::Counters> RecordSinks::files() const {
    if (!files_) {
        return std::nullopt;
    }
    return Counters{files_->writer().written(), files_->writer().lost()};
}

std::optional<RecordSinks::Counters> RecordSinks::ipfix() const {
    return ipfix_ ? std::optional{ipfix_->counters} : std::nullopt;
}

std::optional<RecordSinks::Counters> RecordSinks::syslog() const {
    return syslog_ ? std::optional{syslog_->counters} : std::nullopt;
}

}  // namespace ntm::control
