#pragma once
/// @file
/// Reading linear programs in MPS format, fixed and free.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kilter/core/error.hpp"
#include "kilter/lp/model.hpp"

namespace kilter::lp {

/// How the fields of a line are told apart: by white space, or by the columns of a punched card (names may then hold spaces).
enum class MpsFormat : std::uint8_t { automatic, free, fixed };

/// A program read from an MPS file. A program to be maximised is stored with its costs and constant negated.
struct MpsProgram {
  std::string name{};
  Model model{};
  std::vector<bool> integer{};  ///< which columns were marked as integer
  bool maximise = false;
};

namespace detail {

/// One pass over the text. Errors are kept, not thrown, so that the other format can be tried.
class MpsReader {
 public:
  MpsReader(std::string_view text, std::string file, bool fixed) : text_(text), file_(std::move(file)), fixed_(fixed) {}

  bool read(MpsProgram& program) {
    while (!error_ && section_ != "ENDATA" && next_line()) {
      if (line_.front() == ' ' || line_.front() == '\t') {
        read_data(program);
      } else {
        read_header(program);
      }
    }
    if (!error_ && section_ != "ENDATA") fail(0, "the file ends without ENDATA");
    if (!error_) build(program);
    return !error_;
  }
  [[nodiscard]] const std::optional<ParseError>& error() const { return error_; }

 private:
  struct Field {
    std::string_view text;
    std::size_t column = 0;
  };
  struct RowData {
    std::string name;
    char kind = 'N';
    double rhs = 0;
    std::optional<double> range;
    std::vector<Term> terms;
    int last_column = -1;
  };
  struct ColumnData {
    std::string name;
    double cost = 0, lower = 0, upper = infinity;
    bool integer = false, lower_set = false;
  };

  bool fail(std::size_t column, std::string_view message) {
    if (!error_) error_.emplace(Position{file_, line_number_, column}, message);
    return false;
  }

  // ---- lines and fields

  bool next_line() {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      line_ = text_.substr(at_, end - at_);
      at_ = end + 1;
      ++line_number_;
      if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
      if (line_.find_first_not_of(" \t") != std::string_view::npos && line_.front() != '*') return true;
    }
    return false;
  }
  void split() {
    fields_.clear();
    std::size_t at = 0;
    while ((at = line_.find_first_not_of(" \t", at)) != std::string_view::npos) {
      const std::size_t end = std::min(line_.find_first_of(" \t", at), line_.size());
      fields_.push_back({line_.substr(at, end - at), at + 1});
      at = end;
    }
  }
  /// The six fields of a card begin in columns 2, 5, 15, 25, 40 and 50.
  void split_card() {
    constexpr std::array<std::size_t, 7> begin = {1, 4, 14, 24, 39, 49, 72};
    fields_.clear();
    for (std::size_t f = 0; f < 6 && begin[f] < line_.size(); ++f) {
      std::string_view field = line_.substr(begin[f], begin[f + 1] - begin[f]);
      const std::size_t skip = std::min(field.find_first_not_of(' '), field.size());
      field.remove_prefix(skip);
      while (!field.empty() && field.back() == ' ') field.remove_suffix(1);
      fields_.push_back({field, begin[f] + skip + 1});
    }
    while (!fields_.empty() && fields_.back().text.empty()) fields_.pop_back();
    const bool typed = section_ == "ROWS" || section_ == "BOUNDS";
    if (!typed && !fields_.empty() && fields_.front().text.empty()) fields_.erase(fields_.begin());
    if (section_ == "ROWS" && fields_.size() > 2) fields_.resize(2);
  }

  bool number(const Field& field, double& value) {
    std::string_view text = field.text;
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    std::string respelled;
    if (text.find_first_of("dD") != std::string_view::npos) {  // Fortran's exponent
      respelled = text;
      for (char& c : respelled) c = c == 'd' || c == 'D' ? 'e' : c;
      text = respelled;
    }
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size() || std::isnan(value)) {
      return fail(field.column, "'" + std::string{field.text} + "' is not a number");
    }
    if (std::abs(value) >= 1e30) value = std::copysign(infinity, value);
    return true;
  }
  bool finite_number(const Field& field, double& value) {
    if (!number(field, value)) return false;
    return std::isfinite(value) || fail(field.column, "a coefficient must be finite");
  }
  bool find_row(const Field& field, std::size_t& row) {
    const auto found = row_index_.find(std::string{field.text});
    if (found == row_index_.end()) return fail(field.column, "unknown row '" + std::string{field.text} + "'");
    row = found->second;
    return true;
  }

  // ---- sections

