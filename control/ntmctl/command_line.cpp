// SPDX-License-Identifier: BSD-3-Clause
#include "control/ntmctl/command_line.hpp"

#include "common/config/nearest.hpp"
#include "control/nat_records/records_config.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <sstream>

namespace ntm::control {

namespace {

struct Command {
    std::string noun;
    std::string verb;
    std::vector<std::string> arguments;  // names of what must follow
    std::string optional_argument;       // name of what may follow
    std::string daemon;                  // who knows it
    std::string purpose;
};

const std::vector<Command>& commands() {
    static const std::vector<Command> all{
        {"status", "show", {}, "", "all", "how a daemon is"},
        {"path", "show", {}, "path_id", "all", "paths, or one of them"},
        {"worker", "show", {}, "", "relay", "the poll-mode threads"},
        {"drop", "show", {}, "", "relay", "why packets were dropped"},
        {"port", "show", {}, "", "relay", "what frames come and go by"},
        {"drain", "show", {}, "", "relay", "whether the DCs are asked to move paths away"},
        {"drain", "start", {}, "", "relay", "ask them to, until the relay's end or drain stop"},
        {"drain", "stop", {}, "", "relay", "take paths again"},
        {"nat", "pool", {}, "", "relay", "how full the NAPT's ports and tables are"},
        {"nat", "subscriber", {}, "name", "relay", "whose paths end here, by name, VIP or number"},
        {"nat", "session", {}, "", "relay", "whom one --subscriber NAME talks to"},
        {"nat", "who-had", {"address", "port", "time"}, "", "none", "whose a public port was then"},
        {"node", "show", {}, "", "DC", "provisioned nodes"},
        {"node", "add", {"fqdn", "key"}, "", "DC", "provision a node by its public key"},
        {"node", "remove", {"fqdn"}, "", "DC", "forget a node"},
        {"relay", "show", {}, "", "DC", "provisioned relays"},
        {"relay", "add", {"name", "key"}, "", "DC", "provision a relay by its public key"},
        {"relay", "remove", {"name"}, "", "DC", "forget a relay"},
        {"config", "show", {}, "", "all", "the configuration in force, with its defaults"},
        {"config", "reload", {}, "", "all", "take over the file, or nothing (also: ntmctl reload)"},
        {"key", "generate", {"file"}, "", "none", "make a private key, print its public key"},
        {"key", "public", {"file"}, "", "none", "print the public key of a private key"},
        {"capture", "open", {"capture"}, "", "none", "open packets by -k KEY-LOG, to -o FILE"},
    };
    return all;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char letter) {
        return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    });
    return text;
}

std::string synopsis(const Command& command) {
    std::string text = command.noun;
    if (command.verb != "show") {
        text += " " + command.verb;
    }
    for (const std::string& argument : command.arguments) {
        text += " " + upper(argument);
    }
    if (!command.optional_argument.empty()) {
        text += " [" + upper(command.optional_argument) + "]";
    }
    return text;
}

std::string column(const std::string& text, std::size_t width) {
    return text + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

std::string list_of_commands() {
    std::ostringstream text;
    text << "Commands, and the daemons that know them (`show` is the default verb, and may stand "
            "before the noun):\n";
    for (const Command& command : commands()) {
        text << "  " << column(synopsis(command), 26) << column(command.daemon, 8)
             << command.purpose << "\n";
    }
    text << "Without -s and NTM_SOCKET, ntmctl asks the one daemon whose socket is there:\n ";
    for (const char* socket : default_sockets) {
        text << (socket == default_sockets.front() ? " " : ", ") << socket;
    }
    text << "\n";
    text << "Exit codes: 0 ok, 1 failed, 2 usage, 3 daemon unreachable.\n";
    return text.str();
}

// The words that come in question at one place of the command line.
std::vector<std::string> nouns() {
    std::vector<std::string> words;
    for (const Command& command : commands()) {
        if (words.empty() || words.back() != command.noun) {
            words.push_back(command.noun);
        }
    }
    return words;
}

std::vector<std::string> verbs_of(const std::string& noun) {
    std::vector<std::string> words;
    for (const Command& command : commands()) {
        if (command.noun == noun) {
            words.push_back(command.verb);
        }
    }
    return words;
}

std::string unknown(
    const std::string& what, const std::string& typed, const std::vector<std::string>& known
) {
    std::string text = "unknown " + what + " \"" + typed + "\"; known: " + config::listed(known);
    const std::string meant = config::nearest(typed, known);
    return meant.empty() ? text : text + "; did you mean \"" + meant + "\"?";
}

const Command* find_command(const std::string& noun, const std::string& verb) {
    const auto found = std::ranges::find_if(commands(), [&](const Command& command) {
        return command.noun == noun && command.verb == verb;
    });
    return found == commands().end() ? nullptr : &*found;
}

Result<admin::Request, std::string> with_arguments(
    const Command& command, const std::vector<std::string>& given
) {
    const std::size_t needed = command.arguments.size();
    const std::size_t most = needed + (command.optional_argument.empty() ? 0 : 1);
    if (given.size() < needed || given.size() > most) {
        return Unexpected{"usage: ntmctl " + synopsis(command)};
    }
    admin::Request request{command.noun, command.verb};
    for (std::size_t i = 0; i < needed; ++i) {
        request.args[command.arguments[i]] = given[i];
    }
    if (given.size() > needed) {
        request.args[command.optional_argument] = given.back();
    }
    return request;
}

// What options say beside the words.
struct RequestOptions {
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> after;
    std::optional<std::string> subscriber;
    bool shows_all = false;

    void add_to(CLI::App& app) {
        app.add_option("--limit", limit, "path, nat: show at most so many (without: 1000)");
        app.add_option("--subscriber", subscriber, "nat session: whose, by name, VIP or number");
        app.add_option(
            "--after", after, "nat subscriber, session: go on behind a page with this \"next\""
        );
        app.add_flag("--all", shows_all, "drop: also the reasons that have not occurred");
    }
    void pass_on(admin::Json& args) const {
        if (limit) {
            args["limit"] = *limit;
        }
        if (after) {
            args["after"] = *after;
        }
        if (subscriber) {
            args["subscriber"] = *subscriber;
        }
        if (shows_all) {
            args["all"] = true;
        }
    }
};

// Why the request can not be one, if so.
std::optional<std::string> fault_of(const ControlCommand& command, const RequestOptions& options) {
    if (options.limit && *options.limit < 1) {
        return "--limit must be at least 1";
    }
    const admin::Request& request = command.request;
    if (request.noun == "nat" && request.verb == "session" && !options.subscriber) {
        return "usage: ntmctl nat session --subscriber NAME [--limit N] [--after NEXT]";
    }
    const CaptureOrder& capture = command.capture;
    if (request.noun == "capture" && (capture.output.empty() || capture.key_logs.empty())) {
        return "usage: ntmctl capture open CAPTURE -o FILE -k KEY-LOG [-k KEY-LOG]...";
    }
    return std::nullopt;
}

}  // namespace

