// SPDX-License-Identifier: BSD-3-Clause
// Runs something in a process of its own, instruction by instruction, for what could be found in memory
// that it shares if it were killed before the next one.
#pragma once

#include <csignal>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ntm {

// `look` is called between any two instructions of `run`. False: the system allows nobody to do so.
template <typename Run, typename Look>
[[nodiscard]] bool between_instructions(Run run, Look look) {
    const pid_t child = fork();
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
            _exit(1);
        }
        raise(SIGSTOP);
        run();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    while (WIFSTOPPED(status)) {
        look();
        if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) {
            kill(child, SIGKILL);
        }
        waitpid(child, &status, 0);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace ntm
