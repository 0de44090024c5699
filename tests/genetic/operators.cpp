// What each operator promises, over thousands of random parents.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/bit_string.hpp"
#include "kilter/genetic/discrete_crossover.hpp"
#include "kilter/genetic/job_repetition.hpp"
#include "kilter/genetic/mutation.hpp"
#include "kilter/genetic/permutation.hpp"
#include "kilter/genetic/real_vector.hpp"
#include "refused.hpp"

using kilter::Rng;
using namespace kilter::genetic;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

using Row = std::vector<std::uint16_t>;

Row random_row(const JobRepetition<>& encoding, Rng& rng) {
  PrecedenceScratch scratch;
  Row row(encoding.size());
  encoding.random(row, rng, scratch);
  return row;
}

/// The operations of a row: job and how often the job stood before.
std::vector<std::pair<std::uint16_t, int>> operations(const Row& row) {
  std::map<std::uint16_t, int> count;
  std::vector<std::pair<std::uint16_t, int>> out;
  for (const auto job : row) out.emplace_back(job, count[job]++);
  return out;
}

std::vector<std::size_t> places_of(const Row& row, std::uint16_t job) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == job) out.push_back(i);
  }
  return out;
}

/// `row` without the jobs that stand in `child` where they stand in `a`.
Row others(const Row& row, const std::set<std::uint16_t>& kept) {
  Row out;
  std::copy_if(row.begin(), row.end(), std::back_inserter(out), [&](auto job) { return kept.count(job) == 0; });
  return out;
}

}  // namespace

TEST_CASE("JOX and POX keep whole jobs in place and the others in order") {
  PrecedenceScratch scratch;
  Rng rng{21};
  std::map<std::size_t, int> sizes;
  for (int round = 0; round < 2000; ++round) {
    const std::size_t jobs = 1 + rng.index(6);
    std::vector<std::uint32_t> counts(jobs);
    for (auto& c : counts) c = static_cast<std::uint32_t>(1 + rng.index(5));
    const JobRepetition<> encoding(counts);
    const Row a = random_row(encoding, rng), b = random_row(encoding, rng);
    Row child(a.size());
    const bool jox = round % 2 == 0;
    if (jox) {
      job_order_crossover<std::uint16_t>(a, b, child, jobs, rng, scratch);
    } else {
      precedence_order_crossover<std::uint16_t>(a, b, child, jobs, rng, scratch);
    }
    REQUIRE(encoding.check(child));
    std::set<std::uint16_t> kept;
    for (std::uint16_t j = 0; j < jobs; ++j) {
      if (places_of(child, j) == places_of(a, j)) kept.insert(j);
    }
    CHECK(others(child, kept) == others(b, kept));
    if (!jox) CHECK_FALSE(kept.empty());
    Row again(a.size());
    job_order_crossover<std::uint16_t>(a, a, again, jobs, rng, scratch);
    CHECK(again == a);
  }
}

TEST_CASE("POX draws the number of jobs that stay uniformly, JOX tosses a coin per job") {
  // The parents are reversed, so that a job stays in place only when it was chosen.
  constexpr std::size_t jobs = 5;
  Row a, b;
  for (std::uint16_t j = 0; j < jobs; ++j) a.insert(a.end(), 2, j);
  b.assign(a.rbegin(), a.rend());
  PrecedenceScratch scratch;
  Rng rng{22};
  std::array<int, jobs + 1> pox{};
  std::array<int, jobs> chosen{};
  for (int i = 0; i < 4000; ++i) {
    Row child(a.size());
    precedence_order_crossover<std::uint16_t>(a, b, child, jobs, rng, scratch);
    ++pox[jobs - static_cast<std::size_t>(std::count(scratch.moves.begin(), scratch.moves.begin() + jobs, 1))];
    job_order_crossover<std::uint16_t>(a, b, child, jobs, rng, scratch);
    for (std::size_t j = 0; j < jobs; ++j) chosen[j] += scratch.moves[j] == 0 ? 1 : 0;
  }
  CHECK(pox[0] == 0);
  CHECK(pox[jobs] == 0);
  for (std::size_t k = 1; k < jobs; ++k) CHECK(std::abs(pox[k] - 1000) < 120);  // four deviations and more
  for (const int c : chosen) CHECK(std::abs(c - 2000) < 140);
}