  void read_header(MpsProgram& program) {
    split();
    section_ = std::string{fields_[0].text};
    if (section_ == "NAME") {
      if (fields_.size() > 1) program.name = std::string{fields_[1].text};
      return;
    }
    if (section_ == "OBJSENSE") {
      if (fields_.size() > 1) read_sense(program, fields_[1]);
      return;
    }
    for (const std::string_view known : {"ROWS", "COLUMNS", "RHS", "RANGES", "BOUNDS", "ENDATA"}) {
      if (section_ == known) return;
    }
    fail(1, "unknown section '" + section_ + "'");
  }
  void read_sense(MpsProgram& program, const Field& field) {
    const bool maximise = field.text == "MAX" || field.text == "MAXIMIZE" || field.text == "MAXIMISE";
    const bool minimise = field.text == "MIN" || field.text == "MINIMIZE" || field.text == "MINIMISE";
    if (!maximise && !minimise) fail(field.column, "the objective sense must be MAX or MIN");
    program.maximise = maximise;
  }

  void read_data(MpsProgram& program) {
    if (fixed_ && section_ != "OBJSENSE") {
      split_card();
    } else {
      split();
    }
    if (section_ == "ROWS") {
      read_row();
    } else if (section_ == "COLUMNS") {
      read_column();
    } else if (section_ == "RHS" || section_ == "RANGES") {
      read_pairs();
    } else if (section_ == "BOUNDS") {
      read_bound();
    } else if (section_ == "OBJSENSE") {
      read_sense(program, fields_[0]);
    } else {
      fail(1, "data outside of a section");
    }
  }

  void read_row() {
    if (fields_.size() != 2 || fields_[0].text.size() != 1) return void(fail(0, "a row needs a kind and a name"));
    const char kind = static_cast<char>(fields_[0].text[0] & ~0x20);
    if (std::string_view{"NELG"}.find(kind) == std::string_view::npos)
      return void(fail(fields_[0].column, "the kind of a row is one of N, E, L, G"));
    if (!row_index_.emplace(std::string{fields_[1].text}, rows_.size()).second)
      return void(fail(fields_[1].column, "a row of this name exists"));
    if (kind == 'N' && !objective_) objective_ = rows_.size();
    rows_.push_back({.name = std::string{fields_[1].text}, .kind = kind, .rhs = 0, .range = {}, .terms = {}, .last_column = -1});
  }

  void read_column() {
    if (line_.find("'MARKER'") != std::string_view::npos) {
      in_integers_ = line_.find("'INTORG'") != std::string_view::npos;
      return;
    }
    if (fields_.size() != 3 && fields_.size() != 5)
      return void(fail(0, "a column needs a name and one or two pairs of row and value"));
    if (columns_.empty() || columns_.back().name != fields_[0].text) {
      if (!column_index_.emplace(std::string{fields_[0].text}, columns_.size()).second) {
        return void(fail(fields_[0].column, "a column of this name exists already and is not the last one"));
      }
      columns_.push_back({.name = std::string{fields_[0].text}, .integer = in_integers_});
    }
    for (std::size_t f = 1; f + 1 < fields_.size(); f += 2) add_entry(fields_[f], fields_[f + 1]);
  }
  void add_entry(const Field& row_field, const Field& value_field) {
    std::size_t r = 0;
    double value = 0;
    if (!find_row(row_field, r) || !finite_number(value_field, value)) return;
    RowData& row = rows_[r];
    const int column = static_cast<int>(columns_.size()) - 1;
    if (row.last_column == column) return void(fail(row_field.column, "this row has an entry in the column already"));
    row.last_column = column;
    if (r == objective_) {
      columns_.back().cost = value;
    } else {
      row.terms.push_back({column, value});
    }
  }

  void read_pairs() {
    const std::size_t first = fixed_ ? 1 : fields_.size() % 2;  // the name of the set may be left out
    if (fields_.size() < first + 2 || (fields_.size() - first) % 2 != 0) return void(fail(0, "pairs of row and value expected"));
    for (std::size_t f = first; f + 1 < fields_.size(); f += 2) {
      std::size_t r = 0;
      double value = 0;
      if (!find_row(fields_[f], r) || !finite_number(fields_[f + 1], value)) return;
      if (section_ == "RHS") {
        rows_[r].rhs = value;
      } else {
        rows_[r].range = value;
      }
    }
  }

