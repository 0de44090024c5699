#pragma once
/// @file
/// The lower half of the MPS reader: lines, fields, numbers and names.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/error.hpp"
#include "kilter/lp/expression.hpp"

namespace kilter::lp::detail {

/// Values of this size and above are infinite in MPS files.
inline constexpr double mps_infinity = 1e30;
/// The second word of a line that begins or ends a group of integer columns.
inline constexpr std::string_view marker_word = "'MARKER'";

/// Numbers names in the order of their coming. The names are views: the text must outlive the table.
class NameTable {
 public:
  static constexpr int none = -1;

  [[nodiscard]] int find(std::string_view name) const { return slots_.empty() ? none : slots_[slot_of(name, hash(name))].index; }
  /// False where the name is there already.
  bool add(std::string_view name) {
    if (2 * (names_.size() + 1) > slots_.size()) enlarge();
    const std::uint64_t h = hash(name);
    Slot& slot = slots_[slot_of(name, h)];
    if (slot.index != none) return false;
    slot = {static_cast<std::uint32_t>(h >> 32), static_cast<int>(names_.size())};
    names_.push_back(name);
    return true;
  }
  [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t i) const { return names_[i]; }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    int index = none;
  };

  /// Eight bytes at a time, mixed by a multiplication whose high half falls back on the low one.
  static std::uint64_t hash(std::string_view name) {
    std::uint64_t h = 0x9e3779b97f4a7c15U ^ name.size();
    for (std::size_t at = 0; at < name.size(); at += 8) {
      std::uint64_t block = 0;
      std::memcpy(&block, name.data() + at, std::min<std::size_t>(8, name.size() - at));
      h = (h ^ block) * 0xd6e8feb86659fd93U;
      h ^= h >> 32;
    }
    h *= 0xd6e8feb86659fd93U;
    return h ^ (h >> 32);
  }
  [[nodiscard]] std::size_t slot_of(std::string_view name, std::uint64_t h) const {
    const std::size_t mask = slots_.size() - 1;
    const auto tag = static_cast<std::uint32_t>(h >> 32);
    std::size_t at = static_cast<std::size_t>(h) & mask;
    while (slots_[at].index != none && (slots_[at].tag != tag || names_[static_cast<std::size_t>(slots_[at].index)] != name)) {
      at = (at + 1) & mask;
    }
    return at;
  }
  void enlarge() {
    slots_.assign(std::max<std::size_t>(16, 2 * slots_.size()), Slot{});
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::uint64_t h = hash(names_[i]);
      slots_[slot_of(names_[i], h)] = {static_cast<std::uint32_t>(h >> 32), static_cast<int>(i)};
    }
  }

  std::vector<std::string_view> names_;
  std::vector<Slot> slots_;
};

/// One word of a line and the column, from 1, in which it begins.
struct MpsField {
  std::string_view text{};
  std::size_t column = 0;
};

/// Cuts a text into lines and lines into fields, and remembers the first error.
class MpsLines {
 public:
  MpsLines(std::string_view text, std::string_view file, bool fixed) : text_(text), file_(file), fixed_(fixed) {}

  /// The next line that is neither empty nor a comment.
  bool next() {
    while (at_ < text_.size()) {
      const char* const begin = text_.data() + at_;
      const void* const newline = std::memchr(begin, '\n', text_.size() - at_);
      const std::size_t length =
          newline == nullptr ? text_.size() - at_ : static_cast<std::size_t>(static_cast<const char*>(newline) - begin);
      line_ = {begin, length};
      at_ += length + 1;
      ++number_;
      while (!line_.empty() && is_blank(line_.back())) line_.remove_suffix(1);
      if (!line_.empty() && line_.front() != '*') return true;
    }
    return false;
  }
  [[nodiscard]] bool is_header() const { return !is_blank(line_.front()); }

  [[nodiscard]] bool is_marker() const {
    return line_.find('\'') != std::string_view::npos && line_.find(marker_word) != std::string_view::npos;
  }

