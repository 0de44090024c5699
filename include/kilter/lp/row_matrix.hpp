#pragma once
/// @file
/// The matrix of a `Model`: all rows one after the other in one array. Indices are checked by the model, not here.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/lp/expression.hpp"

namespace kilter::lp {

/// A sparse matrix by columns: the entries of column `j` are `row[k], value[k]` for `start[j] <= k < start[j + 1]`.
struct SparseColumns {
  std::vector<int> start{};
  std::vector<int> row{};
  std::vector<double> value{};
};

/// A sparse matrix by rows: the entries of row `i` are `column[k], value[k]` for `start[i] <= k < start[i + 1]`.
struct SparseRows {
  std::vector<int> start{};
  std::vector<int> column{};
  std::vector<double> value{};
};

namespace detail {

/// Makes room for `extra` more elements, doubling as `push_back` would, so that adding them cannot throw.
template <class T>
void grow(std::vector<T>& values, std::size_t extra) {
  const std::size_t wanted = values.size() + extra;
  if (wanted > values.capacity()) values.reserve(std::max(wanted, 2 * values.capacity()));
}

/// Removes the elements whose place is marked; a vector shorter than the marks has nothing in the missing places.
template <class T>
void erase_marked(std::vector<T>& values, std::span<const char> marked) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (marked[i]) continue;
    if (kept != i) values[kept] = std::move(values[i]);
    ++kept;
  }
  values.resize(kept);
}

/// Names of columns or rows; costs nothing until the first one is given.
class Names {
 public:
  [[nodiscard]] const std::string& operator[](std::size_t i) const {
    static const std::string none;
    return i < names_.size() ? names_[i] : none;
  }
  /// After this, `put(i, name)` cannot throw.
  void prepare(std::size_t i, const std::string& name) {
    if (!name.empty() && i >= names_.size()) grow(names_, i + 1 - names_.size());
  }
  void put(std::size_t i, std::string&& name) {
    if (i >= names_.size()) {
      if (name.empty()) return;
      names_.resize(i + 1);
    }
    names_[i] = std::move(name);
  }
  void assign(std::string_view argument, std::vector<std::string>&& names, std::size_t count) {
    require(names.empty() || names.size() == count, argument, names.size(), "must be empty or have one entry each");
    names_ = std::move(names);
  }
  void erase(std::span<const char> marked) { erase_marked(names_, marked); }
  [[nodiscard]] std::optional<int> find(std::string_view name) const {
    for (std::size_t i = 0; i < names_.size() && !name.empty(); ++i) {
      if (names_[i] == name) return static_cast<int>(i);
    }
    return {};
  }

 private:
  std::vector<std::string> names_;
};

/// Each member either succeeds or leaves the matrix as it was.
class RowMatrix {
 public:
  [[nodiscard]] std::span<const Term> terms() const noexcept { return terms_; }
  [[nodiscard]] std::span<const std::size_t> starts() const noexcept { return starts_; }
  [[nodiscard]] std::span<const Term> row(std::size_t i) const {
    return std::span<const Term>{terms_}.subspan(starts_[i], starts_[i + 1] - starts_[i]);
  }

  void reserve(std::size_t rows, std::size_t columns, std::size_t nonzeros) {
    starts_.reserve(rows + 1);
    mark_.reserve(columns);
    terms_.reserve(nonzeros);
  }
  void prepare_columns(std::size_t count) { grow(mark_, count); }
  void append_empty_columns(std::size_t count) { mark_.resize(mark_.size() + count, -1); }
  void append_empty_rows(std::size_t count) { starts_.resize(starts_.size() + count, terms_.size()); }

  /// Terms of the same column are summed and zeros dropped. False, and nothing done, where a sum is not finite.
  bool append_row(std::span<const Term> terms) {
    if (is_inside(terms)) return append_row(std::vector<Term>(terms.begin(), terms.end()));
    grow(starts_, 1);
    if (!append_merged(terms)) return false;
    starts_.push_back(terms_.size());
    return true;
  }