  void read_bound() {
    if (fields_.empty()) return;
    const std::string_view kind = fields_[0].text;
    const bool needs_value = kind == "UP" || kind == "LO" || kind == "FX" || kind == "UI" || kind == "LI";
    const bool known = needs_value || kind == "FR" || kind == "MI" || kind == "PL" || kind == "BV";
    if (!known) return void(fail(fields_[0].column, "unknown kind of bound '" + std::string{kind} + "'"));
    const std::size_t wanted = needs_value ? 3 : 2;
    if (fields_.size() < wanted) return void(fail(0, "a bound needs a kind, a column and, for most kinds, a value"));
    const bool named = fixed_ || (needs_value ? fields_.size() > 3 : fields_.size() > 2);
    const std::size_t name = named ? 2 : 1;
    if (fields_.size() <= name + (needs_value ? 1U : 0U))
      return void(fail(0, "a bound needs a kind, a column and, for most kinds, a value"));
    const auto found = column_index_.find(std::string{fields_[name].text});
    if (found == column_index_.end())
      return void(fail(fields_[name].column, "unknown column '" + std::string{fields_[name].text} + "'"));
    double value = 0;
    if (needs_value && !number(fields_[name + 1], value)) return;
    set_bound(columns_[found->second], kind, value);
  }
  void set_bound(ColumnData& column, std::string_view kind, double value) {
    if (kind == "FR" || kind == "MI") column.lower = -infinity;
    if (kind == "FR" || kind == "PL") column.upper = infinity;
    if (kind == "LO" || kind == "LI" || kind == "FX") column.lower = value;
    if (kind == "UP" || kind == "UI" || kind == "FX") column.upper = value;
    if (kind == "BV") {
      column.lower = 0;
      column.upper = 1;
    }
    if (kind == "LI" || kind == "UI" || kind == "BV") column.integer = true;
    // A negative upper bound of a column whose lower bound was never given opens it downwards.
    if ((kind == "UP" || kind == "UI") && value < 0 && !column.lower_set) column.lower = -infinity;
    if (kind != "UP" && kind != "UI" && kind != "PL") column.lower_set = true;
  }

  // ---- the model

  void build(MpsProgram& program) {
    const double sense = program.maximise ? -1 : 1;
    for (const ColumnData& column : columns_) {
      if (!(column.lower <= column.upper) || column.lower == infinity || column.upper == -infinity) {
        return void(fail(0, "the bounds of column '" + column.name + "' cross"));
      }
      program.model.add_column(sense * column.cost, column.lower, column.upper, column.name);
      program.integer.push_back(column.integer);
    }
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      if (rows_[r].kind != 'N') add_row(program.model, rows_[r]);
    }
    if (objective_) program.model.set_objective_constant(-sense * rows_[*objective_].rhs);
  }
  static void add_row(Model& model, const RowData& row) {
    double lower = row.kind == 'L' ? -infinity : row.rhs, upper = row.kind == 'G' ? infinity : row.rhs;
    if (row.range) {
      const double range = std::abs(*row.range);
      if (row.kind == 'L' || (row.kind == 'E' && *row.range < 0)) lower = row.rhs - range;
      if (row.kind == 'G' || (row.kind == 'E' && *row.range >= 0)) upper = row.rhs + range;
    }
    model.add_row(row.terms, lower, upper, row.name);
  }

  std::string_view text_, line_;
  std::string file_, section_;
  bool fixed_ = false, in_integers_ = false;
  std::size_t at_ = 0, line_number_ = 0;
  std::vector<Field> fields_;
  std::vector<RowData> rows_;
  std::vector<ColumnData> columns_;
  std::unordered_map<std::string, std::size_t> row_index_, column_index_;
  std::optional<std::size_t> objective_;
  std::optional<ParseError> error_;
};

}  // namespace detail

/// Reads a program in MPS format. Sections NAME, OBJSENSE, ROWS, COLUMNS (with integer markers), RHS, RANGES, BOUNDS, ENDATA;
/// values of size 1e30 and above are infinite bounds; a right-hand side of the objective is minus its constant; a negative upper
/// bound without a lower one makes the column free below; rows of kind N after the first are left out. `automatic` tries free
/// format, then fixed. Throws `ParseError` with the file name given, the line and the column.
[[nodiscard]] inline MpsProgram parse_mps(std::string_view text, std::string file = "mps",
                                          MpsFormat format = MpsFormat::automatic) {
  MpsProgram program;
  detail::MpsReader reader(text, file, format == MpsFormat::fixed);
  if (reader.read(program)) return program;
  if (format == MpsFormat::automatic) {
    MpsProgram second;
    if (detail::MpsReader(text, file, true).read(second)) return second;
  }
  KILTER_THROW(*reader.error());
}

/// Reads a program in MPS format from a stream.
[[nodiscard]] inline MpsProgram read_mps(std::istream& in, std::string file = "mps", MpsFormat format = MpsFormat::automatic) {
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return parse_mps(text, std::move(file), format);
}

}  // namespace kilter::lp