  /// The words of the line, or those of a card in fixed format.
  void split() { fixed_ ? split_card() : split_words(); }
  void split_words() {
    count_ = 0;
    std::size_t at = 0;
    while (count_ < most && (at = skip_blanks(at)) < line_.size()) at = take_word(at);
  }
  [[nodiscard]] std::span<const MpsField> fields() const { return {fields_.data(), count_}; }
  [[nodiscard]] bool fixed() const { return fixed_; }
  [[nodiscard]] std::size_t number() const { return number_; }

  /// `column` 0: the whole line. Always false, so that a reader can say `return fail(…)`.
  bool fail(std::size_t column, std::string_view message) {
    if (!error_) error_.emplace(Position{std::string{file_}, number_, column}, message);
    return false;
  }
  bool fail(const MpsField& field, std::string_view before, std::string_view after) {
    std::string message{before};
    message.append("'").append(field.text).append("'").append(after);
    return fail(field.column, message);
  }
  [[nodiscard]] const std::optional<ParseError>& error() const { return error_; }

  /// A number in the notation of C or Fortran; 1e30 and above are infinite.
  bool read_number(const MpsField& field, double& value) {
    if (!parse(field.text, value)) return fail(field, "", " is not a number");
    if (std::abs(value) >= mps_infinity) value = std::copysign(infinity, value);
    return true;
  }
  bool read_finite(const MpsField& field, double& value) {
    if (!read_number(field, value)) return false;
    return std::isfinite(value) || fail(field, "", ": a coefficient must be finite, below 1e30 in size");
  }

 private:
  static constexpr std::size_t most = 8;  // two more than a card has: enough to see that there are too many

  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
  [[nodiscard]] std::size_t skip_blanks(std::size_t at) const {
    while (at < line_.size() && is_blank(line_[at])) ++at;
    return at;
  }
  std::size_t take_word(std::size_t at) {
    std::size_t end = at;
    while (end < line_.size() && !is_blank(line_[end])) ++end;
    fields_[count_++] = {line_.substr(at, end - at), at + 1};
    return end;
  }

  /// The six fields of a card begin in columns 2, 5, 15, 25, 40 and 50; a missing one is empty, missing ones at the end are left
  /// out. A number longer than its field is read to its end. A `$` at the beginning of the third or fifth opens a comment.
  void split_card() {
    constexpr std::array<std::size_t, 7> begin = {1, 4, 14, 24, 39, 49, 72};
    count_ = 0;
    std::size_t free_from = 0;
    for (std::size_t f = 0; f < 6 && begin[f] < line_.size(); ++f) {
      if (free_from > begin[f]) {
        if (skip_blanks(free_from) < line_.size()) fail(begin[f] + 1, "a field runs into the next one");
        break;
      }
      std::size_t at = begin[f];
      const std::size_t limit = std::min(begin[f + 1], line_.size());
      while (at < limit && is_blank(line_[at])) ++at;
      if ((f == 2 || f == 4) && at < limit && line_[at] == '$') break;
      if ((f == 3 || f == 5) && at < limit) {
        free_from = take_word(at);
        continue;
      }
      std::size_t end = limit;
      while (end > at && is_blank(line_[end - 1])) --end;
      fields_[count_++] = {line_.substr(at, end - at), at + 1};
    }
    while (count_ > 0 && fields_[count_ - 1].text.empty()) --count_;
  }

  static bool parse(std::string_view text, double& value) {
    if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    if (result.ec == std::errc{} && result.ptr == end) return !std::isnan(value);
    const bool fortran = result.ec == std::errc{} && (*result.ptr == 'd' || *result.ptr == 'D') && text.size() < 64;
    if (!fortran) return false;
    std::array<char, 64> respelled{};
    text.copy(respelled.data(), text.size());
    respelled[static_cast<std::size_t>(result.ptr - text.data())] = 'e';
    const char* const last = respelled.data() + text.size();
    const auto again = std::from_chars(respelled.data(), last, value);
    return again.ec == std::errc{} && again.ptr == last;
  }

  std::string_view text_, line_{}, file_;
  bool fixed_ = false;
  std::size_t at_ = 0, number_ = 0, count_ = 0;
  std::array<MpsField, most> fields_{};
  std::optional<ParseError> error_;
};

}  // namespace kilter::lp::detail