  /// The same for the place of an existing row. O(nonzeros behind it).
  bool replace_row(std::size_t i, std::span<const Term> terms) {
    if (is_inside(terms)) return replace_row(i, std::vector<Term>(terms.begin(), terms.end()));
    const std::size_t begin = terms_.size();
    if (!append_merged(terms)) return false;
    const std::size_t count = terms_.size() - begin, old = starts_[i + 1] - starts_[i];
    const auto place = terms_.begin() + offset(starts_[i]);
    if (count == old) {
      std::copy(terms_.begin() + offset(begin), terms_.end(), place);
      terms_.resize(begin);
      return true;
    }
    std::rotate(place, terms_.begin() + offset(begin), terms_.end());
    terms_.erase(place + offset(count), place + offset(count + old));
    for (std::size_t k = i + 1; k < starts_.size(); ++k) starts_[k] = starts_[k] + count - old;
    return true;
  }

  [[nodiscard]] double get(std::size_t i, int column) const {
    const std::size_t k = find(i, column);
    return k < starts_[i + 1] ? terms_[k].coefficient : 0.0;
  }
  /// Sets, inserts (at the end of the row) or, for 0, erases one entry. O(length of the row), and O(nonzeros behind it) where the
  /// pattern changes.
  void set(std::size_t i, int column, double value) {
    const std::size_t k = find(i, column);
    const bool found = k < starts_[i + 1];
    if (found && value != 0) {
      terms_[k].coefficient = value;
    } else if (found) {
      terms_.erase(terms_.begin() + offset(k));
      for (std::size_t h = i + 1; h < starts_.size(); ++h) --starts_[h];
    } else if (value != 0) {
      terms_.insert(terms_.begin() + offset(k), Term{.column = column, .coefficient = value});
      for (std::size_t h = i + 1; h < starts_.size(); ++h) ++starts_[h];
    }
  }

  /// Adds rows with entries `column[k], value[k]`, `start[i] <= k < start[i + 1]`, each column at most once in a row. Zeros are
  /// dropped.
  void append_rows(std::span<const int> start, std::span<const int> column, std::span<const double> value) {
    grow(starts_, start.size() - 1);
    grow(terms_, value.size());
    for (std::size_t i = 0; i + 1 < start.size(); ++i) {
      for (std::size_t k = at(start[i]); k < at(start[i + 1]); ++k) {
        if (value[k] != 0) terms_.push_back({.column = column[k], .coefficient = value[k]});
      }
      starts_.push_back(terms_.size());
    }
  }

  /// Adds columns with entries `row[k], value[k]`, `start[j] <= k < start[j + 1]`, each row at most once in a column. Zeros are
  /// dropped. One backward pass over the rows: O(rows + nonzeros + entries).
  void append_columns(std::span<const int> start, std::span<const int> row, std::span<const double> value) {
    const std::size_t count = start.size() - 1;
    grow(mark_, count);
    std::vector<std::size_t> next(starts_.size() - 1);
    std::size_t added = 0;
    for (std::size_t k = 0; k < row.size(); ++k) {
      if (value[k] == 0) continue;
      ++next[at(row[k])];
      ++added;
    }
    grow(terms_, added);
    terms_.resize(terms_.size() + added);
    open_gaps(next, added);
    const int first = static_cast<int>(mark_.size());
    mark_.resize(mark_.size() + count, -1);
    for (std::size_t j = 0; j < count; ++j) {
      for (std::size_t k = at(start[j]); k < at(start[j + 1]); ++k) {
        if (value[k] != 0) terms_[next[at(row[k])]++] = {.column = first + static_cast<int>(j), .coefficient = value[k]};
      }
    }
  }

