#pragma once
/// @file
/// The upper half of the MPS reader: what the sections mean. `read_mps` in mps.hpp is the way in.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/error.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/mps_fields.hpp"
#include "kilter/lp/mps_program.hpp"

namespace kilter::lp::detail {

/// One pass over the text. Errors are kept, not thrown, so that the other format can be tried.
class MpsReader {
 public:
  MpsReader(std::string_view text, std::string_view file, bool fixed) : lines_(text, file, fixed) {}

  bool read(MpsProgram& program) {
    while (good() && section_ != Section::end && lines_.next()) {
      if (lines_.is_header()) {
        lines_.split_words();
        read_header(program);
      } else {
        read_data(program);
      }
    }
    if (good() && section_ != Section::end) lines_.fail(0, "the file ends without ENDATA");
    if (good()) close_columns();
    if (good()) build(program);
    return good();
  }
  [[nodiscard]] const std::optional<ParseError>& error() const { return lines_.error(); }

 private:
  enum class Section : std::uint8_t { none, name, sense, objective, rows, columns, rhs, ranges, bounds, end };
  using Fields = std::span<const MpsField>;

  struct RowData {
    char kind = 'N';
    int index = objective_row;  ///< in the model, or one of the two below
    double rhs = 0;
    double range = 0;
    bool has_range = false;
    int last_column = -1;
  };
  struct ColumnData {
    double cost = 0, lower = 0, upper = infinity;
    bool integer = false, lower_set = false, bounded = false;
  };
  static constexpr int objective_row = -1, dropped_row = -2;

  [[nodiscard]] bool good() const { return !lines_.error(); }
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }

  // ---- headers

  void read_header(MpsProgram& program) {
    const Fields fields = lines_.fields();
    constexpr std::pair<std::string_view, Section> known[] = {
        {"NAME", Section::name},     {"OBJSENSE", Section::sense},  {"OBJNAME", Section::objective},
        {"ROWS", Section::rows},     {"COLUMNS", Section::columns}, {"RHS", Section::rhs},
        {"RANGES", Section::ranges}, {"BOUNDS", Section::bounds},   {"ENDATA", Section::end},
    };
    for (const auto& [word, section] : known) {
      if (fields[0].text != word) continue;
      section_ = section;
      if (section == Section::name && fields.size() > 1) program.name = std::string{fields[1].text};
      if (section == Section::sense && fields.size() > 1) read_sense(program, fields[1]);
      if (section == Section::objective && fields.size() > 1) wanted_objective_ = fields[1].text;
      return;
    }
    lines_.fail(fields[0], "unknown section ", "");
  }
  void read_sense(MpsProgram& program, const MpsField& field) {
    std::string word{field.text};
    for (char& c : word) c = 'a' <= c && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto is_one_of = [&word](std::initializer_list<std::string_view> words) {
      for (const std::string_view w : words) {
        if (word == w) return true;
      }
      return false;
    };
    program.maximise = is_one_of({"MAX", "MAXIMIZE", "MAXIMISE"});
    if (!program.maximise && !is_one_of({"MIN", "MINIMIZE", "MINIMISE"}))
      lines_.fail(field, "the sense of the objective must be MAX or MIN, not ", "");
  }

  void read_data(MpsProgram& program) {
    const bool in_words = section_ == Section::sense || section_ == Section::objective;
    if (in_words || (section_ == Section::columns && lines_.is_marker())) {
      lines_.split_words();  // markers stand in other columns than the fields of a card
    } else {
      lines_.split();
    }
    const Fields fields = lines_.fields();
    if (!good() || fields.empty()) return;
    switch (section_) {
      case Section::sense: return read_sense(program, fields[0]);
      case Section::objective: wanted_objective_ = fields[0].text; return;
      case Section::rows: return read_row(fields);
      case Section::columns: return read_column(fields);
      case Section::rhs: return read_pairs(fields, rhs_set_);
      case Section::ranges: return read_pairs(fields, range_set_);
      case Section::bounds: return read_bound(fields);
      case Section::none:
      case Section::name:
      case Section::end: lines_.fail(1, "data outside of a section");
    }
  }

  // ---- rows and columns

  void read_row(Fields fields) {
    if (fields.size() < 2 || (fields.size() > 2 && !lines_.fixed()) || fields[0].text.size() != 1)
      return void(lines_.fail(0, "a row needs a kind and a name"));
    if (fields[1].text.empty()) return void(lines_.fail(fields[1].column, "a row needs a name"));
    const auto kind = static_cast<char>(fields[0].text[0] & ~0x20);
    if (std::string_view{"NELG"}.find(kind) == std::string_view::npos)
      return void(lines_.fail(fields[0].column, "the kind of a row is one of N, E, L, G"));
    if (!row_names_.add(fields[1].text)) return void(lines_.fail(fields[1], "", ": a row of this name exists"));
    RowData row{.kind = kind};
    if (kind != 'N') {
      row.index = row_count_++;
    } else if (objective_ < 0 && (wanted_objective_.empty() || wanted_objective_ == fields[1].text)) {
      objective_ = static_cast<int>(rows_.size());
    } else {
      row.index = dropped_row;
    }
    rows_.push_back(row);
  }

