// SPDX-License-Identifier: BSD-3-Clause
#include "common/config/signals.hpp"

#include <csignal>

namespace ntm::config {

namespace {

void mask_hang_ups(int how) noexcept {
    sigset_t hang_up;
    sigemptyset(&hang_up);
    sigaddset(&hang_up, SIGHUP);
    pthread_sigmask(how, &hang_up, nullptr);
}

}  // namespace

void hold_signals() noexcept {
    mask_hang_ups(SIG_BLOCK);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

void let_hang_ups_in() noexcept {
    mask_hang_ups(SIG_UNBLOCK);
}

}  // namespace ntm::config
