#pragma once
/// @file
/// Writing linear programs in MPS format, fixed and free.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/mps.hpp"
#include "kilter/lp/mps_program.hpp"

namespace kilter::lp {

/// How a program is written.
struct MpsWriteOptions {
  MpsFormat format = MpsFormat::free;  ///< `automatic` is free
  bool generate_names = false;         ///< C1, C2, … and R1, R2, … in place of the names of columns and rows
};

namespace detail {

/// The names under which columns or rows are written: those of the model, and generated ones, unlike all others, for the empty.
class WrittenNames {
 public:
  /// `illegal(name)` says what is wrong with a name; empty: nothing.
  template <class NameOf, class Illegal>
  WrittenNames(std::string_view argument, int count, std::string_view prefix, NameOf&& name_of, Illegal&& illegal) {
    std::unordered_set<std::string_view> taken;
    for (int i = 0; i < count; ++i) {
      const std::string& name = name_of(i);
      if (name.empty()) continue;
      const std::string_view complaint = illegal(name);
      require(complaint.empty(), argument, name, complaint);
      require(taken.insert(name).second, argument, name, "must not occur twice");
    }
    for (int i = 0; i < count; ++i) {
      std::string name = name_of(i);
      if (name.empty()) {
        name = std::string{prefix} + std::to_string(i + 1);
        while (taken.contains(name)) name += '_';
      }
      names_.push_back(std::move(name));
    }
  }
  [[nodiscard]] const std::string& operator[](int i) const { return names_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] bool has(std::string_view name) const { return std::find(names_.begin(), names_.end(), name) != names_.end(); }

 private:
  std::vector<std::string> names_;
};

/// How a row is written: its kind, right-hand side and, for both sides, the range.
struct MpsRow {
  char kind = 'E';
  double rhs = 0;
  double range = 0;
  bool has_range = false;
};

/// A range R from which a reader finds the other side again as rhs ± R. Where the difference itself is rounded, one of its
/// neighbours or the view from the other side will mostly do; if none does, the side is off by the last digit.
inline MpsRow mps_range(double lower, double upper) {
  const double difference = upper - lower;
  for (const double range : {difference, std::nextafter(difference, 0.0), std::nextafter(difference, infinity)}) {
    if (upper - range == lower) return {'L', upper, range, true};
    if (lower + range == upper) return {'G', lower, range, true};
  }
  return {'L', upper, difference, true};
}
inline MpsRow mps_row(double lower, double upper) {
  if (lower == upper) return {.kind = 'E', .rhs = lower};
  if (lower == -infinity && upper == infinity) return {.kind = 'G', .rhs = -infinity};
  if (lower == -infinity) return {.kind = 'L', .rhs = upper};
  if (upper == infinity) return {.kind = 'G', .rhs = lower};
  return mps_range(lower, upper);
}

class MpsWriter {
 public:
  MpsWriter(std::ostream& out, const MpsProgram& program, const MpsWriteOptions& options)
      : out_(out),
        program_(program),
        model_(program.model),
        fixed_(options.format == MpsFormat::fixed),
        columns_(
            "name", model_.columns(), "C", [&](int j) -> const std::string& { return name(options, model_.name(j)); },
            [this](std::string_view n) { return complaint(n); }),
        rows_(
            "row name", model_.rows(), "R", [&](int i) -> const std::string& { return name(options, model_.row_name(i)); },
            [this](std::string_view n) { return complaint(n); }) {
    require(program.integer.empty() || program.integer.size() == static_cast<std::size_t>(model_.columns()), "integer",
            program.integer.size(), "must be empty or have one entry per column");
    check_values();
    choose_objective_name();
  }

  void write() {
    put("NAME          ").put(one_word(program_.name)).put("\n");
    if (program_.maximise) put("OBJSENSE\n    MAX\n");
    write_rows();
    write_columns();
    write_right_sides();
    write_ranges();
    write_bounds();
    put("ENDATA\n");
    flush();
  }

 private:
  static const std::string& name(const MpsWriteOptions& options, const std::string& given) {
    static const std::string none;
    return options.generate_names ? none : given;
  }
  [[nodiscard]] std::string_view complaint(std::string_view name) const {
    for (const char c : name) {
      const auto code = static_cast<unsigned char>(c);
      if (code < 32 || code == 127) return "must not hold control characters";
      if (c == ' ' && !fixed_) return "must not hold spaces in free MPS format";
    }
    if (!fixed_) return "";
    if (name.size() > 8) return "must not be longer than 8 characters in fixed MPS format";
    if (name.front() == ' ' || name.back() == ' ') return "must not begin or end with a space";
    return name.front() == '$' ? "must not begin with a dollar sign in fixed MPS format" : "";
  }
  void check_values() const {
    const auto check = [](std::string_view argument, double value) {
      require(std::abs(value) < mps_infinity || std::isinf(value), argument, value, "cannot be told from infinity in MPS format");
    };
    for (const double c : model_.costs()) check("cost", c);
    for (const double v : model_.lowers()) check("lower", v);
    for (const double v : model_.uppers()) check("upper", v);
    for (const double v : model_.row_lowers()) check("row lower", v);
    for (const double v : model_.row_uppers()) check("row upper", v);
    for (const Term& term : model_.terms()) check("coefficient", term.coefficient);
    check("objective constant", model_.objective_constant());
  }
  void choose_objective_name() {
    objective_ = program_.objective_name.empty() || !complaint(program_.objective_name).empty() ? "COST" : program_.objective_name;
    while (rows_.has(objective_)) objective_ = "OBJ" + std::to_string(++attempts_);
  }
  static std::string one_word(std::string text) {
    for (char& c : text) {
      const auto code = static_cast<unsigned char>(c);
      if (code <= 32 || code == 127) c = '_';
    }
    return text;
  }

