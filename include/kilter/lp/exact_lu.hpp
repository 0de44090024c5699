#pragma once
/// @file
/// Sparse LU factors modulo a prime of one machine word.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

namespace kilter::lp::detail {

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/// Numbers modulo an odd prime below 2^61. A product of a number in Montgomery's form (x 2^64) and a plain one, reduced, is plain
/// (Montgomery 1985).
class Field {
 public:
  explicit Field(std::uint64_t prime) : prime_(prime) {
    std::uint64_t inverse = prime;  // Newton: each step doubles the number of correct low bits, three at first
    for (int k = 0; k < 5; ++k) inverse *= 2 - prime * inverse;
    inverse_ = inverse;
    const uint128 r = (uint128{1} << 64) % prime;
    one_ = static_cast<std::uint64_t>(r);
    square_ = static_cast<std::uint64_t>(r * r % prime);
  }

  [[nodiscard]] std::uint64_t prime() const { return prime_; }
  /// The inverse of the prime modulo 2^64.
  [[nodiscard]] std::uint64_t word_inverse() const { return inverse_; }
  [[nodiscard]] std::uint64_t one() const { return one_; }

  /// t / 2^64 for t < prime 2^64.
  [[nodiscard]] std::uint64_t reduce(uint128 t) const {
    const std::uint64_t factor = static_cast<std::uint64_t>(t) * inverse_;
    const auto high = static_cast<std::uint64_t>(t >> 64), part = static_cast<std::uint64_t>(uint128{factor} * prime_ >> 64);
    return high >= part ? high - part : high + prime_ - part;
  }
  [[nodiscard]] std::uint64_t multiply(std::uint64_t a, std::uint64_t b) const { return reduce(uint128{a} * b); }
  [[nodiscard]] std::uint64_t add(std::uint64_t a, std::uint64_t b) const {
    const std::uint64_t sum = a + b;
    return sum >= prime_ ? sum - prime_ : sum;
  }
  [[nodiscard]] std::uint64_t negate(std::uint64_t a) const { return a == 0 ? 0 : prime_ - a; }
  /// Any word in Montgomery's form.
  [[nodiscard]] std::uint64_t enter(std::uint64_t word) const { return multiply(word, square_); }
  [[nodiscard]] std::uint64_t enter(std::int64_t word) const {
    return word >= 0 ? enter(static_cast<std::uint64_t>(word)) : negate(enter(std::uint64_t{0} - static_cast<std::uint64_t>(word)));
  }
  /// Inverse of a number in Montgomery's form, by Fermat.
  [[nodiscard]] std::uint64_t invert(std::uint64_t a) const {
    if (a == one_ || a == prime_ - one_) return a;
    std::uint64_t result = one_;
    for (std::uint64_t e = prime_ - 2; e != 0; e >>= 1) {
      if ((e & 1) != 0) result = multiply(result, a);
      a = multiply(a, a);
    }
    return result;
  }

 private:
  std::uint64_t prime_, inverse_, one_, square_;
};

/// A sparse matrix by lines, entries in Montgomery's form.
struct ModularMatrix {
  std::vector<int> start{0}, index{};
  std::vector<std::uint64_t> value{};

  void push(int i, std::uint64_t v) {
    index.push_back(i);
    value.push_back(v);
  }
  void close() { start.push_back(static_cast<int>(index.size())); }
  [[nodiscard]] int lines() const { return static_cast<int>(start.size()) - 1; }

  [[nodiscard]] ModularMatrix transposed(int size) const {
    ModularMatrix out;
    out.start.assign(static_cast<std::size_t>(size) + 1, 0);
    out.index.resize(index.size());
    out.value.resize(value.size());
    for (const int i : index) ++out.start[static_cast<std::size_t>(i) + 1];
    for (std::size_t i = 0; i < static_cast<std::size_t>(size); ++i) out.start[i + 1] += out.start[i];
    std::vector<int> next(out.start.begin(), out.start.end() - 1);
    for (int line = 0; line < lines(); ++line) {
      for (auto k = static_cast<std::size_t>(start[static_cast<std::size_t>(line)]);
           k < static_cast<std::size_t>(start[static_cast<std::size_t>(line) + 1]); ++k) {
        const auto place = static_cast<std::size_t>(next[static_cast<std::size_t>(index[k])]++);
        out.index[place] = line;
        out.value[place] = value[k];
      }
    }
    return out;
  }

