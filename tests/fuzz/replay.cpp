// SPDX-License-Identifier: BSD-3-Clause
// Runs a target over the files of a folder, each as it is, cut at every length, and with every
// single bit of its first bytes turned. Argument: the folder, or one file, which is run as it is; after
// --as-they-are the files of a folder are, too: for a target whose runs take long.
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

namespace {

using namespace ntm;

constexpr std::size_t most_bits = 2048;
constexpr std::size_t most_cuts = 512;

// What is being run, for whoever has to find out why it failed.
const char* kind = "as it is";
std::size_t number = 0;

void say_where(int /*signal*/) {
    std::fprintf(stderr, "in the file named last, %s, %zu\n", kind, number);
}

void run_as(const char* what, std::size_t which, const Bytes& input) {
    kind = what;
    number = which;
    fuzz::run(input);
}

std::size_t replay_whole(const Bytes& input) {
    run_as("as it is", 0, input);
    return 1;
}

std::size_t replay(const Bytes& input) {
    const std::size_t whole = replay_whole(input);
    const std::size_t cuts = std::min(input.size(), most_cuts);
    for (std::size_t length = 0; length < cuts; ++length) {
        // A copy of its own, so that AddressSanitizer sees a read behind the cut.
        run_as("cut at", length, {input.begin(), input.begin() + static_cast<int>(length)});
    }
    Bytes turned = input;
    const std::size_t bits = std::min(input.size() * 8, most_bits);
    for (std::size_t bit = 0; bit < bits; ++bit) {
        const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
        turned[bit / 8] = static_cast<std::uint8_t>(turned[bit / 8] ^ mask);
        run_as("with the bit turned", bit, turned);
        turned[bit / 8] = static_cast<std::uint8_t>(turned[bit / 8] ^ mask);
    }
    return whole + cuts + bits;
}

Bytes read(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

int main(int argc, char** argv) {
    const bool are_whole = argc == 3 && argv[1] == std::string_view{"--as-they-are"};
    if (argc != 2 && !are_whole) {
        std::fprintf(stderr, "usage: %s [--as-they-are] FOLDER|FILE\n", argv[0]);
        return 2;
    }
    const std::filesystem::path inputs{argv[argc - 1]};
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::signal(SIGABRT, say_where);
    fuzz::set_up();
    if (!std::filesystem::is_directory(inputs)) {
        fuzz::run(read(inputs));
        return 0;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{inputs}) {
        files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::size_t runs = 0;
    for (const std::filesystem::path& file : files) {
        std::printf("%s\n", file.filename().c_str());
        const Bytes input = read(file);
        runs += are_whole ? replay_whole(input) : replay(input);
    }
    std::printf("%zu inputs, %zu runs\n", files.size(), runs);
    return files.empty() ? 1 : 0;
}
