#pragma once
/// @file
/// `ParseError`: unreadable input, with where it was found.

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "kilter/core/contract.hpp"

namespace kilter {

/// Where in a text something was found: lines and columns count from 1; 0 means the whole file or the whole line.
struct Position {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;

  /// `file:line:column`, without the parts that are 0; `input` stands for a file without a name.
  [[nodiscard]] std::string text() const {
    std::string out = file.empty() ? "input" : file;
    if (line != 0) out.append(":").append(std::to_string(line));
    if (line != 0 && column != 0) out.append(":").append(std::to_string(column));
    return out;
  }
};

/// Thrown by every reader. `what()` is `file:line:column: message`; nothing is half read when it is thrown.
class ParseError : public std::runtime_error {
 public:
  ParseError(Position where, std::string_view message)
      : std::runtime_error(where.text() + ": " + std::string{message}), where_(std::move(where)) {}

  [[nodiscard]] const Position& where() const noexcept { return where_; }

 private:
  Position where_;
};

}  // namespace kilter
