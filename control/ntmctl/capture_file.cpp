// SPDX-License-Identifier: BSD-3-Clause
#include "control/ntmctl/capture_file.hpp"

#include "common/config/private_file.hpp"
#include "common/protocol/captured.hpp"
#include "control/ntmctl/opened_frame.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include <pcap/pcap.h>
#include <unistd.h>

namespace ntm::control {

namespace {

using admin::Json;
using Reader = std::unique_ptr<pcap_t, decltype(&pcap_close)>;
using Writer = std::unique_ptr<pcap_dumper_t, decltype(&pcap_dump_close)>;

std::optional<std::string> read_key_log(const std::string& file, protocol::CaptureKeys& keys) {
    std::ifstream text{file};
    if (!text) {
        return file + ": can not open the key log: " + std::strerror(errno);
    }
    std::string line;
    for (std::size_t number = 1; std::getline(text, line); ++number) {
        auto parsed = protocol::parse_key_log_line(line);
        if (!parsed) {
            return file + ":" + std::to_string(number) + ": " + parsed.error();
        }
        if (*parsed) {
            keys.add(**std::move(parsed));
        }
    }
    if (text.bad()) {
        return file + ": can not read the key log";
    }
    return std::nullopt;
}

Result<Reader, std::string> open_input(const std::string& file) {
    std::array<char, PCAP_ERRBUF_SIZE> problem{};
    Reader reader{
        pcap_open_offline_with_tstamp_precision(
            file.c_str(), PCAP_TSTAMP_PRECISION_NANO, problem.data()
        ),
        &pcap_close};
    if (!reader) {
        const std::string text{problem.data()};
        return Unexpected{text.starts_with(file) ? text : file + ": " + text};
    }
    if (!is_known_link_type(pcap_datalink(reader.get()))) {
        return Unexpected{
            file + ": link type " + std::to_string(pcap_datalink(reader.get())) +
            " is none of Ethernet, Linux cooked and raw IP"};
    }
    return reader;
}

Result<Writer, std::string> open_output(const CaptureOrder& order, pcap_t* reader) {
    std::vector<std::string> inputs = order.key_logs;
    inputs.push_back(order.input);
    for (const std::string& input : inputs) {
        std::error_code ignored;
        if (std::filesystem::equivalent(input, order.output, ignored)) {
            return Unexpected{order.output + ": this is what is to be read"};
        }
    }
    auto file = config::PrivateFile::open(order.output, "opened packets");
    if (!file) {
        return Unexpected{file.error()};
    }
    std::FILE* const stream = fdopen(file->descriptor(), "wb");
    if (stream == nullptr) {
        return Unexpected{order.output + ": can not be written: " + std::strerror(errno)};
    }
    if (ftruncate(file->release(), 0) != 0) {
        std::fclose(stream);
        return Unexpected{order.output + ": can not be emptied"};
    }
    // Where it fails it has closed the stream.
    pcap_dumper_t* const dumper = pcap_dump_fopen(reader, stream);
    if (dumper == nullptr) {
        return Unexpected{order.output + ": can not be written"};
    }
    return Writer{dumper, &pcap_dump_close};
}

Json to_json(const CaptureCounts& counts, const protocol::CaptureKeys& keys) {
    const auto opened = [&](protocol::PacketType type) {
        return counts.opened[static_cast<std::size_t>(type)];
    };
    using protocol::PacketType;
    return {
        {"secrets", keys.size()},
        {"packets", counts.packets},
        {"opened",
         {{"data", opened(PacketType::data)},
          {"leg", opened(PacketType::leg)},
          {"signal", opened(PacketType::signal)},
          {"end", opened(PacketType::end)}}},
        {"not_opened",
         {{"handshake", counts.handshake},
          {"cookie", counts.cookie},
          {"no_key", counts.no_key},
          {"bad_tag", counts.bad_tag},
          {"malformed", counts.malformed},
          {"left_out_opened_before", counts.looks_opened},
          {"cut_short", counts.cut_short},
          {"not_ntm", counts.not_ntm}}},
    };
}

std::optional<std::string> copy_packets(
    const CaptureOrder& order,
    pcap_t* reader,
    pcap_dumper_t* writer,
    const protocol::CaptureKeys& keys,
    CaptureCounts& counts
) {
    const int link_type = pcap_datalink(reader);
    pcap_pkthdr* head = nullptr;
    const std::uint8_t* bytes = nullptr;
    int got = 0;
    while ((got = pcap_next_ex(reader, &head, &bytes)) == 1) {
        Bytes frame(bytes, bytes + head->caplen);
        const bool is_whole = head->caplen >= head->len;
        if (open_frame({frame, link_type, is_whole}, order.port, keys, counts) == FrameFate::kept) {
            // libpcap passes the writer as if it were the caller's own pointer.
            pcap_dump(static_cast<u_char*>(static_cast<void*>(writer)), head, frame.data());
        }
    }
    if (got == PCAP_ERROR) {
        return order.input + ": broken behind packet " + std::to_string(counts.packets) + ": " +
               pcap_geterr(reader);
    }
    if (pcap_dump_flush(writer) != 0 || std::ferror(pcap_dump_file(writer)) != 0) {
        return order.output + ": can not be written: " + std::strerror(errno);
    }
    return std::nullopt;
}

}  // namespace

Result<Json, std::string> open_capture(const CaptureOrder& order) {
    protocol::CaptureKeys keys;
    for (const std::string& file : order.key_logs) {
        if (auto problem = read_key_log(file, keys)) {
            return Unexpected{*std::move(problem)};
        }
    }
    const auto reader = open_input(order.input);
    if (!reader) {
        return Unexpected{reader.error()};
    }
    const auto writer = open_output(order, reader->get());
    if (!writer) {
        return Unexpected{writer.error()};
    }
    CaptureCounts counts;
    if (auto problem = copy_packets(order, reader->get(), writer->get(), keys, counts)) {
        return Unexpected{*std::move(problem)};
    }
    return to_json(counts, keys);
}

}  // namespace ntm::control
