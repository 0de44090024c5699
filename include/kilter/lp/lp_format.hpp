#pragma once
/// @file
/// Writing linear programs in LP format (that of CPLEX), which people can read.

#include <charconv>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/mps_program.hpp"

namespace kilter::lp {

namespace detail {

inline bool is_digit(char c) { return '0' <= c && c <= '9'; }
inline bool is_letter(char c) { return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z'); }

/// Can a reader of LP format take `name` for a name and nothing else? Of the characters that the format allows only those are taken
/// that all readers agree on.
inline bool is_lp_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || is_digit(name.front()) || name.front() == '.') return false;
  for (const char c : name) {
    if (!is_letter(c) && !is_digit(c) && std::string_view{"_.!#$%&()?@~"}.find(c) == std::string_view::npos) return false;
  }
  if ((name.front() == 'e' || name.front() == 'E') && (name.size() == 1 || is_digit(name[1]))) return false;  // an exponent
  std::string lower;
  for (const char c : name) lower += 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const std::string_view word :
       {"min",   "max",    "minimize", "maximize", "minimum", "maximum", "subject",  "such",     "st",     "s.t.",     "st.",
        "bound", "bounds", "general",  "generals", "gen",     "integer", "integers", "int",      "binary", "binaries", "bin",
        "semi",  "semis",  "sos",      "sos1",     "sos2",    "free",    "inf",      "infinity", "end"}) {
    if (lower == word) return false;
  }
  return true;
}

/// Legal names that occur once are kept; all others become prefix and number, with underscores until they are unlike the rest.
template <class NameOf>
std::vector<std::string> lp_names(int count, std::string_view prefix, NameOf&& name_of, std::unordered_set<std::string>& taken) {
  std::vector<std::string> names(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const std::string& name = name_of(i);
    if (is_lp_name(name) && taken.insert(name).second) names[static_cast<std::size_t>(i)] = name;
  }
  for (int i = 0; i < count; ++i) {
    std::string& name = names[static_cast<std::size_t>(i)];
    if (!name.empty()) continue;
    name = std::string{prefix} + std::to_string(i + 1);
    while (!taken.insert(name).second) name += '_';
  }
  return names;
}

class LpFormatWriter {
 public:
  LpFormatWriter(std::ostream& out, const MpsProgram& program) : out_(out), program_(program), model_(program.model) {
    require(program.integer.empty() || program.integer.size() == static_cast<std::size_t>(model_.columns()), "integer",
            program.integer.size(), "must be empty or have one entry per column");
    std::unordered_set<std::string> taken, taken_rows = {"obj"};
    columns_ = lp_names(
        model_.columns(), "x", [this](int j) -> const std::string& { return model_.name(j); }, taken);
    rows_ = lp_names(
        model_.rows(), "r", [this](int i) -> const std::string& { return model_.row_name(i); }, taken_rows);
    needs_one_ = model_.objective_constant() != 0 || model_.columns() == 0;
    while (needs_one_ && !taken.insert(one_).second) one_ += '_';
    for (int i = 0; i < model_.rows(); ++i) {
      if (!has_slack(i)) continue;
      std::string name = "range_" + std::to_string(i + 1);
      while (!taken.insert(name).second) name += '_';
      slacks_.emplace_back(i, std::move(name));
    }
  }

