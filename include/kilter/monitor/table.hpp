#pragma once
/// @file
/// `Table`: rows of texts and numbers as HTML.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/series.hpp"
#include "kilter/monitor/text.hpp"

namespace kilter::monitor {

struct Column {
  std::string name{};
  std::string unit{};
  int decimals = 2;              ///< of the column's numbers
  Better better = Better::none;  ///< the best number of the column is set in bold
};

/// One entry of a table: a text or a number (NaN: missing, shown as a dash).
class Cell {
 public:
  Cell(std::string text) : text_(std::move(text)) {}  // NOLINT(google-explicit-constructor): rows are lists of both
  Cell(std::string_view text) : text_(text) {}        // NOLINT(google-explicit-constructor)
  Cell(const char* text) : text_(text) {}             // NOLINT(google-explicit-constructor)
  template <class N>
  requires(std::integral<N> || std::floating_point<N>) Cell(N value)
      : value_(static_cast<double>(value)), number_(true) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool is_number() const { return number_; }
  [[nodiscard]] double value() const { return value_; }
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string text_;
  double value_ = missing;
  bool number_ = false;
};

/// A table with a title, numbers aligned on the right, the best of a column in bold, chosen rows highlighted, and notes below.
class Table {
 public:
  Table(std::string title, std::vector<Column> columns) : title_(std::move(title)), columns_(std::move(columns)) {
    require(!columns_.empty(), "columns", columns_.size(), "must not be empty");
    for (const auto& column : columns_) {
      require(column.decimals >= 0 && column.decimals <= 15, "decimals", column.decimals, "must be between 0 and 15");
    }
  }

  Table& row(std::vector<Cell> cells) {
    require(cells.size() == columns_.size(), "cells", cells.size(), "must be one for each column");
    rows_.push_back(std::move(cells));
    return *this;
  }
  /// Highlights a row: the best, the chosen one.
  Table& highlight(std::size_t row) {
    require(row < rows_.size(), "row", row, "is not a row of this table");
    highlighted_.push_back(row);
    return *this;
  }
  /// Highlights the row with the best number in `column`, which must say what is better; of equal ones the first. Numbers only.
  Table& highlight_best(std::size_t column) {
    require(column < columns_.size() && columns_[column].better != Better::none, "column", column,
            "must say which values are better");
    const std::size_t best = best_of(column);
    return best < rows_.size() ? highlight(best) : *this;
  }
  Table& note(std::string text) {
    notes_.push_back(std::move(text));
    return *this;
  }

  [[nodiscard]] const std::string& title() const { return title_; }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

  /// The table as HTML. O(cells).
  [[nodiscard]] std::string html() const {
    std::string out = "<figure class=\"table\">";
    if (!title_.empty()) out += "<h4>" + escape_xml(title_) + "</h4>";
    out += "<div class=\"scroll\"><table>" + head();
    out += "<tbody>";
    std::vector<std::size_t> best;
    for (std::size_t c = 0; c < columns_.size(); ++c)
      best.push_back(columns_[c].better == Better::none ? rows_.size() : best_of(c));
    for (std::size_t r = 0; r < rows_.size(); ++r) out += body_row(r, best);
    if (rows_.empty()) out += "<tr><td colspan=\"" + std::to_string(columns_.size()) + "\">no rows</td></tr>";
    out += "</tbody></table></div>";
    for (const auto& note : notes_) out += "<p class=\"note\">" + escape_xml(note) + "</p>";
    return out + "</figure>\n";
  }

 private:
  [[nodiscard]] std::size_t best_of(std::size_t column) const {
    const double sign = columns_[column].better == Better::low ? 1 : -1;
    std::size_t best = rows_.size();
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      const double value = rows_[r][column].value();
      if (!std::isnan(value) && (best == rows_.size() || sign * value < sign * rows_[best][column].value())) best = r;
    }
    return best;
  }
  /// A column of numbers, missing ones aside, is aligned on the right.
  [[nodiscard]] bool numeric(std::size_t column) const {
    return std::any_of(rows_.begin(), rows_.end(), [column](const auto& row) { return row[column].is_number(); });
  }
  [[nodiscard]] std::string head() const {
    std::string out = "<thead><tr>";
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      out += std::string{"<th scope=\"col\""} + (numeric(c) ? " class=\"number\">" : ">") + escape_xml(columns_[c].name);
      if (!columns_[c].unit.empty()) out += " <span class=\"unit\">" + escape_xml(columns_[c].unit) + "</span>";
      out += "</th>";
    }
    return out + "</tr></thead>";
  }
  [[nodiscard]] std::string body_row(std::size_t r, const std::vector<std::size_t>& best) const {
    const bool marked = std::find(highlighted_.begin(), highlighted_.end(), r) != highlighted_.end();
    std::string out = marked ? "<tr class=\"best\">" : "<tr>";
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const auto& cell = rows_[r][c];
      const std::string text = cell.is_number() ? format_number(cell.value(), columns_[c].decimals) : escape_xml(cell.text());
      // The best value stands out only where there are others.
      const bool bold = best[c] == r && rows_.size() > 1 && cell.is_number();
      out += std::string{"<td"} + (numeric(c) ? " class=\"number\">" : ">") + (bold ? "<b>" + text + "</b>" : text) + "</td>";
    }
    return out + "</tr>";
  }

  std::string title_;
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
  std::vector<std::size_t> highlighted_;
  std::vector<std::string> notes_;
};

}  // namespace kilter::monitor
