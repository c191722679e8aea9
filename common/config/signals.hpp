// SPDX-License-Identifier: BSD-3-Clause
// What signals do to a daemon from its first line on, before any loop waits for them.
#pragma once

namespace ntm::config {

// SIGHUP waits, for this thread and those that it makes, until let_hang_ups_in(). SIGPIPE and SIGXFSZ do
// nothing: the write that caused them fails, and whoever writes deals with that.
void hold_signals() noexcept;

// From here on SIGHUP comes to this thread, one that has waited at once. Its handler is set.
void let_hang_ups_in() noexcept;

}  // namespace ntm::config