  void erase_rows(std::span<const char> marked) {
    std::size_t kept = 0, end = 0;
    for (std::size_t i = 0; i < marked.size(); ++i) {
      const std::size_t from = starts_[i], to = starts_[i + 1];
      if (marked[i]) continue;
      if (end != from) std::copy(terms_.begin() + offset(from), terms_.begin() + offset(to), terms_.begin() + offset(end));
      starts_[kept++] = end;
      end += to - from;
    }
    starts_[kept] = end;
    starts_.resize(kept + 1);
    terms_.resize(end);
  }

  void erase_columns(std::span<const char> marked) {
    // `mark_` holds the new numbers for the length of the pass.
    int kept = 0;
    for (std::size_t j = 0; j < marked.size(); ++j) mark_[j] = marked[j] ? -1 : kept++;
    std::size_t end = 0, from = 0;
    for (std::size_t i = 0; i + 1 < starts_.size(); ++i) {
      for (; from < starts_[i + 1]; ++from) {
        const Term term = terms_[from];
        if (mark_[at(term.column)] >= 0) terms_[end++] = {.column = mark_[at(term.column)], .coefficient = term.coefficient};
      }
      starts_[i + 1] = end;
    }
    terms_.resize(end);
    mark_.assign(at(kept), -1);
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  static std::ptrdiff_t offset(std::size_t k) { return static_cast<std::ptrdiff_t>(k); }

  /// Are `terms` part of this matrix, so that adding to it could move them away?
  [[nodiscard]] bool is_inside(std::span<const Term> terms) const {
    const std::less<const Term*> before;
    return !terms.empty() && !before(terms.data(), terms_.data()) && before(terms.data(), terms_.data() + terms_.size());
  }
  [[nodiscard]] std::size_t find(std::size_t i, int column) const {
    std::size_t k = starts_[i];
    while (k < starts_[i + 1] && terms_[k].column != column) ++k;
    return k;
  }

  /// Nothing to merge, and nothing to drop: columns ascending, no zeros.
  static bool is_plain(std::span<const Term> terms) {
    int last = -1;
    bool plain = true;
    for (const Term& term : terms) {
      plain = plain && term.column > last && term.coefficient != 0;
      last = term.column;
    }
    return plain;
  }
  /// `mark_` is −1 for every column before and after.
  bool append_merged(std::span<const Term> terms) {
    grow(terms_, terms.size());
    if (is_plain(terms)) {
      terms_.insert(terms_.end(), terms.begin(), terms.end());
      return true;
    }
    const std::size_t begin = terms_.size();
    for (const Term& term : terms) {
      int& slot = mark_[at(term.column)];
      if (slot < 0) {
        slot = static_cast<int>(terms_.size() - begin);
        terms_.push_back(term);
      } else {
        terms_[begin + at(slot)].coefficient += term.coefficient;
      }
    }
    std::size_t end = begin;
    bool finite = true;
    for (std::size_t k = begin; k < terms_.size(); ++k) {
      const Term term = terms_[k];
      mark_[at(term.column)] = -1;
      finite = finite && std::isfinite(term.coefficient);
      if (term.coefficient != 0) terms_[end++] = term;
    }
    terms_.resize(finite ? end : begin);
    return finite;
  }

  /// Moves every row `i` up to leave `gap[i]` free places behind it, `added` in all; then `gap[i]` is where they begin.
  void open_gaps(std::vector<std::size_t>& gap, std::size_t added) {
    std::size_t before = added;
    for (std::size_t i = gap.size(); i-- > 0;) {
      const std::size_t from = starts_[i], to = starts_[i + 1];
      starts_[i + 1] = to + before;
      before -= gap[i];
      gap[i] = to + before;
      if (before > 0) {
        std::move_backward(terms_.begin() + offset(from), terms_.begin() + offset(to), terms_.begin() + offset(to + before));
      }
    }
  }

  std::vector<std::size_t> starts_ = {0};
  std::vector<Term> terms_;
  std::vector<int> mark_;
};

}  // namespace detail
}  // namespace kilter::lp