  void read_column(Fields fields) {
    if (fields.size() > 2 && fields[1].text == marker_word) return read_marker(fields);
    if (lines_.fixed() && fields[0].text.empty()) fields = fields.subspan(1);  // the kind, which columns have not
    if (fields.size() != 3 && fields.size() != 5)
      return void(lines_.fail(0, "a column needs a name and one or two pairs of row and value"));
    if (columns_.empty() || last_name_ != fields[0].text) {
      if (!open_column(fields[0])) return;
    }
    for (std::size_t f = 1; f + 1 < fields.size(); f += 2) add_entry(fields[f], fields[f + 1]);
  }
  void read_marker(Fields fields) {
    const MpsField& word = fields.back();
    if (word.text != "'INTORG'" && word.text != "'INTEND'")
      return void(lines_.fail(word, "a marker must be 'INTORG' or 'INTEND', not ", ""));
    in_integers_ = word.text == "'INTORG'";
  }
  bool open_column(const MpsField& name) {
    if (name.text.empty()) return lines_.fail(name.column, "a column needs a name");
    if (!column_names_.add(name.text))
      return lines_.fail(name, "", ": a column of this name exists already and is not the last one");
    if (matrix_.value.size() >= std::numeric_limits<int>::max() / 2) return lines_.fail(0, "too many entries");
    close_columns();
    last_name_ = name.text;
    columns_.push_back({.integer = in_integers_});
    return true;
  }
  /// Writes down where the entries of the next column begin.
  void close_columns() { matrix_.start.push_back(static_cast<int>(matrix_.value.size())); }

  void add_entry(const MpsField& row_field, const MpsField& value_field) {
    double value = 0;
    const int r = find_row(row_field);
    if (r < 0 || !lines_.read_finite(value_field, value)) return;
    RowData& row = rows_[at(r)];
    const int column = static_cast<int>(columns_.size()) - 1;
    if (row.last_column == column) return void(lines_.fail(row_field, "", ": this row has an entry in the column already"));
    row.last_column = column;
    if (row.index >= 0) {
      matrix_.row.push_back(row.index);
      matrix_.value.push_back(value);
    } else if (row.index == objective_row) {
      columns_.back().cost = value;
    }
  }
  int find_row(const MpsField& field) {
    const int row = row_names_.find(field.text);
    if (row < 0) lines_.fail(field, "unknown row ", "");
    return row;
  }

  // ---- right-hand sides, ranges and bounds

  /// Only the first set of a section counts, and with it what has no name of a set.
  bool belongs(std::string_view name, std::string_view& first) {
    if (first.empty()) first = name;
    return name.empty() || name == first;
  }

  void read_pairs(Fields fields, std::string_view& first_set) {
    if (lines_.fixed() && fields[0].text.empty()) fields = fields.subspan(1);  // the kind
    const std::size_t first = lines_.fixed() ? 1 : fields.size() % 2;          // the name of the set may be left out
    if (fields.size() < first + 2 || (fields.size() - first) % 2 != 0 || fields.size() > 5)
      return void(lines_.fail(0, "one or two pairs of row and value expected"));
    const bool used = belongs(first == 1 ? fields[0].text : std::string_view{}, first_set);
    if (!used) ++skipped_;
    for (std::size_t f = first; f + 1 < fields.size(); f += 2) {
      double value = 0;
      const int r = find_row(fields[f]);
      if (r < 0 || !lines_.read_number(fields[f + 1], value)) return;
      if (used && !set_pair(rows_[at(r)], fields[f + 1], value)) return;
    }
  }
  bool set_pair(RowData& row, const MpsField& field, double value) {
    if (section_ == Section::ranges) {
      row.range = value;
      row.has_range = true;
      return true;
    }
    const bool no_bound = (row.kind == 'L' && value == infinity) || (row.kind == 'G' && value == -infinity);
    if (std::isinf(value) && !no_bound) return lines_.fail(field, "", ": this right-hand side must be below 1e30");
    row.rhs = value;
    return true;
  }

  enum class BoundKind : std::uint8_t { unknown, up, lo, fx, ui, li, fr, mi, pl, bv, sc };
  static BoundKind bound_kind(std::string_view word) {
    constexpr std::pair<std::string_view, BoundKind> known[] = {
        {"UP", BoundKind::up}, {"LO", BoundKind::lo}, {"FX", BoundKind::fx}, {"FR", BoundKind::fr}, {"BV", BoundKind::bv},
        {"MI", BoundKind::mi}, {"PL", BoundKind::pl}, {"UI", BoundKind::ui}, {"LI", BoundKind::li}, {"SC", BoundKind::sc},
    };
    for (const auto& [name, kind] : known) {
      if (name == word) return kind;
    }
    return BoundKind::unknown;
  }