  /// Sum of the entries of a line times x.
  [[nodiscard]] std::uint64_t dot(const Field& field, int line, const std::uint64_t* x, uint128 sum = 0) const {
    const std::uint64_t prime = field.prime();
    const auto from = static_cast<std::size_t>(start[static_cast<std::size_t>(line)]),
               to = static_cast<std::size_t>(start[static_cast<std::size_t>(line) + 1]);
    for (std::size_t k = from; k < to;) {
      // A product is below 2^122: sixteen and the rest from before stay below 2^128.
      for (const std::size_t end = std::min(to, k + 16); k < end; ++k) sum += uint128{value[k]} * x[index[k]];
      auto high = static_cast<std::uint64_t>(sum >> 64);
      while (high >= prime) high -= prime;
      sum = uint128{high} << 64 | static_cast<std::uint64_t>(sum);
    }
    return field.reduce(sum);
  }
};

/// Things in lists by a small count, for finding those with the smallest.
class CountLists {
 public:
  explicit CountLists(int size) : head_(at(size) + 2, -1), next_(at(size), -1), previous_(at(size), -1), count_(at(size), -1) {}

  void put(int item, int count) {
    remove(item);
    count_[at(item)] = count;
    next_[at(item)] = head_[at(count)];
    previous_[at(item)] = -1;
    if (head_[at(count)] >= 0) previous_[at(head_[at(count)])] = item;
    head_[at(count)] = item;
  }
  void remove(int item) {
    if (count_[at(item)] < 0) return;
    if (next_[at(item)] >= 0) previous_[at(next_[at(item)])] = previous_[at(item)];
    (previous_[at(item)] >= 0 ? next_[at(previous_[at(item)])] : head_[at(count_[at(item)])]) = next_[at(item)];
    count_[at(item)] = -1;
  }
  [[nodiscard]] int first(int count) const { return head_[at(count)]; }
  [[nodiscard]] int next(int item) const { return next_[at(item)]; }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  std::vector<int> head_, next_, previous_, count_;
};

/// P K Q = L D U modulo a prime, L and U with ones on the diagonal. Column and row singletons come first, Markowitz's rule picks
/// the pivots of the rest (Markowitz 1957); any entry that is not zero will do, as there is no rounding.
class ModularLu {
 public:
  /// Factors a square matrix given by columns; false when it is singular modulo the prime (`rank` pivots were found).
  bool factor(const Field& field, const ModularMatrix& columns) {
    size_ = columns.lines();
    row_of_.clear();
    column_of_.clear();
    inverse_.clear();
    lower_columns_ = upper_rows_ = {};
    rows_.assign(at(size_), {});
    columns_.assign(at(size_), {});
    row_done_.assign(at(size_), 0);
    column_done_.assign(at(size_), 0);
    place_.assign(at(size_), 0);
    load(columns);
    peel_singletons(field);
    eliminate_rest(field);
    if (rank() < size_) return false;
    finish();
    return true;
  }
  [[nodiscard]] int rank() const { return static_cast<int>(row_of_.size()); }
  [[nodiscard]] const std::vector<int>& pivot_rows() const { return row_of_; }
  [[nodiscard]] const std::vector<int>& pivot_columns() const { return column_of_; }

  /// K x = b. All numbers plain.
  void solve(const Field& field, const std::vector<std::uint64_t>& b, std::vector<std::uint64_t>& x) {
    work_.resize(at(size_));
    for (int t = 0; t < size_; ++t) work_[at(t)] = field.add(b[at(row_of_[at(t)])], lower_rows_.dot(field, t, work_.data()));
    for (int t = size_ - 1; t >= 0; --t)
      work_[at(t)] = upper_rows_.dot(field, t, work_.data(), uint128{inverse_[at(t)]} * work_[at(t)]);
    for (int t = 0; t < size_; ++t) x[at(column_of_[at(t)])] = work_[at(t)];
  }
  /// K' y = c.
  void solve_transposed(const Field& field, const std::vector<std::uint64_t>& c, std::vector<std::uint64_t>& y) {
    work_.resize(at(size_));
    for (int t = 0; t < size_; ++t) work_[at(t)] = field.add(c[at(column_of_[at(t)])], upper_columns_.dot(field, t, work_.data()));
    for (int t = 0; t < size_; ++t) work_[at(t)] = field.multiply(inverse_[at(t)], work_[at(t)]);
    for (int t = size_ - 1; t >= 0; --t) work_[at(t)] = field.add(work_[at(t)], lower_columns_.dot(field, t, work_.data()));
    for (int t = 0; t < size_; ++t) y[at(row_of_[at(t)])] = work_[at(t)];
  }

