#pragma once
/// @file
/// What the readers of benchmark files share: whole numbers one after another, with the place of each, and files of many instances.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/error.hpp"

namespace kilter::schedule::detail {

constexpr std::string_view read_blanks = " \t\r\f\v";

/// One instance of a file: its name, and which part of the text it is.
struct ReadBlock {
  std::string name;
  std::string_view text;
  std::size_t line = 1;    ///< of the first character of `text`
  std::size_t header = 0;  ///< the line `instance NAME`; 0 where there is none
};

/// Takes a text word by word and row by row: a row is a line, or may go on on the next where the format lets it. Lines whose first
/// word begins with `#` are comments.
class ReadText {
 public:
  ReadText(const ReadBlock& block, std::string_view file) : text_(block.text), file_(file), line_(block.line), name_(block.name) {}

  /// Refuses the word last taken.
  [[noreturn]] void fail(std::string_view message) const { fail_at(word_line_, word_column_, message); }
  [[noreturn]] void fail_at(std::size_t line, std::size_t column, std::string_view message) const {
    KILTER_THROW(ParseError({std::string{file_}, line, column}, message));
  }

  /// From here on a row that is not complete goes on on the next line.
  void let_rows_wrap() { wraps_ = true; }

  /// The next word of the line in hand; empty at its end.
  std::string_view word() {
    if (at_line_end() && wraps_) next_line();
    word_line_ = line_;
    word_column_ = at_ - begin_ + 1;
    const std::size_t end = std::min(text_.find_first_of(" \t\r\f\v\n", at_), text_.size());
    const std::string_view found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }
  /// A whole number in `low` … `high`.
  std::int64_t number(std::string_view what, std::int64_t low, std::int64_t high) { return convert(word(), what, low, high); }
  /// A count of things of which each takes at least `width` characters of the text still to come: no wrong count costs memory.
  std::size_t count(std::string_view what, std::size_t width = 2) {
    const std::int64_t value = number(what, 0, std::numeric_limits<std::int32_t>::max());
    if (static_cast<std::size_t>(value) > rest() / std::max<std::size_t>(width, 1) + 1) {
      fail(std::string{what} + " = " + std::to_string(value) + ": more than the text that follows can hold");
    }
    return static_cast<std::size_t>(value);
  }
  [[nodiscard]] bool at_line_end() {
    skip_blanks();
    return at_ == text_.size() || text_[at_] == '\n';
  }
  /// Refuses what stands behind the last word that belongs to a row.
  void end_row(std::string_view row) {
    if (at_line_end()) return;
    const std::string found = quoted(word());
    fail(found + " stands behind the end of " + std::string{row});
  }
  /// Goes to the next line that is neither blank nor a comment; false when there is none.
  bool next_line() {
    while ((at_ = std::min(text_.find('\n', at_), text_.size())) < text_.size()) {
      begin_ = ++at_;
      ++line_;
      if (!at_line_end() && text_[at_] != '#') return true;
    }
    word_line_ = line_;
    word_column_ = 0;
    return false;
  }
  /// The first line that holds something: the one in hand, or one after it.
  bool first_line() { return (!at_line_end() && text_[at_] != '#') || next_line(); }
  /// Begins the row of something: the next line has to be there.
  void begin_row(std::string_view row) {
    if (!next_line()) fail(std::string{row} + " is missing" + of_instance());
  }
  /// Refuses anything behind the instance.
  void end_instance() {
    end_row("the last row");
    if (next_line()) {
      const std::string found = quoted(word());
      fail(found + " stands behind the end of the instance" + of_instance());
    }
  }
  [[nodiscard]] std::string_view line_in_hand() const {
    return text_.substr(begin_, std::min(text_.find('\n', begin_), text_.size()) - begin_);
  }
  [[nodiscard]] std::size_t line() const { return line_; }
  [[nodiscard]] static std::string quoted(std::string_view word) {
    return "'" + std::string{word.substr(0, 40)} + (word.size() > 40 ? "…'" : "'");
  }

 private:
  [[nodiscard]] std::size_t rest() const { return text_.size() - at_; }
  [[nodiscard]] std::string of_instance() const { return name_.empty() ? std::string{} : " in instance " + quoted(name_); }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(read_blanks, at_), text_.size()); }

  std::int64_t convert(std::string_view word, std::string_view what, std::int64_t low, std::int64_t high) {
    if (word.empty()) fail(std::string{what} + " is missing" + of_instance());
    std::int64_t value = 0;
    const char* const end = word.data() + word.size();
    const auto result = std::from_chars(word.data() + (word.front() == '+' && word.size() > 1 ? 1 : 0), end, value);
    if (result.ec == std::errc::result_out_of_range) fail(std::string{what} + ": " + quoted(word) + " is too large to be held");
    if (result.ec != std::errc{} || result.ptr != end) fail(std::string{what} + ": " + quoted(word) + " is not a whole number");
    if (value < low || value > high) {
      fail(std::string{what} + " = " + std::to_string(value) + ": must lie in " + std::to_string(low) + " … " +
           std::to_string(high));
    }
    return value;
  }

  std::string_view text_, file_;
  std::size_t at_ = 0, begin_ = 0, line_, word_line_ = 0, word_column_ = 0;
  std::string name_;
  bool wraps_ = false;
};

