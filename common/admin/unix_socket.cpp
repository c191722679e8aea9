// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/unix_socket.hpp"

#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace ntm::admin {

namespace {

constexpr mode_t socket_mode = 0660;
constexpr mode_t folder_mode = 0755;  // that of systemd's RuntimeDirectory

std::string problem(const std::string& path, const char* what) {
    return path + ": " + what + ": " + std::strerror(errno);
}

std::optional<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return std::nullopt;
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

// Makes the folder of the socket (/run is empty after each boot), in one that is there; a sentence
// if it still is not there then.
std::optional<std::string> make_folder(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) {
        return std::nullopt;
    }
    const std::string folder = path.substr(0, slash);
    if (mkdir(folder.c_str(), folder_mode) == 0) {
        // The umask may have taken something away.
        return chmod(folder.c_str(), folder_mode) == 0
                   ? std::nullopt
                   : std::optional{problem(folder, "can not open the folder to all")};
    }
    if (errno == EEXIST) {
        return std::nullopt;
    }
    return problem(path, "can not make its folder") + " (make it with: mkdir -p " + folder + ")";
}

// Removes a socket file that a process left behind; a sentence if the place is not free then.
std::optional<std::string> make_room(const std::string& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) {
        return std::nullopt;
    }
    if (!S_ISSOCK(status.st_mode)) {
        return path + ": is there and is no socket";
    }
    const auto connected = connect_to(path);
    if (connected) {
        close(*connected);
        return path + ": another process listens there already";
    }
    if (unlink(path.c_str()) != 0) {
        return problem(path, "can not remove the socket that was left there");
    }
    return std::nullopt;
}

}  // namespace

Result<int, std::string> connect_to(const std::string& path) {
    const auto address = address_of(path);
    if (!address) {
        return Unexpected{path + ": a socket's path has 1 to 107 bytes"};
    }
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) {
        return Unexpected{problem(path, "can not make a socket")};
    }
    if (connect(made, generic(*address), sizeof(*address)) != 0) {
        const std::string why = problem(path, "can not connect");
        close(made);
        return Unexpected{why};
    }
    return made;
}

Result<int, std::string> listen_at(const std::string& path) {
    const auto address = address_of(path);
    if (!address) {
        return Unexpected{path + ": a socket's path has 1 to 107 bytes"};
    }
    if (const auto why = make_folder(path)) {
        return Unexpected{*why};
    }
    if (const auto why = make_room(path)) {
        return Unexpected{*why};
    }
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) {
        return Unexpected{problem(path, "can not make a socket")};
    }
    // Linux gives the file the socket's own mode: so it is never open to others, not even between
    // bind and chmod. The umask may have taken something away, which chmod gives back.
    const bool is_up = fchmod(made, socket_mode) == 0 &&
                       bind(made, generic(*address), sizeof(*address)) == 0 &&
                       chmod(path.c_str(), socket_mode) == 0 && listen(made, SOMAXCONN) == 0;
    if (!is_up) {
        const std::string why = problem(path, "can not listen");
        close(made);
        return Unexpected{why};
    }
    return made;
}

}  // namespace ntm::admin