TEST_CASE("PPX keeps every precedence that both parents have") {
  PrecedenceScratch scratch;
  Rng rng{23};
  for (int round = 0; round < 1000; ++round) {
    const JobRepetition<> encoding(1 + rng.index(4), 1 + rng.index(4));
    const Row a = random_row(encoding, rng), b = random_row(encoding, rng);
    Row child(a.size());
    precedence_preservative_crossover<std::uint16_t>(a, b, child, encoding.jobs(), rng, scratch);
    REQUIRE(encoding.check(child));
    const auto in_a = operations(a), in_b = operations(b), in_child = operations(child);
    const auto at = [](const auto& ops, const auto& op) { return std::find(ops.begin(), ops.end(), op) - ops.begin(); };
    bool kept = true;
    for (const auto& x : in_a) {
      for (const auto& y : in_a) {
        if (at(in_a, x) < at(in_a, y) && at(in_b, x) < at(in_b, y)) kept = kept && at(in_child, x) < at(in_child, y);
      }
    }
    CHECK(kept);
    precedence_preservative_crossover<std::uint16_t>(a, a, child, encoding.jobs(), rng, scratch);
    CHECK(child == a);
  }
}

TEST_CASE("PPX on a permutation is the worked example of its paper's rule") {
  // Coins a a b b a b: taken from the left of either parent, skipping what the child has.
  const std::vector<std::uint8_t> a{0, 1, 2, 3, 4, 5}, b{5, 3, 1, 0, 2, 4};
  PrecedenceScratch scratch;
  std::set<std::vector<std::uint8_t>> seen;
  Rng rng{24};
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::uint8_t> child(6);
    precedence_preservative_crossover<std::uint8_t>(a, b, child, 6, rng, scratch);
    seen.insert(child);
  }
  CHECK(seen.count({0, 1, 5, 3, 2, 4}) == 1);
  CHECK(seen.count({0, 1, 2, 3, 4, 5}) == 1);
  CHECK(seen.count({5, 3, 1, 0, 2, 4}) == 1);
  CHECK(seen.count({1, 0, 2, 3, 4, 5}) == 0);  // 1 leads in neither parent
}

TEMPLATE_TEST_CASE("discrete crossovers take each gene from its place in a parent", "", std::uint8_t, std::uint32_t, double) {
  Rng rng{25};
  for (int round = 0; round < 1000; ++round) {
    const std::size_t n = rng.index(150);
    std::vector<TestType> a(n, TestType(1)), b(n, TestType(2)), child(n);
    const auto from_b = [&] { return static_cast<std::size_t>(std::count(child.begin(), child.end(), TestType(2))); };
    const auto valid = [&] {
      return std::all_of(child.begin(), child.end(), [](auto g) { return g == TestType(1) || g == TestType(2); });
    };
    uniform_crossover<TestType>(a, b, child, rng);
    CHECK(valid());
    biased_uniform_crossover<TestType>(a, b, child, 1.0, rng);
    CHECK(child == a);
    biased_uniform_crossover<TestType>(a, b, child, 0.0, rng);
    CHECK(child == b);
    one_point_crossover<TestType>(a, b, child, rng);
    CHECK(valid());
    CHECK(std::is_sorted(child.begin(), child.end()));
    if (n >= 2) CHECK((from_b() >= 1 && from_b() < n));
    two_point_crossover<TestType>(a, b, child, rng);
    CHECK(valid());
    if (n >= 1) CHECK(from_b() >= 1);
    std::size_t borders = 0;
    for (std::size_t i = 0; i + 1 < n; ++i) borders += child[i] != child[i + 1] ? 1U : 0U;
    CHECK(borders <= 2);
    for (auto* cross : {uniform_crossover<TestType>, one_point_crossover<TestType>, two_point_crossover<TestType>}) {
      cross(a, a, child, rng);
      CHECK(child == a);
    }
  }
  std::vector<TestType> a(3), b(4), child(3);
  CHECK_REFUSED(uniform_crossover<TestType>(a, b, child, rng), "parents = 4");
}

