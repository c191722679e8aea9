// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/config_file.hpp"

#include "common/base/text.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <istream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace ntm::config {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr const char* text_wanted = "a text file, in UTF-8";

Unexpected<Problem> no_file(const std::string& why) {
    return {{1, 1, "can not read the file: " + why, "", ""}};
}

const char* kind_of(mode_t mode) {
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

// The text of an open regular file; one byte more than the most that is allowed tells a longer one.
Result<std::string, Problem> read_all(int descriptor) {
    std::string text;
    std::array<char, 16384> piece{};
    while (text.size() <= largest_file) {
        const ssize_t got = ::read(descriptor, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return no_file(std::strerror(errno));
        }
        if (got == 0) {
            break;
        }
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    if (text.size() > largest_file) {
        return Unexpected{Problem{
            1,
            1,
            "the file is too long for a configuration",
            "at most " + std::to_string(largest_file / 1024) + " KiB",
            ""}};
    }
    return text;
}

bool is_control(char letter) {
    const auto byte = static_cast<std::uint8_t>(letter);
    return (byte < 0x20 && letter != '\n' && letter != '\r' && letter != '\t') || byte == 0x7f;
}

// Goes over the text once, before a tree is made of it. Throws a Problem, for yaml-cpp offers no other
// way to stop it.
class Shape final : public YAML::EventHandler {
  public:
    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            throw problem(mark, "a second document begins", "one document");
        }
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { look(mark, "", anchor); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        throw problem(mark, "an alias stands here", "values written out");
    }
    void
    OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string&)
        override {
        look(mark, tag, anchor);
    }
    void OnSequenceStart(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value
    ) override {
        enter(mark, tag, anchor);
    }
    void OnSequenceEnd() override { --depth_; }
    void OnMapStart(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value
    ) override {
        enter(mark, tag, anchor);
    }
    void OnMapEnd() override { --depth_; }

  private:
    static Problem problem(const YAML::Mark& mark, std::string what, std::string allowed) {
        return {
            static_cast<std::size_t>(mark.line) + 1,
            static_cast<std::size_t>(mark.column) + 1,
            std::move(what),
            std::move(allowed),
            ""};
    }
    static void look(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) {
            throw problem(mark, "an anchor stands here", "values written out");
        }
        // "?" is what yaml-cpp calls a value without a tag, "!" one in quotation marks.
        if (!tag.empty() && tag != "?" && tag != "!") {
            throw problem(mark, "a tag stands here", "values written out");
        }
    }
    void enter(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        look(mark, tag, anchor);
        if (++depth_ > deepest_nesting) {
            const std::string most = std::to_string(deepest_nesting);
            throw problem(mark, "lists and maps are nested too deep", "at most " + most + " deep");
        }
    }
    std::size_t documents_ = 0;
    std::size_t depth_ = 0;
};

std::string_view line_at(std::string_view text, std::size_t number) {
    for (std::size_t line = 1; line < number && !text.empty(); ++line) {
        const auto end = text.find('\n');
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    text = text.substr(0, text.find('\n'));
    return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

// What yaml-cpp wanted where it says these words.
std::string wanted_by(const std::string& complaint) {
    constexpr std::array<std::array<const char*, 2>, 6> known{{
        {"illegal map value", "one \"key: value\" in a line; look at the line before it too"},
        {"end of sequence flow not found", "a list ends with ], and has commas between its items"},
        {"end of map flow not found", "a map ends with }, and has commas between its keys"},
        {"illegal flow end", "each ] and } ends what a [ or { began"},
        {"end of sequence not found", "the same indentation for all that belongs together"},
        {"end of map not found", "the same indentation for all that belongs together"},
    }};
    for (const auto& [words, wanted] : known) {
        if (complaint == words) {
            return wanted;
        }
    }
    return {};
}

Problem problem_of(const YAML::Exception& error, const std::string& text) {
    Problem problem{1, 1, "not YAML: " + error.msg, wanted_by(error.msg), ""};
    if (error.mark.is_null()) {
        return problem;
    }
    problem.line = static_cast<std::size_t>(error.mark.line) + 1;
    problem.column = static_cast<std::size_t>(error.mark.column) + 1;
    const std::string_view line = line_at(text, problem.line);
    const auto indented = line.find_first_not_of(" \t");
    const auto tab = line.substr(0, indented).find('\t');
    if (tab != std::string_view::npos) {
        problem.column = tab + 1;
        problem.what = "not YAML: a tab indents " + in_quotes(line.substr(tab + 1));
        problem.allowed = "spaces";
        return problem;
    }
    const std::string_view from_there =
        problem.column <= line.size() ? line.substr(problem.column - 1) : std::string_view{};
    problem.what +=
        from_there.empty() ? ", at the end of the line" : ", at " + in_quotes(from_there);
    return problem;
}

}  // namespace

Result<std::string, Problem> read_config_file(const std::string& file) {
    // Not blocking: a pipe would wait for somebody who writes into it.
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) {
        return no_file(std::strerror(errno));
    }
    struct stat status {};
    auto text =
        fstat(descriptor, &status) != 0 ? no_file(std::strerror(errno))
        : S_ISREG(status.st_mode)
            ? read_all(descriptor)
            : Result<std::string, Problem>{Unexpected{Problem{
                  1, 1, std::string{"this is "} + kind_of(status.st_mode), text_wanted, ""}}};
    close(descriptor);
    if (!text) {
        return text;
    }
    if (const auto checked = check_characters(*text); !checked) {
        return Unexpected{checked.error()};
    }
    return text;
}

Result<Nothing, Problem> check_characters(const std::string& text) {
    std::string_view rest{text};
    Problem problem{1, 1, "", text_wanted, ""};
    if (rest.starts_with(byte_order_mark)) {
        rest.remove_prefix(byte_order_mark.size());
    }
    while (!rest.empty()) {
        const std::size_t length = character_length(rest);
        if (length == 0 || is_control(rest.front())) {
            problem.what = in_quotes(rest.substr(0, 1)) + " is no character of a text";
            return Unexpected{std::move(problem)};
        }
        problem.line += rest.front() == '\n' ? 1 : 0;
        problem.column = rest.front() == '\n' ? 1 : problem.column + 1;
        rest.remove_prefix(length);
    }
    return Nothing{};
}

Result<Nothing, Problem> check_shape(const std::string& text) {
    try {
        std::istringstream stream{text};
        YAML::Parser parser{stream};
        Shape shape;
        while (parser.HandleNextDocument(shape)) {
        }
    } catch (const Problem& problem) {
        return Unexpected{problem};
    } catch (const YAML::Exception& error) {
        return Unexpected{problem_of(error, text)};
    }
    return Nothing{};
}

}  // namespace ntm::config