  // ---- fields

  MpsWriter& put(std::string_view text) {
    text_ += text;
    if (text_.size() > 1U << 15) flush();
    return *this;
  }
  void flush() {
    out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.clear();
  }
  /// A name in its field; in free format padded too, which makes the file easier to read.
  MpsWriter& padded(std::string_view text, std::size_t width) {
    put(text);
    if (text.size() < width) text_.append(width - text.size(), ' ');
    return *this;
  }
  MpsWriter& number(double value) {
    if (std::isinf(value)) return put(value > 0 ? "1e+30" : "-1e+30");
    char buffer[32];
    return put({buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr});
  }
  void pair(std::string_view first, std::string_view row, double value) {
    put("    ").padded(first, 8).put("  ").padded(row, 8).put("  ").number(value).put("\n");
  }

  // ---- sections

  void write_rows() {
    put("ROWS\n N  ").put(objective_).put("\n");
    for (int i = 0; i < model_.rows(); ++i) {
      row_data_.push_back(mps_row(model_.row_lower(i), model_.row_upper(i)));
      const char line[] = {' ', row_data_.back().kind, ' ', ' '};
      put({line, sizeof line}).put(rows_[i]).put("\n");
    }
  }
  void write_columns() {
    put("COLUMNS\n");
    const SparseColumns matrix = model_.assemble();
    bool integer = false;
    for (int j = 0; j < model_.columns(); ++j) {
      if (is_integer(j) != integer) marker(integer = !integer);
      const auto begin = static_cast<std::size_t>(matrix.start[static_cast<std::size_t>(j)]);
      const auto end = static_cast<std::size_t>(matrix.start[static_cast<std::size_t>(j) + 1]);
      const double cost = signed_cost(model_.cost(j));
      if (cost != 0 || begin == end) pair(columns_[j], objective_, cost);
      for (std::size_t k = begin; k < end; ++k) pair(columns_[j], rows_[matrix.row[k]], matrix.value[k]);
    }
    if (integer) marker(false);
  }
  void marker(bool begin) { put("    MARKER                 'MARKER'                 ").put(begin ? "'INTORG'\n" : "'INTEND'\n"); }
  void write_right_sides() {
    put("RHS\n");
    const double constant = model_.objective_constant();
    if (constant != 0) pair("RHS", objective_, program_.maximise ? constant : -constant);
    for (int i = 0; i < model_.rows(); ++i) {
      const double rhs = row_data_[static_cast<std::size_t>(i)].rhs;
      if (rhs != 0) pair("RHS", rows_[i], rhs);
    }
  }
  void write_ranges() {
    bool any = false;
    for (int i = 0; i < model_.rows(); ++i) {
      const MpsRow& row = row_data_[static_cast<std::size_t>(i)];
      if (!row.has_range) continue;
      if (!any) put("RANGES\n");
      any = true;
      pair("RNG", rows_[i], row.range);
    }
  }
  void write_bounds() {
    put("BOUNDS\n");
    for (int j = 0; j < model_.columns(); ++j) {
      const double lower = model_.lower(j), upper = model_.upper(j);
      if (lower == upper) {
        bound(" FX ", j, lower, true);
      } else if (lower == -infinity) {
        bound(upper == infinity ? " FR " : " MI ", j, 0, false);
        if (upper < infinity) bound(" UP ", j, upper, true);
      } else {
        if (lower != 0) bound(" LO ", j, lower, true);
        if (upper < infinity) bound(" UP ", j, upper, true);
        if (upper == infinity && is_integer(j)) bound(" PL ", j, 0, false);  // the default of integers differs
      }
    }
  }
  void bound(std::string_view kind, int column, double value, bool has_value) {
    put(kind).padded("BND", 8).put("  ");
    if (!has_value) return void(put(columns_[column]).put("\n"));
    padded(columns_[column], 8).put("  ").number(value).put("\n");
  }

  [[nodiscard]] bool is_integer(int j) const { return !program_.integer.empty() && program_.integer[static_cast<std::size_t>(j)]; }
  [[nodiscard]] double signed_cost(double cost) const { return program_.maximise ? 0.0 - cost : cost; }

  std::ostream& out_;
  const MpsProgram& program_;
  const Model& model_;
  bool fixed_ = false;
  WrittenNames columns_, rows_;
  std::string objective_, text_;
  int attempts_ = 0;
  std::vector<MpsRow> row_data_;
};

}  // namespace detail

/// Writes a program in MPS format, so that `read_mps` gives the same program back: every number in the shortest form that reads as
/// the same double (the sign of a zero is not kept, and a side of a two-sided row may be off by its last digit where no range in
/// double precision leads to it exactly). Columns and rows without a name get one (C1, R1, …). Rows without any bound are written
/// as kind G with −1e30. In fixed format a number longer than its 12 columns is written out all the same, which older readers may
/// refuse: free format is the safer choice for exact numbers.
///
/// Throws `std::invalid_argument`, before anything is written, for names that occur twice or that the format cannot hold (spaces in
/// free format, more than 8 characters in fixed) and for finite numbers of 1e30 and above. Whether the stream took all is for
/// the caller to ask. O(nonzeros) in time, and in memory the matrix by columns.
inline void write_mps(std::ostream& out, const MpsProgram& program, const MpsWriteOptions& options = {}) {
  detail::MpsWriter(out, program, options).write();
}
/// Writes a model of continuous columns, to be minimised.
inline void write_mps(std::ostream& out, const Model& model, const MpsWriteOptions& options = {}) {
  write_mps(out, MpsProgram{.model = model}, options);
}

}  // namespace kilter::lp
