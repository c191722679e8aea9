// SPDX-License-Identifier: BSD-3-Clause
// A value or the reason why there is none. The member names are those of std::expected, which
// gcc 12 has only in a later language mode, so that it can be replaced one day.
#pragma once

#include <utility>
#include <variant>

namespace ntm {

template <typename E>
struct Unexpected {
    E reason;
};
template <typename E>
Unexpected(E) -> Unexpected<E>;

template <typename T, typename E>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
    Result(Unexpected<E> failure) : state_{std::in_place_index<1>, std::move(failure.reason)} {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    // Each of these may be called only in the state that it names.
    [[nodiscard]] T& value() & noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] const T& value() const& noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] T&& value() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    [[nodiscard]] const E& error() const noexcept { return *std::get_if<1>(&state_); }

    [[nodiscard]] T& operator*() & noexcept { return value(); }
    [[nodiscard]] const T& operator*() const& noexcept { return value(); }
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*this).value(); }
    [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&state_); }
    [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  private:
    std::variant<T, E> state_;
};

// For functions that have nothing to give back but may fail.
using Nothing = std::monostate;

}  // namespace ntm