Result<admin::Request, std::string> parse_words(std::vector<std::string> words) {
    if (words.size() > 1 && words.front() == "show") {
        words.erase(words.begin());
    }
    if (words.size() == 1 && words.front() == "reload") {
        words.insert(words.begin(), "config");
    }
    if (words.empty()) {
        return Unexpected{"what? one of: " + config::listed(nouns())};
    }
    const std::string noun = words.front();
    const std::vector<std::string> verbs = verbs_of(noun);
    if (verbs.empty()) {
        return Unexpected{unknown("noun", noun, nouns())};
    }
    std::string verb = "show";
    std::size_t taken = 1;
    const Command* const shown = find_command(noun, verb);
    const bool takes_argument = shown != nullptr && !shown->optional_argument.empty();
    if (words.size() > 1 && std::ranges::find(verbs, words[1]) != verbs.end()) {
        verb = words[1];
        taken = 2;
    } else if (words.size() > 1 && !takes_argument) {
        return Unexpected{unknown("verb", words[1], verbs)};
    }
    const Command* const command = find_command(noun, verb);
    if (command == nullptr) {
        return Unexpected{noun + " needs a verb: " + config::listed(verbs)};
    }
    return with_arguments(
        *command, {words.begin() + static_cast<std::ptrdiff_t>(taken), words.end()}
    );
}

Result<ControlCommand, UsageEnd> parse_control_command(int argc, const char* const* argv) {
    ControlCommand command;
    command.records = default_records_directory;
    RequestOptions options;
    std::vector<std::string> words;
    CLI::App app{"asks and orders the daemons of NTMobile", "ntmctl"};
    app.footer(list_of_commands());
    app.add_option("-s,--socket", command.socket, "the daemon's admin socket")
        ->envname("NTM_SOCKET");
    app.add_flag("-j,--json", command.is_json, "print JSON, errors too");
    options.add_to(app);
    app.add_option("-k,--key-log", command.capture.key_logs, "capture: a key log, or several");
    app.add_option("-o,--output", command.capture.output, "capture: the file to write (pcap)");
    app.add_option("--port", command.capture.port.number, "capture: NTM's UDP port")
        ->capture_default_str();
    app.add_option("--records", command.records, "nat who-had: where the relay's NAT records are")
        ->capture_default_str();
    app.set_version_flag("--version", std::string{"ntmctl "} + NTM_VERSION);
    app.add_option("words", words, "NOUN [VERB] [ARGUMENTS]");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream text;
        std::ostringstream complaint;
        const int code = app.exit(error, text, complaint);
        return Unexpected{UsageEnd{
            code == 0 ? exit_ok : exit_usage, command.is_json, text.str() + complaint.str()}};
    }
    auto request = parse_words(words);
    if (!request) {
        return Unexpected{UsageEnd{exit_usage, command.is_json, request.error()}};
    }
    command.request = *std::move(request);
    if (const auto fault = fault_of(command, options)) {
        return Unexpected{UsageEnd{exit_usage, command.is_json, *fault}};
    }
    if (command.request.noun == "key") {
        command.key_file = command.request.args["file"].get<std::string>();
    }
    if (command.request.noun == "capture") {
        command.capture.input = command.request.args["capture"].get<std::string>();
    }
    options.pass_on(command.request.args);
    return command;
}

}  // namespace ntm::control
