#pragma once
/// @file
/// Networks in the text formats of the first DIMACS challenge: minimum cost flow (`p min`) and assignment (`p asn`).

#include <charconv>
#include <cmath>
#include <cstddef>
#include <istream>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "kilter/core/error.hpp"
#include "kilter/core/text.hpp"
#include "kilter/lp/network_data.hpp"

namespace kilter::lp {

namespace detail {

/// One pass over the text, line by line; the first letter of a line says what it holds.
class DimacsReader {
 public:
  DimacsReader(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

  Network read() {
    while (next_line()) {
      const std::string_view kind = word();
      if (kind == "c") continue;
      if (kind == "p") {
        read_problem();
      } else if (kind == "n") {
        read_node();
      } else if (kind == "a") {
        read_arc();
      } else {
        fail("'" + std::string{kind.substr(0, 40)} + "' begins no line of this format: c, p, n or a");
      }
    }
    column_ = 0;
    if (!begun_) fail("there is no line `p min NODES ARCS`");
    if (network_.arcs() != arcs_) {
      fail("the file says " + std::to_string(arcs_) + " arcs and has " + std::to_string(network_.arcs()));
    }
    if (assignment_) set_demands();
    return std::move(network_);
  }

 private:
  [[noreturn]] void fail(std::string_view message) const { KILTER_THROW(ParseError({file_, line_number_, column_}, message)); }

  /// The next line that is not blank.
  bool next_line() {
    while (next_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', next_), text_.size());
      line_ = text_.substr(next_, end - next_);
      next_ = end + 1;
      at_ = 0;
      ++line_number_;
      if (line_.find_first_not_of(blanks) != std::string_view::npos) return true;
    }
    return false;
  }
  std::string_view word() {
    at_ = std::min(line_.find_first_not_of(blanks, at_), line_.size());
    column_ = at_ + 1;
    const std::size_t end = std::min(line_.find_first_of(blanks, at_), line_.size());
    const std::string_view found = line_.substr(at_, end - at_);
    at_ = end;
    return found;
  }
  template <class Number>
  Number number(std::string_view what) {
    std::string_view text = word();
    if (text.empty()) fail(std::string{what} + " is missing");
    const std::string_view whole = text;
    if (text.front() == '+') text.remove_prefix(1);
    Number value{};
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) {
      fail(std::string{what} + " '" + std::string{whole.substr(0, 40)} + "' is not a number that can be held");
    }
    return value;
  }
  double finite(std::string_view what) {
    const double value = number<double>(what);
    if (!std::isfinite(value)) fail(std::string{what} + " must be finite");
    return value;
  }
  int node() {
    const int id = number<int>("the node");
    if (id < 1 || id > network_.nodes()) fail("node " + std::to_string(id) + " is not in 1 … " + std::to_string(network_.nodes()));
    return id - 1;
  }
  void end_of_line() {
    if (!word().empty()) fail("nothing more was expected on this line");
  }
  int count(std::string_view what) {
    const int value = number<int>(what);
    if (value < 0) fail(std::string{what} + " must not be negative");
    return value;
  }

  void read_problem() {
    if (begun_) fail("a second line `p`");
    const std::string_view kind = word();
    if (kind != "min" && kind != "asn") fail("the kind of problem must be `min` or `asn`");
    assignment_ = kind == "asn";
    const int nodes = count("the number of nodes");
    // No more is reserved than a file of this length can hold: a wrong count must not cost memory.
    if (static_cast<std::size_t>(nodes) > most_nodes(text_.size())) fail("more nodes than a file of this length can mean");
    arcs_ = count("the number of arcs");
    end_of_line();
    network_.add_nodes(nodes);
    described_.resize(static_cast<std::size_t>(nodes));
    begun_ = true;
  }
  /// Isolated nodes need no line of their own, so that the length of a file bounds them only loosely.
  static std::size_t most_nodes(std::size_t length) { return 1'000'000 + length; }