  void read_bound(Fields fields) {
    const BoundKind kind = bound_kind(fields[0].text);
    if (kind == BoundKind::unknown) return void(lines_.fail(fields[0], "unknown kind of bound ", ""));
    if (kind == BoundKind::sc) return void(lines_.fail(fields[0], "", ": semi-continuous columns are not supported"));
    const bool needs_value = kind < BoundKind::fr;
    const std::size_t name = place_of_column(fields, needs_value);
    if (fields.size() <= name + (needs_value ? 1U : 0U) || fields.size() > 4)
      return void(lines_.fail(0, "a bound needs a kind, a column and, for most kinds, a value"));
    const int column = column_names_.find(fields[name].text);
    if (column < 0) return void(lines_.fail(fields[name], "unknown column ", ""));
    double value = 0;
    if (needs_value && !lines_.read_number(fields[name + 1], value)) return;
    if (!belongs(name == 2 ? fields[1].text : std::string_view{}, bound_set_)) return void(++skipped_);
    set_bound(columns_[at(column)], kind, value);
  }
  /// The name of the set, before the column, may be left out in free format.
  [[nodiscard]] std::size_t place_of_column(Fields fields, bool needs_value) const {
    if (lines_.fixed() || fields.size() > 3) return 2;
    if (needs_value || fields.size() < 3) return 1;
    return column_names_.find(fields[2].text) >= 0 ? 2 : 1;  // FR SET COLUMN, or FR COLUMN and a value of no meaning
  }
  static void set_bound(ColumnData& column, BoundKind kind, double value) {
    using enum BoundKind;
    column.bounded = true;
    if (kind == fr || kind == mi) column.lower = -infinity;
    if (kind == fr || kind == pl) column.upper = infinity;
    if (kind == lo || kind == li || kind == fx) column.lower = value;
    if (kind == up || kind == ui || kind == fx) column.upper = value;
    if (kind == bv) {
      column.lower = 0;
      column.upper = 1;
    }
    if (kind == li || kind == ui || kind == bv) column.integer = true;
    // A negative upper bound of a column whose lower bound was never given opens it downwards.
    if ((kind == up || kind == ui) && value < 0 && !column.lower_set) column.lower = -infinity;
    if (kind != up && kind != ui && kind != pl) column.lower_set = true;
  }

  // ---- the model

  void build(MpsProgram& program) {
    if (objective_ < 0 && !wanted_objective_.empty()) return void(lines_.fail(0, "no row of kind N has the name given by OBJNAME"));
    ModelArrays arrays;
    if (!set_columns(arrays, program) || !set_rows(arrays)) return;
    if (objective_ >= 0) {
      program.objective_name = std::string{row_names_[at(objective_)]};
      const double constant = rows_[at(objective_)].rhs;
      arrays.objective_constant = program.maximise ? constant : 0.0 - constant;
    }
    program.skipped_cards = skipped_;
    program.model = Model::from_columns(std::move(arrays), matrix_);
  }
  bool set_columns(ModelArrays& arrays, MpsProgram& program) {
    program.integer.reserve(columns_.size());
    for (std::size_t j = 0; j < columns_.size(); ++j) {
      ColumnData& column = columns_[j];
      if (column.integer && !column.bounded) column.upper = 1;
      if (!(column.lower <= column.upper) || column.lower == infinity || column.upper == -infinity)
        return lines_.fail({column_names_[j], 0}, "the bounds of column ", " cross");
      arrays.costs.push_back(program.maximise ? 0.0 - column.cost : column.cost);
      arrays.lowers.push_back(column.lower);
      arrays.uppers.push_back(column.upper);
      arrays.names.emplace_back(column_names_[j]);
      program.integer.push_back(column.integer);
    }
    return true;
  }
  bool set_rows(ModelArrays& arrays) {
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      const RowData& row = rows_[r];
      if (row.index < 0) continue;
      double lower = row.kind == 'L' ? -infinity : row.rhs, upper = row.kind == 'G' ? infinity : row.rhs;
      const double size = std::abs(row.range);
      if (row.has_range && (row.kind == 'L' || (row.kind == 'E' && row.range < 0))) lower = row.rhs - size;
      if (row.has_range && (row.kind == 'G' || (row.kind == 'E' && row.range >= 0))) upper = row.rhs + size;
      if (!(lower <= upper) || lower == infinity || upper == -infinity)  // a range of what is infinite
        return lines_.fail({row_names_[r], 0}, "the right-hand side and range of row ", " leave nothing");
      arrays.row_lowers.push_back(lower);
      arrays.row_uppers.push_back(upper);
      arrays.row_names.emplace_back(row_names_[r]);
    }
    return true;
  }

  MpsLines lines_;
  Section section_ = Section::none;
  bool in_integers_ = false;
  NameTable row_names_, column_names_;
  std::vector<RowData> rows_;
  std::vector<ColumnData> columns_;
  SparseColumns matrix_;
  std::string_view last_name_{}, rhs_set_{}, range_set_{}, bound_set_{}, wanted_objective_{};
  int objective_ = -1, row_count_ = 0;
  std::size_t skipped_ = 0;
};

}  // namespace kilter::lp::detail