TEST_CASE("uniform crossover tosses a fair coin for each byte on its own") {
  constexpr std::size_t n = 77;
  const std::vector<std::uint8_t> a(n, 0), b(n, 1);
  std::vector<std::uint8_t> child(n);
  std::array<int, n> ones{};
  std::array<int, n> pairs{};
  Rng rng{26};
  constexpr int draws = 4000;
  for (int i = 0; i < draws; ++i) {
    uniform_crossover<std::uint8_t>(a, b, child, rng);
    for (std::size_t k = 0; k < n; ++k) {
      ones[k] += child[k];
      pairs[k] += child[k] & child[(k + 1) % n];
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    CHECK(std::abs(ones[k] - draws / 2) < 150);   // 4.7 deviations
    CHECK(std::abs(pairs[k] - draws / 4) < 130);  // 4.7 deviations
  }
}

TEST_CASE("a mutation of a given rate hits each place as often") {
  Rng rng{27};
  for (const double rate : {0.0, 0.02, 0.3, 1.0}) {
    constexpr std::size_t n = 50;
    std::array<int, n> hits{};
    for (int i = 0; i < 4000; ++i) {
      std::size_t before = n;
      kilter::genetic::detail::for_each_hit(n, rate, rng, [&](std::size_t k) {
        CHECK((before == n || k > before));
        before = k;
        ++hits[k];
      });
    }
    const double deviation = std::sqrt(4000 * rate * (1 - rate));
    for (const int h : hits) CHECK(std::abs(h - 4000 * rate) <= 4.7 * deviation);
  }
}

TEST_CASE("bits are flipped as often as asked") {
  const BitString encoding(200, 3);
  BitString::Workspace ws;
  Rng rng{28};
  double flips = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::uint8_t> bits(200, 0);
    encoding.mutate(bits, rng, ws);
    for (const auto b : bits) flips += b;
    encoding.mutate(1, bits, rng, ws);
    CHECK(encoding.check(bits));
  }
  CHECK_THAT(flips / 2000, WithinAbs(3.0, 0.18));
}

TEST_CASE("swap of a job row exchanges two different jobs, whatever else stands there") {
  Rng rng{29};
  PrecedenceScratch scratch;
  const JobRepetition<> encoding({1, 8, 2});
  for (int i = 0; i < 1000; ++i) {
    Row row = random_row(encoding, rng);
    const Row before = row;
    encoding.mutate(row, rng, scratch);
    REQUIRE(encoding.check(row));
    std::size_t changed = 0;
    for (std::size_t k = 0; k < row.size(); ++k) changed += row[k] != before[k] ? 1U : 0U;
    CHECK(changed == 2);
  }
  std::vector<std::uint16_t> same(5, 0);
  JobRepetition<>(1, 5).mutate(same, rng, scratch);
  CHECK(same == std::vector<std::uint16_t>(5, 0));
}

TEST_CASE("SBX stays within bounds, keeps equal parents and has the parents' mean") {
  Rng rng{30};
  for (int round = 0; round < 5000; ++round) {
    const double lower = rng.uniform(-10, 0), upper = lower + rng.uniform(0.1, 10);
    const double a = round % 7 == 0 ? lower : rng.uniform(lower, upper), b = round % 5 == 0 ? upper : rng.uniform(lower, upper);
    const double eta = rng.uniform(0, 40);
    const double child = sbx_gene(a, b, lower, upper, eta, rng);
    CHECK((child >= lower && child <= upper));
    CHECK(sbx_gene(a, a, lower, upper, eta, rng) == a);
  }
  double sum = 0;
  for (int i = 0; i < 40000; ++i) sum += sbx_gene(1, 3, -100, 100, 5, rng);
  CHECK_THAT(sum / 40000, WithinAbs(2.0, 0.05));
}

