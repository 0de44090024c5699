#pragma once
/// @file
/// A strict, streaming reader of comma-separated values (RFC 4180): every complaint says file, line and column, and memory is
/// bounded.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/error.hpp"
#include "kilter/core/series.hpp"

namespace kilter::telemetry {

namespace detail {

/// A piece of somebody's file as it can stand in a message: quoted, control characters spelled out, at most 40 bytes of it.
inline std::string shown(std::string_view text) {
  constexpr std::size_t limit = 40;
  constexpr char digits[] = "0123456789abcdef";
  std::string out = "'";
  for (const char c : text.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out + (text.size() > limit ? "...'" : "'");
}

/// The first names of a header, for a message about one that is not there.
inline std::string shown(const std::vector<std::string>& names) {
  constexpr std::size_t limit = 12;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < limit; ++i) out += (i == 0 ? "" : ", ") + shown(names[i]);
  return out + (names.size() > limit ? ", ..." : "");
}

}  // namespace detail

/// The finite number that `text` spells as a whole, in the decimal form of the C locale; nothing for anything else (an empty text,
/// spaces, a leading `+`, `inf`, `nan`, rubbish behind the number, a value no double holds).
[[nodiscard]] inline std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// The whole number that `text` spells as a whole; nothing for anything else.
[[nodiscard]] inline std::optional<std::int64_t> parse_whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// True for the texts that mean "no observation": nothing, or `nan` in any case.
[[nodiscard]] inline bool means_missing(std::string_view text) {
  const auto is = [&](std::size_t i, char lower) { return (text[i] | 0x20) == lower; };
  return text.empty() || (text.size() == 3 && is(0, 'n') && is(1, 'a') && is(2, 'n'));
}

/// `text` as a cell: in quotes, with its quotes doubled, if it needs them.
[[nodiscard]] inline std::string csv_cell(std::string_view text, char separator = ',') {
  const char special[] = {separator, '"', '\r', '\n', '\0'};
  if (text.find_first_of(special) == std::string_view::npos) return std::string{text};
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string{"\"\""} : std::string{c};
  return out + '"';
}

/// How `CsvReader` reads.
struct CsvOptions {
  char separator = ',';
  bool header = true;                             ///< the first record names the columns
  std::size_t max_record = std::size_t{1} << 20;  ///< bytes in one record; a longer one is refused
};

/// Reads records one by one: `while (csv.next()) use(csv[0], csv.number(1));`
///
/// Follows RFC 4180: quoted cells with doubled quotes, separators and line ends inside quotes, LF or CRLF; a UTF-8 byte order mark
/// is skipped. Strict beyond it: every record has as many cells as the first, names in the header differ, a quote stands only at
/// the two ends of a cell, and an empty line stands only at the end of the file. Everything else is a `ParseError` with its line
/// and column (in bytes, from 1). Cells are views into the reader, valid until the next call of `next`. The reader takes the stream
/// to its end; it holds one record and 64 KiB of read-ahead, so the memory does not depend on the size of the file. O(bytes).
class CsvReader {
 public:
  /// Reads the header at once, if there is to be one. `file` is the name used in messages.
  CsvReader(std::istream& in, std::string file, const CsvOptions& options = {})
      : in_(in), file_(std::move(file)), options_(options) {
    if (!in_) fail(0, 0, "cannot be read");
    skip_byte_order_mark();
    if (options_.header) read_header();
  }

  /// Reads the next record; false at the end of the input.
  [[nodiscard]] bool next() {
    if (!next_record()) return false;
    if (!width_) width_ = size();
    if (size() != *width_) {
      fail(line(), 0, "expected " + std::to_string(*width_) + " fields, found " + std::to_string(size()));
    }
    return true;
  }

  /// The names in the header.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// The index of the column called `name`; a `ParseError` naming it and the columns that were found when there is none.
  [[nodiscard]] std::size_t column(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) {
      fail(header_line_, 0, "missing column " + detail::shown(name) + "; found " + detail::shown(names_));
    }
    return static_cast<std::size_t>(found - names_.begin());
  }