 private:
  struct Entry {
    int column;
    std::uint64_t value;
  };
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  void load(const ModularMatrix& columns) {
    for (int j = 0; j < size_; ++j) {
      for (auto k = at(columns.start[at(j)]); k < at(columns.start[at(j) + 1]); ++k) {
        if (columns.value[k] == 0) continue;
        rows_[at(columns.index[k])].push_back({j, columns.value[k]});
        columns_[at(j)].push_back(columns.index[k]);
      }
    }
  }

  // ---- singletons: only counts change, the lists stay whole

  void peel_singletons(const Field& field) {
    row_count_.resize(at(size_));
    column_count_.resize(at(size_));
    std::vector<int> queue;
    for (int k = 0; k < size_; ++k) {
      row_count_[at(k)] = static_cast<int>(rows_[at(k)].size());
      column_count_[at(k)] = static_cast<int>(columns_[at(k)].size());
      if (column_count_[at(k)] == 1) queue.push_back(k);
      if (row_count_[at(k)] == 1) queue.push_back(~k);
    }
    for (std::size_t k = 0; k < queue.size(); ++k) {
      if (queue[k] >= 0) {
        take_column_singleton(field, queue[k], queue);
      } else {
        take_row_singleton(field, ~queue[k], queue);
      }
    }
  }
  void take_column_singleton(const Field& field, int j, std::vector<int>& queue) {
    if (column_done_[at(j)] != 0 || column_count_[at(j)] != 1) return;
    int r = -1;
    for (const int i : columns_[at(j)]) r = row_done_[at(i)] == 0 ? i : r;
    record(field, r, j, value_of(r, j));
    for (const Entry& entry : rows_[at(r)]) {
      if (column_done_[at(entry.column)] != 0) continue;
      push_upper(field, entry);
      if (--column_count_[at(entry.column)] == 1) queue.push_back(entry.column);
    }
    close();
  }
  void take_row_singleton(const Field& field, int r, std::vector<int>& queue) {
    if (row_done_[at(r)] != 0 || row_count_[at(r)] != 1) return;
    Entry pivot{-1, 0};
    for (const Entry& entry : rows_[at(r)]) pivot = column_done_[at(entry.column)] == 0 ? entry : pivot;
    record(field, r, pivot.column, pivot.value);
    for (const int i : columns_[at(pivot.column)]) {
      if (row_done_[at(i)] != 0) continue;
      push_lower(field, i, field.multiply(value_of(i, pivot.column), inverse_.back()));
      if (--row_count_[at(i)] == 1) queue.push_back(~i);
    }
    close();
  }
  [[nodiscard]] std::uint64_t value_of(int row, int column) const {
    const auto& entries = rows_[at(row)];
    return std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.column == column; })->value;
  }

  // ---- pivots

  void record(const Field& field, int row, int column, std::uint64_t pivot) {
    row_of_.push_back(row);
    column_of_.push_back(column);
    inverse_.push_back(field.invert(pivot));
    row_done_[at(row)] = 1;
    column_done_[at(column)] = 1;
  }
  void push_upper(const Field& field, const Entry& entry) {
    upper_rows_.push(entry.column, field.negate(field.multiply(entry.value, inverse_.back())));
  }
  void push_lower(const Field& field, int row, std::uint64_t multiplier) { lower_columns_.push(row, field.negate(multiplier)); }
  void close() {
    upper_rows_.close();
    lower_columns_.close();
  }

  // ---- Markowitz elimination

  void eliminate_rest(const Field& field) {
    if (rank() == size_) return;
    CountLists by_row(size_), by_column(size_);
    for (int k = 0; k < size_; ++k) {
      std::erase_if(rows_[at(k)], [&](const Entry& e) { return column_done_[at(e.column)] != 0; });
      std::erase_if(columns_[at(k)], [&](int i) { return row_done_[at(i)] != 0; });
      if (row_done_[at(k)] == 0) by_row.put(k, static_cast<int>(rows_[at(k)].size()));
      if (column_done_[at(k)] == 0) by_column.put(k, static_cast<int>(columns_[at(k)].size()));
    }
    for (auto [r, c] = choose(by_row, by_column); r >= 0; std::tie(r, c) = choose(by_row, by_column))
      eliminate(field, r, c, by_row, by_column);
  }

  /// The pivot with the least fill bound among the shortest few rows and columns.
  [[nodiscard]] std::pair<int, int> choose(const CountLists& by_row, const CountLists& by_column) const {
    std::pair<int, int> best{-1, -1};
    std::size_t least = static_cast<std::size_t>(-1);
    int looked = 0;
    const auto offer = [&](int row, int column) {
      const std::size_t fill = (rows_[at(row)].size() - 1) * (columns_[at(column)].size() - 1);
      if (fill >= least) return;
      least = fill;
      best = {row, column};
    };
    for (int count = 1; count <= size_; ++count) {
      if (best.first >= 0 && least <= at(count - 1) * at(count - 1)) return best;
      for (int j = by_column.first(count); j >= 0 && looked < search_limit; j = by_column.next(j), ++looked) {
        for (const int i : columns_[at(j)]) offer(i, j);
      }
      for (int i = by_row.first(count); i >= 0 && looked < search_limit; i = by_row.next(i), ++looked) {
        for (const Entry& entry : rows_[at(i)]) offer(i, entry.column);
      }
      if (looked >= search_limit) return best;
    }
    return best;
  }

  void eliminate(const Field& field, int r, int c, CountLists& by_row, CountLists& by_column) {
    record(field, r, c, value_of(r, c));
    by_row.remove(r);
    by_column.remove(c);
    auto& pivot_row = rows_[at(r)];
    std::erase_if(pivot_row, [&](const Entry& e) { return e.column == c; });
    for (const Entry& entry : pivot_row) {
      push_upper(field, entry);
      std::erase(columns_[at(entry.column)], r);
    }
    for (const int i : columns_[at(c)]) {
      if (i == r) continue;
      auto& row = rows_[at(i)];
      const auto found = std::find_if(row.begin(), row.end(), [&](const Entry& e) { return e.column == c; });
      const std::uint64_t multiplier = field.multiply(found->value, inverse_.back());
      *found = row.back();
      row.pop_back();
      push_lower(field, i, multiplier);
      subtract(field, i, field.negate(multiplier), pivot_row);
      by_row.put(i, static_cast<int>(row.size()));
    }
    for (const Entry& entry : pivot_row) by_column.put(entry.column, static_cast<int>(columns_[at(entry.column)].size()));
    close();
  }

  /// Row i += factor * pivot row; entries that cancel leave.
  void subtract(const Field& field, int i, std::uint64_t factor, const std::vector<Entry>& pivot_row) {
    auto& row = rows_[at(i)];
    for (std::size_t k = 0; k < row.size(); ++k) place_[at(row[k].column)] = static_cast<int>(k) + 1;
    const std::size_t before = row.size();
    bool cancelled = false;
    for (const Entry& entry : pivot_row) {
      const std::uint64_t change = field.multiply(factor, entry.value);
      if (const int place = place_[at(entry.column)]; place > 0) {
        std::uint64_t& value = row[at(place - 1)].value;
        value = field.add(value, change);
        cancelled = cancelled || value == 0;
      } else {
        row.push_back({entry.column, change});
        columns_[at(entry.column)].push_back(i);
      }
    }
    for (std::size_t k = 0; k < before; ++k) place_[at(row[k].column)] = 0;
    if (!cancelled) return;
    for (const Entry& entry : row) {
      if (entry.value == 0) std::erase(columns_[at(entry.column)], i);
    }
    std::erase_if(row, [](const Entry& e) { return e.value == 0; });
  }

  /// From rows and columns to steps, in both orientations.
  void finish() {
    std::vector<int> step_of_row(at(size_)), step_of_column(at(size_));
    for (int t = 0; t < size_; ++t) {
      step_of_row[at(row_of_[at(t)])] = t;
      step_of_column[at(column_of_[at(t)])] = t;
    }
    for (int& i : lower_columns_.index) i = step_of_row[at(i)];
    for (int& j : upper_rows_.index) j = step_of_column[at(j)];
    lower_rows_ = lower_columns_.transposed(size_);
    upper_columns_ = upper_rows_.transposed(size_);
    rows_.clear();
    columns_.clear();
  }

  static constexpr int search_limit = 4;
  int size_ = 0;
  std::vector<int> row_of_, column_of_, row_count_, column_count_, place_;
  std::vector<char> row_done_, column_done_;
  std::vector<std::uint64_t> inverse_, work_;
  ModularMatrix lower_columns_, lower_rows_, upper_rows_, upper_columns_;  // entries negated
  std::vector<std::vector<Entry>> rows_;
  std::vector<std::vector<int>> columns_;
};

}  // namespace kilter::lp::detail
