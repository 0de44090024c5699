#pragma once
/// Checks that misuse is refused by name, the same way with Catch2 2 and 3.
#include <stdexcept>
#include <string_view>

#include "catch.hpp"

namespace kilter::test {

/// Whether `f()` throws `std::invalid_argument` with `text` in its message.
template <class F>
bool refused(F&& f, std::string_view text) {
  try {
    f();
  } catch (const std::invalid_argument& e) {
    if (std::string_view{e.what()}.find(text) != std::string_view::npos) return true;
    UNSCOPED_INFO("refused with: " << e.what());
  }
  return false;
}

}  // namespace kilter::test

#define CHECK_REFUSED(expression, text) CHECK(kilter::test::refused([&] { static_cast<void>(expression); }, text))