  /// How many cells the record has.
  [[nodiscard]] std::size_t size() const { return cells_.size(); }
  /// The text of cell `i`, without its quotes.
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    return {buffer_.data() + base_ + cells_[i].begin, cells_[i].size};
  }
  /// The line on which the record begins.
  [[nodiscard]] std::size_t line() const { return cells_.empty() ? 0 : cells_.front().line; }
  /// Where cell `i` begins.
  [[nodiscard]] Position where(std::size_t i) const { return {file_, cells_[i].line, cells_[i].column}; }

  /// Cell `i` as a finite number; a `ParseError` for anything else.
  [[nodiscard]] double number(std::size_t i) const {
    const auto value = parse_number((*this)[i]);
    if (!value) refuse(i, detail::shown((*this)[i]) + " is not a finite number");
    return *value;
  }
  /// Cell `i` as a finite number, or `missing` when it is empty or says `nan`.
  [[nodiscard]] double number_or_missing(std::size_t i) const { return means_missing((*this)[i]) ? missing : number(i); }
  /// Cell `i` as a whole number; a `ParseError` for anything else.
  [[nodiscard]] std::int64_t whole_number(std::size_t i) const {
    const auto value = parse_whole_number((*this)[i]);
    if (!value) refuse(i, detail::shown((*this)[i]) + " is not a whole number");
    return *value;
  }

  /// Throws a `ParseError` at cell `i` whose message begins with the name of its column.
  [[noreturn]] void refuse(std::size_t i, std::string_view message) const {
    const std::string name = i < names_.size() ? names_[i] + ": " : std::string{};
    fail(cells_[i].line, cells_[i].column, name + std::string{message});
  }

 private:
  struct Cell {
    std::size_t begin;  // from the start of the record
    std::size_t size;
    std::size_t line;
    std::size_t column;
  };
  static constexpr std::size_t chunk = std::size_t{1} << 16;

  [[noreturn]] void fail(std::size_t line, std::size_t column, const std::string& message) const {
    KILTER_THROW(ParseError(Position{file_, line, column}, message));
  }

  void skip_byte_order_mark() {
    while (filled_ < 3 && refill()) {
    }
    if (filled_ >= 3 && std::memcmp(buffer_.data(), "\xEF\xBB\xBF", 3) == 0) base_ = 3;
  }

  void read_header() {
    if (!next()) fail(0, 0, "is empty: a header is wanted");
    header_line_ = line();
    for (std::size_t i = 0; i < size(); ++i) names_.emplace_back((*this)[i]);
    std::vector<std::size_t> order(size());
    for (std::size_t i = 0; i < size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const int compared = names_[a].compare(names_[b]);
      return compared < 0 || (compared == 0 && a < b);
    });
    for (std::size_t i = 1; i < size(); ++i) {
      if (names_[order[i]] == names_[order[i - 1]]) refuse(order[i], "names two columns of the header");
    }
  }

  bool next_record() {
    std::size_t empty_line = 0;
    cells_.clear();
    for (;;) {
      base_ += consumed_;
      consumed_ = 0;
      record_line_ = line_;
      if (!take_line(0)) return false;
      if (content_end_ != 0) break;
      if (empty_line == 0) empty_line = line_;
      end_record();
    }
    if (empty_line != 0) fail(empty_line, 0, "empty line in the middle of the file");
    at_ = 0;
    while (read_cell()) {
    }
    end_record();
    return true;
  }

  void end_record() {
    consumed_ = line_end_ + (newline_ ? 1U : 0U);
    ++line_;
  }

  char* record() { return buffer_.data() + base_; }
  [[nodiscard]] std::size_t held() const { return filled_ - base_; }

  /// Finds the end of the line that begins `from` bytes into the record; false when nothing is left of the input.
  bool take_line(std::size_t from) {
    line_begin_ = from;
    std::size_t searched = from;
    for (;;) {
      const void* hit = searched < held() ? std::memchr(record() + searched, '\n', held() - searched) : nullptr;
      newline_ = hit != nullptr;
      line_end_ = newline_ ? static_cast<std::size_t>(static_cast<const char*>(hit) - record()) : held();
      if (line_end_ > options_.max_record) {
        fail(record_line_, 0, "record longer than " + std::to_string(options_.max_record) + " bytes");
      }
      searched = held();
      if (newline_ || !refill()) break;
    }
    const bool carriage_return = newline_ && line_end_ > from && record()[line_end_ - 1] == '\r';
    content_end_ = line_end_ - (carriage_return ? 1U : 0U);
    return newline_ || line_end_ > from;
  }

  /// Reads more behind what is held, after moving that to the front; false at the end of the input.
  bool refill() {
    if (base_ > 0) {
      const std::size_t kept = held();
      std::memmove(buffer_.data(), record(), kept);
      base_ = 0;
      filled_ = kept;
    }
    if (buffer_.size() < filled_ + chunk) buffer_.resize(filled_ + chunk);
    in_.read(buffer_.data() + filled_, static_cast<std::streamsize>(chunk));
    if (in_.bad()) fail(line_, 0, "cannot be read any further");
    filled_ += static_cast<std::size_t>(in_.gcount());
    return in_.gcount() > 0;
  }

  /// Reads the cell at the cursor; true when another one follows.
  bool read_cell() {
    const char* text = record();
    if (at_ < content_end_ && text[at_] == '"') return read_quoted_cell();
    std::size_t end = at_;
    for (; end < content_end_ && text[end] != options_.separator; ++end) {
      if (text[end] == '"') fail(line_, end - line_begin_ + 1, "quote inside a cell that does not begin with one");
      if (text[end] == '\r') fail(line_, end - line_begin_ + 1, "carriage return without a line feed");
    }
    cells_.push_back({at_, end - at_, line_, at_ - line_begin_ + 1});
    return end_cell(end);
  }

  bool read_quoted_cell() {
    const Cell opening{at_ + 1, 0, line_, at_ - line_begin_ + 1};
    std::size_t in = at_ + 1;
    std::size_t out = in;  // doubled quotes become one in place, so this falls behind `in`
    for (;;) {
      if (in == line_end_) {
        if (!newline_ || !take_line(line_end_ + 1)) fail(opening.line, opening.column, "quoted cell is never closed");
        ++line_;
        record()[out++] = record()[in++];
        continue;
      }
      if (record()[in] == '"') {
        ++in;
        if (in == line_end_ || record()[in] != '"') break;
      }
      record()[out++] = record()[in++];
    }
    cells_.push_back({opening.begin, out - opening.begin, opening.line, opening.column});
    if (in < content_end_ && record()[in] != options_.separator) {
      fail(line_, in - line_begin_ + 1, "text behind the closing quote of a cell");
    }
    return end_cell(in);
  }

  bool end_cell(std::size_t end) {
    at_ = end + 1;
    return end < content_end_;
  }

  std::istream& in_;
  std::string file_;
  CsvOptions options_;
  std::vector<std::string> names_;
  std::optional<std::size_t> width_;
  std::vector<Cell> cells_;
  std::vector<char> buffer_;
  std::size_t header_line_ = 0;
  std::size_t filled_ = 0;    // bytes in the buffer
  std::size_t base_ = 0;      // where the record begins in the buffer; the offsets below count from there
  std::size_t consumed_ = 0;  // bytes of the record that has been read
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t record_line_ = 1;  // the line on which the record begins
  std::size_t line_begin_ = 0;
  std::size_t line_end_ = 0;
  std::size_t content_end_ = 0;  // line_end_ without the carriage return of CRLF
  bool newline_ = false;
};

}  // namespace kilter::telemetry