/// A file's name without its folders and its last ending.
[[nodiscard]] inline std::string read_stem(std::string_view file) {
  file.remove_prefix(std::min(file.find_last_of("/\\") + 1, file.size()));
  const std::size_t dot = file.rfind('.');
  return std::string{dot == std::string_view::npos || dot == 0 ? file : file.substr(0, dot)};
}

[[nodiscard]] inline std::string_view read_strip(std::string_view line) {
  const std::size_t first = line.find_first_not_of(read_blanks);
  return first == std::string_view::npos ? std::string_view{} : line.substr(first, line.find_last_not_of(read_blanks) - first + 1);
}

/// The name behind `instance`; empty where the line does not begin with that word.
[[nodiscard]] inline bool read_is_header(std::string_view line) {
  constexpr std::string_view word = "instance";
  return line.starts_with(word) && (line.size() == word.size() || read_blanks.find(line[word.size()]) != std::string_view::npos);
}

/// Refuses a name that an earlier block has.
inline void read_check_names(const std::vector<ReadBlock>& blocks, std::string_view file) {
  std::vector<std::size_t> order(blocks.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return blocks[a].name != blocks[b].name ? blocks[a].name < blocks[b].name : a < b;
  });
  for (std::size_t k = 1; k < order.size(); ++k) {
    const ReadBlock &first = blocks[order[k - 1]], &second = blocks[order[k]];
    if (first.name != second.name) continue;
    KILTER_THROW(
        ParseError({std::string{file}, second.header, 1},
                   "instance " + ReadText::quoted(second.name) + " is there already, on line " + std::to_string(first.header)));
  }
}

/// Takes a text apart at its lines `instance NAME`. A text without one is a single instance, named as the file without its ending.
[[nodiscard]] inline std::vector<ReadBlock> read_blocks(std::string_view text, std::string_view file) {
  std::vector<ReadBlock> out;
  bool begun = false;  // something other than comments stands before the first header
  std::size_t line = 0, stray = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view content = read_strip(text.substr(at, end - at));
    ++line;
    if (read_is_header(content)) {
      if (begun) KILTER_THROW(ParseError({std::string{file}, stray, 0}, "stands before the first line `instance NAME`"));
      if (!out.empty()) out.back().text = text.substr(0, at).substr(static_cast<std::size_t>(out.back().text.data() - text.data()));
      const std::string_view name = read_strip(content.substr(std::string_view{"instance"}.size()));
      if (name.empty()) KILTER_THROW(ParseError({std::string{file}, line, 0}, "the name behind `instance` is missing"));
      out.push_back({std::string{name}, text.substr(std::min(end + 1, text.size())), line + 1, line});
    } else if (out.empty() && !begun && !content.empty() && content.front() != '#') {
      begun = true;
      stray = line;
    }
    at = end + 1;
  }
  if (begun) out.push_back({read_stem(file), text, 1, 0});
  if (out.empty()) KILTER_THROW(ParseError({std::string{file}, 0, 0}, "there is no instance in it"));
  read_check_names(out, file);
  return out;
}

/// Reads every block by `read(ReadText&, name)` and lets `check` look at what came out. What it refuses is refused as unreadable,
/// at the line where the instance begins.
template <class Instance, class Read>
[[nodiscard]] std::vector<Instance> read_instances(std::string_view text, std::string_view file, Read read) {
  std::vector<Instance> out;
  for (const ReadBlock& block : read_blocks(text, file)) {
    ReadText in(block, file);
    if (!in.first_line()) in.fail_at(std::max<std::size_t>(block.header, 1), 0, "the instance is empty");
    out.push_back(read(in));
    out.back().name = block.name;
#if defined(__cpp_exceptions) && __cpp_exceptions
    try {
      check(out.back());
    } catch (const std::invalid_argument& error) {
      in.fail_at(block.header == 0 ? block.line : block.header, 0,
                 "instance " + ReadText::quoted(block.name) + ": " + error.what());
    }
#else
    check(out.back());
#endif
  }
  return out;
}

}  // namespace kilter::schedule::detail
