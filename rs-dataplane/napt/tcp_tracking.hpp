// SPDX-License-Identifier: BSD-3-Clause
// What a NAPT knows of one TCP connection: the states of RFC 6146 section 3.5.2, as RFC 7857 section
// 2 has them for every NAT, and which of its times a session has in each. Nobody who is not on the
// path can end one or keep one: a RST from outside counts only where its sequence number is the one
// that the inside waits for (RFC 7857 section 2.2), one from inside always, and of what comes from
// outside only what completes an opening sets a timer anew. Nothing here ends a mapping: that is the timer's.
// One that was begun outside is proven when who began it has shown that he sees the answer: until then it
// may be of an address that has sent nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ntm::napt {

enum class Side : std::uint8_t { inside = 0, outside = 1 };

[[nodiscard]] constexpr Side other(Side side) noexcept {
    return side == Side::inside ? Side::outside : Side::inside;
}

// Of a TCP header, in host byte order.
struct TcpSegment {
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgement = 0;
    bool has_syn = false;
    bool has_ack = false;
    bool has_fin = false;
    bool has_rst = false;
    bool has_text = false;
};

enum class TcpState : std::uint8_t {
    opened_inside,   // a SYN from inside
    opened_outside,  // a SYN from outside
    established,     // a SYN from either side
    closed_inside,   // established, and a FIN from inside
    closed_outside,  // established, and a FIN from outside
    closed,          // a FIN from either side
    reset,           // a RST that counts; anything else revives the connection
    answered,        // a SYN from outside, and the answer to it
};

// What becomes of the session's timer.
enum class TcpTimer : std::uint8_t {
    goes_on,
    transitory,   // anew, with the time of what opens or closes: RFC 5382 REQ-5
    established,  // anew, with the time of what stands
};

class TcpTracking {
  public:
    // Whether a segment may begin a connection.
    [[nodiscard]] static constexpr bool opens(const TcpSegment& segment) noexcept {
        return segment.has_syn && !segment.has_ack && !segment.has_fin && !segment.has_rst;
    }
    // Whether it answers one that does.
    [[nodiscard]] static constexpr bool answers(const TcpSegment& segment) noexcept {
        return segment.has_syn && segment.has_ack && !segment.has_rst;
    }

    // Begun by a segment that opens one, with the transitory time.
    constexpr TcpTracking(Side from, const TcpSegment& syn) noexcept
        : is_proven_{from == Side::inside},
          state_{from == Side::inside ? TcpState::opened_inside : TcpState::opened_outside} {
        expect(from, syn.sequence + 1);
    }

    // Begun outside, of which the inside's answer is seen first. With the transitory time: the SYN may be
    // of somebody who will never see the answer.
    [[nodiscard]] static constexpr TcpTracking begun_outside(const TcpSegment& syn_ack) noexcept {
        TcpTracking tracking{
            Side::outside, TcpSegment{.sequence = syn_ack.acknowledgement - 1, .has_syn = true}};
        tracking.pass(Side::inside, syn_ack);
        return tracking;
    }

    [[nodiscard]] constexpr TcpState state() const noexcept { return state_; }
    // From then on it stays so.
    [[nodiscard]] constexpr bool is_proven() const noexcept { return is_proven_; }

    // Of a segment from outside: it begins before what the inside waits for, or beyond the longest window
    // that there may be (RFC 7323 section 2.3).
    [[nodiscard]] constexpr bool is_off_window(const TcpSegment& segment) const noexcept {
        constexpr std::uint32_t longest_window = std::uint32_t{1} << 30;
        return is_known_[index(Side::outside)] &&
               segment.sequence - expected_[index(Side::outside)] >= longest_window;
    }

    // A later segment between the same two ends.
    constexpr TcpTimer pass(Side from, const TcpSegment& segment) noexcept {
        if (segment.has_rst) {
            return counts(from, segment) ? pass_reset(from) : TcpTimer::goes_on;
        }
        const bool is_over = state_ == TcpState::closed || state_ == TcpState::reset;
        if (is_over && (opens(segment) || (from == Side::inside && answers(segment)))) {
            return begin_anew(from, segment);
        }
        // One in the middle of a connection is anybody's.
        if (segment.has_syn && (!is_known_[index(from)] || is_opening_by(from))) {
            expect(from, segment.sequence + 1);
        }
        const bool is_waiting =
            state_ == TcpState::answered || (state_ == TcpState::reset && !is_proven_);
        if (is_waiting && !completes(from, segment)) {
            return from == Side::inside ? TcpTimer::transitory : TcpTimer::goes_on;
        }
        if (segment.has_ack) {
            expect(other(from), segment.acknowledgement);
        }
        return is_opening_by(Side::inside) || is_opening_by(Side::outside)
                   ? pass_opening(from, segment)
                   : pass_opened(from, segment);
    }