  void read_node() {
    if (!begun_) fail("a node before the line `p`");
    const int id = node();
    if (described_[static_cast<std::size_t>(id)]) fail("node " + std::to_string(id + 1) + " is described twice");
    const double supply = assignment_ ? 1.0 : finite("the supply");
    end_of_line();
    described_[static_cast<std::size_t>(id)] = true;
    network_.set_supply(id, supply);
  }
  void read_arc() {
    if (!begun_) fail("an arc before the line `p`");
    if (network_.arcs() == arcs_) fail("more arcs than the line `p` says");
    const int source = node(), target = node();
    double lower = 0, upper = 1;
    if (!assignment_) read_bounds(lower, upper);
    const double cost = finite("the cost");
    end_of_line();
    network_.add_arc(source, target, lower, upper, cost);
  }
  void read_bounds(double& lower, double& upper) {
    lower = number<double>("the lower bound");
    if (std::isnan(lower) || lower >= 1e30) fail("the lower bound must be finite or minus infinity");
    if (lower <= -1e30) lower = -infinity;
    upper = number<double>("the capacity");
    if (upper >= 1e30 || (upper == -1 && lower > -1)) upper = infinity;
    if (std::isnan(upper) || upper <= -1e30) fail("the capacity must be finite or plus infinity");
    if (lower > upper) fail("the capacity is below the lower bound");
  }
  /// In an assignment the nodes that were named are the sources; every other one takes one unit.
  void set_demands() {
    for (int v = 0; v < network_.nodes(); ++v) {
      if (!described_[static_cast<std::size_t>(v)]) network_.set_supply(v, -1);
    }
  }

  static constexpr std::string_view blanks = " \t\r\v\f";
  std::string_view text_, line_;
  std::string file_;
  std::size_t next_ = 0, at_ = 0, column_ = 0, line_number_ = 0;
  Network network_;
  std::vector<bool> described_;
  int arcs_ = 0;
  bool begun_ = false, assignment_ = false;
};

}  // namespace detail

/// Reads a network in DIMACS format: lines `c …`, `p min NODES ARCS`, `n NODE SUPPLY`, `a FROM TO LOWER CAPACITY COST`; or
/// `p asn NODES ARCS`, `n SOURCE`, `a FROM TO COST`, of which every node that is not a source takes one unit. Nodes count from 1.
/// Numbers may be real. A capacity of −1 below the lower bound, `inf`, and 1e30 or more mean that there is none. Throws
/// `ParseError` with the file name given, the line and the column.
[[nodiscard]] inline Network parse_dimacs(std::string_view text, std::string file = "dimacs") {
  return detail::DimacsReader(text, std::move(file)).read();
}

/// Reads a network in DIMACS format from a stream.
[[nodiscard]] inline Network read_dimacs(std::istream& in, std::string file = "dimacs") {
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return parse_dimacs(text, std::move(file));
}

/// The network in DIMACS format (`p min`), numbers in the shortest form that reads back as the same double; an absent capacity is
/// written as −1 where that reads back, else as `inf`.
[[nodiscard]] inline std::string to_dimacs(const Network& network) {
  std::string out = "p min " + std::to_string(network.nodes()) + ' ' + std::to_string(network.arcs()) + '\n';
  for (int v = 0; v < network.nodes(); ++v) {
    if (network.supply(v) != 0) out += "n " + std::to_string(v + 1) + ' ' + to_string(network.supply(v)) + '\n';
  }
  for (int a = 0; a < network.arcs(); ++a) {
    const double lower = network.lower(a), upper = network.upper(a);
    const std::string capacity = std::isinf(upper) ? (lower > -1 ? "-1" : "inf") : to_string(upper);
    out += "a " + std::to_string(network.source(a) + 1) + ' ' + std::to_string(network.target(a) + 1) + ' ' + to_string(lower) +
           ' ' + capacity + ' ' + to_string(network.cost(a)) + '\n';
  }
  return out;
}

/// Writes the network in DIMACS format to a stream.
inline void write_dimacs(std::ostream& out, const Network& network) { out << to_dimacs(network); }

}  // namespace kilter::lp
