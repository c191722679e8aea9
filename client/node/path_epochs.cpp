// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/path_epochs.hpp"

#include <utility>

namespace ntm::client {

using protocol::OpenError;

PathEpochs::Epoch::Epoch(const Use& use, std::uint32_t its_number, const Secret32& its_secret)
    : number{its_number},
      secret{its_secret.clone()},
      sealer{
          std::in_place,
          its_secret,
          use.suite,
          use.path_id,
          use.role,
          protocol::SendCounter{},
          its_number},
      opener{its_secret, use.suite, use.path_id, use.role} {}

PathEpochs::PathEpochs(const Use& use, const Secret32& path_secret)
    : use_{use}, present_{std::make_unique<Epoch>(use, 0, path_secret)} {}

Result<PathEpochs::Opened, OpenError> PathEpochs::open(ByteView datagram, Instant now) {
    const auto header = protocol::NtmHeader::parse(datagram);
    // What is of no epoch that stands is told what is wrong with it as if it were of this one.
    const bool is_only_one = !next_ && !before_;
    if (!header || is_only_one || header->key_phase() == ((number() & 1U) != 0)) {
        auto inner = present_->opener.open(datagram);
        if (!inner) {
            return Unexpected{inner.error()};
        }
        heard_at_ = heard_at_.value_or(now);
        return Opened{*std::move(inner), Age::present};
    }
    // The one before and the next have the same phase: the tag tells them apart.
    OpenError error = OpenError::bad_tag;
    if (next_) {
        auto inner = next_->opener.open(datagram);
        if (inner) {
            change_over();
            heard_at_ = now;
            return Opened{*std::move(inner), Age::next};
        }
        error = inner.error();
    }
    if (before_) {
        auto inner = before_->opener.open(datagram);
        if (inner) {
            return Opened{*std::move(inner), Age::before};
        }
        error = inner.error();
    }
    return Unexpected{error};
}

void PathEpochs::prepare(const Secret32& next) {
    next_ = std::make_unique<Epoch>(use_, number() + 1, next);
}

void PathEpochs::change_over() {
    before_ = std::exchange(present_, std::exchange(next_, nullptr));
    before_->sealer.reset();
    before_->secret = Secret32{};
    heard_at_.reset();
}

// As long as the other end has not been heard in the present epoch, it may be sending in the one before.
Instant PathEpochs::next_timeout() const {
    return before_ && heard_at_ ? *heard_at_ + accepted_on : Instant::never();
}

void PathEpochs::handle_timeout(Instant now) {
    if (now >= next_timeout()) {
        before_.reset();
    }
}

}  // namespace ntm::client
