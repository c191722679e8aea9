// SPDX-License-Identifier: BSD-3-Clause
// ntmctl: asks a daemon over its admin socket, makes key files, and opens captures.
#include "common/admin/admin_client.hpp"
#include "common/admin/render.hpp"
#include "common/base/text.hpp"
#include "common/base/wall_time.hpp"
#include "common/config/key_file.hpp"
#include "common/crypto/system_random.hpp"
#include "common/crypto/x25519.hpp"
#include "control/nat_records/who_had.hpp"
#include "control/ntmctl/command_line.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include <unistd.h>

namespace {

using namespace ntm;

// Each line as it is, but for what would speak to the terminal.
std::string lines_of(std::string_view text) {
    std::string lines;
    while (true) {
        const std::size_t end = text.find('\n');
        lines += printable(text.substr(0, end));
        if (end == std::string_view::npos) {
            return lines;
        }
        lines += '\n';
        text.remove_prefix(end + 1);
    }
}

// ASCII alone: what is escaped speaks to no terminal.
int report(const admin::AdminError& error, bool is_json, int exit_code) {
    if (is_json) {
        std::printf("%s\n", admin::json_text(admin::error_json(error)).c_str());
        return exit_code;
    }
    std::fprintf(stderr, "ntmctl: %s\n", lines_of(error.message).c_str());
    if (!error.hint.empty()) {
        std::fprintf(stderr, "ntmctl: %s\n", lines_of(error.hint).c_str());
    }
    return exit_code;
}

int show(const admin::Json& data, bool is_json) {
    const std::string text = is_json ? admin::json_text(data) + "\n" : admin::render(data);
    std::fputs(text.c_str(), stdout);
    return std::fflush(stdout) == 0 ? control::exit_ok : control::exit_failed;
}

int show_public_key(const crypto::KeyPair& pair, bool is_json) {
    const std::string text = pair.public_key().text();
    return is_json ? show({{"public_key", text}}, true) : show(text, false);
}

int run_key_command(const control::ControlCommand& command) {
    if (command.request.verb == "generate") {
        crypto::SystemRandom random;
        const auto pair = crypto::KeyPair::generate(random);
        const auto written = config::write_key_file(command.key_file, pair.private_key());
        if (!written) {
            const admin::AdminError error{"key_file", written.error(), ""};
            return report(error, command.is_json, control::exit_failed);
        }
        return show_public_key(pair, command.is_json);
    }
    const auto key = config::read_key_file(command.key_file);
    if (!key) {
        const admin::AdminError error{"key_file", key.error(), ""};
        return report(error, command.is_json, control::exit_failed);
    }
    return show_public_key(crypto::KeyPair::from_private(*key), command.is_json);
}

int run_capture_command(const control::ControlCommand& command) {
    const auto counts = control::open_capture(command.capture);
    if (!counts) {
        return report({"capture", counts.error(), ""}, command.is_json, control::exit_failed);
    }
    return show(*counts, command.is_json);
}

WallTime now() {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(wall)};
}

// Exits with exit_failed if nobody had it.
int run_who_had(const control::ControlCommand& command) {
    const admin::Json& args = command.request.args;
    const auto question =
        control::WhoHad::parse(args.at("address"), args.at("port"), args.at("time"));
    if (!question) {
        return report({"usage", question.error(), ""}, command.is_json, control::exit_usage);
    }
    if (question->at > now()) {
        const std::string what = question->at.text() + " has not come yet";
        return report({"usage", what, ""}, command.is_json, control::exit_usage);
    }
    const auto answer = control::who_had(command.records, *question);
    if (!answer) {
        const admin::AdminError error{
            "no_records", answer.error(), "say where they are with --records DIRECTORY"};
        return report(error, command.is_json, control::exit_failed);
    }
    const int shown = show(*answer, command.is_json);
    return answer->at("holders").empty() ? control::exit_failed : shown;
}

// The socket of the one daemon that runs here; a sentence if there is none, or more than one.
Result<std::string, std::string> find_socket() {
    std::string found;
    for (const char* path : control::default_sockets) {
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored)) {
            continue;
        }
        if (!found.empty()) {
            return Unexpected{
                "several daemons run here: say which with -s SOCKET (" + found + ", " + path + ")"};
        }
        found = path;
    }
    if (found.empty()) {
        return Unexpected{std::string{"no daemon's socket in /run/ntm: say where with -s SOCKET"}};
    }
    return found;
}

bool is_usage_error(const std::string& code) {
    return code == "unknown_noun" || code == "unknown_verb" || code == "bad_request";
}

int ask_daemon(const control::ControlCommand& command) {
    const auto socket =
        command.socket.empty() ? find_socket() : Result<std::string, std::string>{command.socket};
    if (!socket) {
        return report(
            {"unreachable", socket.error(), ""}, command.is_json, control::exit_unreachable
        );
    }
    auto client = admin::AdminClient::connect(*socket);
    if (!client) {
        const bool is_refused = access(socket->c_str(), W_OK) != 0 && errno == EACCES;
        const admin::AdminError error{
            "unreachable",
            client.error(),
            is_refused ? "only the daemon's owner and group may ask it: sudo helps"
                       : "is the daemon running?"};
        return report(error, command.is_json, control::exit_unreachable);
    }
    const admin::Answer answer = client->ask(command.request);
    if (answer) {
        return show(*answer, command.is_json);
    }
    const std::string& code = answer.error().code;
    const int exit_code = code == "no_answer"    ? control::exit_unreachable
                          : is_usage_error(code) ? control::exit_usage
                                                 : control::exit_failed;
    return report(answer.error(), command.is_json, exit_code);
}

}  // namespace

int main(int argc, char** argv) {
    const auto command = control::parse_control_command(argc, argv);
    if (!command) {
        const control::UsageEnd& end = command.error();
        if (end.exit_code == control::exit_ok) {
            std::fputs(end.text.c_str(), stdout);
            return control::exit_ok;
        }
        return report(
            {"usage", end.text, "ntmctl --help lists the commands"}, end.is_json, end.exit_code
        );
    }
    if (command->request.noun == "key") {
        return run_key_command(*command);
    }
    if (command->request.noun == "capture") {
        return run_capture_command(*command);
    }
    return command->request.verb == "who-had" ? run_who_had(*command) : ask_daemon(*command);
}