  void write() {
    put(program_.maximise ? "Maximize\n obj:" : "Minimize\n obj:");
    write_objective();
    put("Subject To\n");
    std::size_t slack = 0;
    for (int i = 0; i < model_.rows(); ++i) write_row(i, slack);
    write_bounds();
    write_integers();
    put("End\n");
    flush();
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  static constexpr int terms_in_a_line = 8;

  /// LP format has no two-sided rows that all readers take, and none without a side.
  [[nodiscard]] bool has_slack(int i) const {
    const double lower = model_.row_lower(i), upper = model_.row_upper(i);
    return lower != upper && std::isinf(lower) == std::isinf(upper);
  }

  LpFormatWriter& put(std::string_view text) {
    text_ += text;
    if (text_.size() > 1U << 15) flush();
    return *this;
  }
  void flush() {
    out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.clear();
  }
  LpFormatWriter& number(double value) {
    if (std::isinf(value)) return put(value > 0 ? "+inf" : "-inf");
    char buffer[32];
    return put({buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr});
  }
  void term(double coefficient, std::string_view name) {
    if (in_line_ == terms_in_a_line) put("\n     ");
    in_line_ = in_line_ == terms_in_a_line ? 1 : in_line_ + 1;
    put(std::signbit(coefficient) ? " - " : " + ").number(std::abs(coefficient)).put(" ").put(name);
  }

  void write_objective() {
    in_line_ = 0;
    const double sign = program_.maximise ? -1 : 1;
    bool any = false;
    for (int j = 0; j < model_.columns(); ++j) {
      if (model_.cost(j) == 0) continue;
      term(sign * model_.cost(j), columns_[at(j)]);
      any = true;
    }
    if (needs_one_) {
      term(sign * model_.objective_constant(), one_);
    } else if (!any) {
      term(0, columns_[0]);
    }
    put("\n");
  }
  void write_row(int i, std::size_t& slack) {
    in_line_ = 0;
    put(" ").put(rows_[at(i)]).put(":");
    for (const Term& t : model_.row(i)) term(t.coefficient, columns_[at(t.column)]);
    if (model_.row(i).empty()) term(0, model_.columns() > 0 ? columns_[0] : one_);
    const double lower = model_.row_lower(i), upper = model_.row_upper(i);
    if (has_slack(i)) {
      term(-1, slacks_[slack++].second);
      put(" = 0\n");
    } else {
      put(lower == upper ? " = " : lower == -infinity ? " <= " : " >= ").number(lower == -infinity ? upper : lower).put("\n");
    }
  }
  void write_bounds() {
    put("Bounds\n");
    for (int j = 0; j < model_.columns(); ++j) bound(columns_[at(j)], model_.lower(j), model_.upper(j));
    for (const auto& [row, name] : slacks_) bound(name, model_.row_lower(row), model_.row_upper(row));
    if (needs_one_) bound(one_, 1, 1);
  }
  void bound(std::string_view name, double lower, double upper) {
    if (lower == 0 && upper == infinity) return;
    put(" ");
    if (lower == upper) {
      put(name).put(" = ").number(lower);
    } else if (lower == -infinity && upper == infinity) {
      put(name).put(" free");
    } else if (upper == infinity) {
      put(name).put(" >= ").number(lower);
    } else {
      number(lower).put(" <= ").put(name).put(" <= ").number(upper);
    }
    put("\n");
  }
  void write_integers() {
    bool any = false;
    for (std::size_t j = 0; j < program_.integer.size(); ++j) {
      if (!program_.integer[j]) continue;
      if (!any) put("Generals\n");
      any = true;
      put(" ").put(columns_[j]).put("\n");
    }
  }

  std::ostream& out_;
  const MpsProgram& program_;
  const Model& model_;
  std::vector<std::string> columns_, rows_;
  std::vector<std::pair<int, std::string>> slacks_;
  std::string text_, one_ = "one";
  bool needs_one_ = false;
  int in_line_ = 0;
};

}  // namespace detail

/// Writes a program in LP format, every number in the shortest form that reads as the same double.
///
/// Names that the format cannot hold, empty ones and repeated ones are written as x1, x2, … for columns and r1, r2, … for rows (the
/// number is the place from 1; underscores are added where such a name is taken). What the format lacks, or not all readers
/// take, is written by further columns: a constant of the objective as the cost of a column `one` fixed at 1, and a row with two
/// different sides, or none, as an equation with a column `range_i` that has the bounds of row i. O(nonzeros); whether the stream
/// took all is for the caller to ask.
inline void write_lp(std::ostream& out, const MpsProgram& program) { detail::LpFormatWriter(out, program).write(); }
/// Writes a model of continuous columns, to be minimised.
inline void write_lp(std::ostream& out, const Model& model) { write_lp(out, MpsProgram{.model = model}); }

}  // namespace kilter::lp