TEST_CASE("SBX spreads as its density says") {
  // Without bounds in reach P(spread <= 1) = 1/2, and beyond 1 the density is (eta + 1)/2 s^-(eta + 2), so P(spread > s) =
  // s^-(eta + 1)/2; below 1 P(spread < s) = s^(eta + 1)/2 (Deb, Agrawal 1995, eqs. 9 and 10).
  Rng rng{31};
  constexpr double eta = 3;
  int inside = 0, far = 0, near = 0;
  constexpr int draws = 40000;
  for (int i = 0; i < draws; ++i) {
    const double spread = std::abs(sbx_gene(-1, 1, -1e9, 1e9, eta, rng));
    inside += spread <= 1 ? 1 : 0;
    near += spread < 0.7 ? 1 : 0;
    far += spread > 1.5 ? 1 : 0;
  }
  CHECK_THAT(inside / double(draws), WithinAbs(0.5, 0.012));
  CHECK_THAT(near / double(draws), WithinAbs(0.5 * std::pow(0.7, eta + 1), 0.009));
  CHECK_THAT(far / double(draws), WithinAbs(0.5 * std::pow(1.5, -eta - 1), 0.009));
}

TEST_CASE("polynomial mutation stays within bounds and steps as its density says") {
  Rng rng{32};
  for (int round = 0; round < 5000; ++round) {
    const double lower = rng.uniform(-10, 0), upper = lower + rng.uniform(0, 10);
    const double x = round % 7 == 0 ? lower : round % 5 == 0 ? upper : rng.uniform(lower, upper);
    const double y = polynomial_gene(x, lower, upper, rng.uniform(0, 40), rng);
    CHECK((y >= lower && y <= upper));
  }
  CHECK(polynomial_gene(2, 2, 2, 20, rng) == 2);
  // In the middle of a range of 1: u < 1/2 gives step d with (1 + d)^(eta + 1) = 2u + (1 - 2u) 2^-(eta + 1).
  constexpr double eta = 4, d = -0.1;
  const double c = std::pow(0.5, eta + 1), u = (std::pow(1 + d, eta + 1) - c) / (2 * (1 - c));
  int below = 0, less = 0;
  constexpr int draws = 40000;
  for (int i = 0; i < draws; ++i) {
    const double step = polynomial_gene(0.5, 0, 1, eta, rng) - 0.5;
    below += step < d ? 1 : 0;
    less += step < 0 ? 1 : 0;
  }
  CHECK_THAT(below / double(draws), WithinAbs(u, 0.012));
  CHECK_THAT(less / double(draws), WithinAbs(0.5, 0.012));
}

TEST_CASE("the power of a spread is that of the library") {
  Rng rng{33};
  for (int i = 0; i < 1000; ++i) {
    const double x = rng.uniform(1, 100);
    const double exponent = i % 2 == 0 ? static_cast<double>(1 + rng.index(30)) : rng.uniform(1, 30);
    CHECK_THAT(kilter::genetic::detail::spread_power(x, exponent), WithinRel(std::pow(x, -exponent), 1e-12));
  }
}

TEST_CASE("keys order by value and then by index") {
  const std::vector<double> keys{0.5, 0.1, 0.5, 0.0, 0.1};
  Order order(5);
  order_of_keys(keys, order);
  CHECK(order == Order{3, 1, 4, 0, 2});
  CHECK_REFUSED(order_of_keys(keys, std::span{order}.first(4)), "order = 4");
}