  private:
    [[nodiscard]] static constexpr std::size_t index(Side side) noexcept {
        return static_cast<std::size_t>(side);
    }
    constexpr void expect(Side from, std::uint32_t sequence) noexcept {
        expected_[index(from)] = sequence;
        is_known_[index(from)] = true;
    }

    [[nodiscard]] constexpr bool is_opening_by(Side side) const noexcept {
        return state_ ==
               (side == Side::inside ? TcpState::opened_inside : TcpState::opened_outside);
    }

    // What comes from inside is the subscriber's own. From outside: the answer to a SYN has no sequence
    // number of its own that anybody waits for.
    [[nodiscard]] constexpr bool counts(Side from, const TcpSegment& rst) const noexcept {
        if (from == Side::inside) {
            return true;
        }
        if (is_known_[index(from)]) {
            return rst.sequence == expected_[index(from)];
        }
        return rst.has_ack && rst.acknowledgement == expected_[index(other(from))];
    }

    // Of a SYN from outside the inside's answer will tell.
    constexpr TcpTimer begin_anew(Side from, const TcpSegment& segment) noexcept {
        if (from == Side::outside) {
            return TcpTimer::goes_on;
        }
        const bool was_proven = is_proven_;
        *this = opens(segment) ? TcpTracking{from, segment} : begun_outside(segment);
        is_proven_ |= was_proven;
        return TcpTimer::transitory;
    }

    constexpr TcpTimer pass_reset(Side from) noexcept {
        if (state_ == TcpState::closed || state_ == TcpState::reset) {
            return TcpTimer::goes_on;
        }
        // From inside to somebody whom nobody asked in: not even that keeps the session longer.
        const bool is_refusal = is_opening_by(Side::outside) && from == Side::inside;
        state_ = TcpState::reset;
        return is_refusal ? TcpTimer::goes_on : TcpTimer::transitory;
    }

    constexpr TcpTimer pass_opening(Side from, const TcpSegment& segment) noexcept {
        if (from == Side::inside && is_opening_by(Side::outside) && answers(segment)) {
            state_ = TcpState::answered;
            return TcpTimer::transitory;
        }
        if (segment.has_syn && !is_opening_by(from)) {
            is_proven_ = true;
            state_ = TcpState::established;
            return TcpTimer::established;
        }
        return segment.has_syn && from == Side::inside ? TcpTimer::transitory : TcpTimer::goes_on;
    }

    // What follows the answer to a SYN from outside: from there, of who has seen it; from inside what is not
    // said before that. An ACK alone may be: a host sends one for whatever is out of its window (RFC 9293
    // section 3.10.7.4), so that a stranger could ask for it.
    [[nodiscard]] constexpr bool completes(Side from, const TcpSegment& segment) const noexcept {
        if (from == Side::inside) {
            return !segment.has_syn && (segment.has_text || segment.has_fin);
        }
        return !segment.has_syn && segment.has_ack &&
               segment.acknowledgement == expected_[index(Side::inside)];
    }

    // When there was a SYN from either side.
    constexpr TcpTimer pass_opened(Side from, const TcpSegment& segment) noexcept {
        const bool was_answered = state_ == TcpState::answered;
        if (was_answered || state_ == TcpState::reset) {
            is_proven_ = true;
            state_ = TcpState::established;
        }
        if (segment.has_fin) {
            return pass_fin(from);
        }
        const bool keeps = from == Side::inside || was_answered;
        return keeps && state_ != TcpState::closed ? TcpTimer::established : TcpTimer::goes_on;
    }

    constexpr TcpTimer pass_fin(Side from) noexcept {
        const bool is_second = (state_ == TcpState::closed_inside && from == Side::outside) ||
                               (state_ == TcpState::closed_outside && from == Side::inside);
        if (state_ == TcpState::closed) {
            return TcpTimer::goes_on;
        }
        if (is_second) {
            state_ = TcpState::closed;
            return TcpTimer::transitory;
        }
        state_ = from == Side::inside ? TcpState::closed_inside : TcpState::closed_outside;
        return from == Side::inside ? TcpTimer::established : TcpTimer::goes_on;
    }

    // By side: the sequence number that the other one waits for, once that is known.
    std::array<std::uint32_t, 2> expected_{};
    std::array<bool, 2> is_known_{};
    bool is_proven_;
    TcpState state_;
};

}  // namespace ntm::napt
