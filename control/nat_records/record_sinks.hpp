// SPDX-License-Identifier: BSD-3-Clause
// Where records go: to files, to a collector of IPFIX, to one of syslog. None waits, and each counts what
// it did not get rid of.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "control/nat_records/collector.hpp"
#include "control/nat_records/ipfix.hpp"
#include "control/nat_records/nat_record.hpp"
#include "control/nat_records/record_files.hpp"
#include "control/nat_records/records_config.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace ntm::control {

class RecordSinks {
  public:
    struct Source {
        std::string relay;  // its name
        std::string run;    // name_of_run()
    };
    struct Counters {
        std::uint64_t sent = 0;
        std::uint64_t lost = 0;
    };

    [[nodiscard]] static Result<std::unique_ptr<RecordSinks>, std::string> open(
        const RecordsConfig& config, Source source, asio::io_context& loop
    );

    // True: all that is so is to follow, for files.
    [[nodiscard]] bool put(const NatRecord& record);
    // Sends what waits to be sent together, and what is due.
    void flush(Instant now, WallTime wall);

    // Nothing of one that there is not.
    [[nodiscard]] std::optional<Counters> files() const;
    [[nodiscard]] std::optional<Counters> ipfix() const;
    [[nodiscard]] std::optional<Counters> syslog() const;

  private:
    struct Remote {
        std::unique_ptr<Collector> collector;
        Counters counters{};

        void send(ByteView datagram, std::size_t records);
    };

    explicit RecordSinks(Source source) : source_{std::move(source)} {}
    [[nodiscard]] Result<Nothing, std::string> open_remotes(
        const RecordsConfig& config, asio::io_context& loop
    );

    Source source_;
    std::unique_ptr<RecordFiles> files_;
    std::optional<IpfixExporter> exporter_;
    std::optional<Remote> ipfix_;
    std::optional<Remote> syslog_;
};

}  // namespace ntm::control
