// Every encoding against what `Encoding` asks of it.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/allocation_matrix.hpp"
#include "kilter/genetic/bit_string.hpp"
#include "kilter/genetic/integer_vector.hpp"
#include "kilter/genetic/job_repetition.hpp"
#include "kilter/genetic/joined.hpp"
#include "kilter/genetic/permutation.hpp"
#include "kilter/genetic/problem.hpp"
#include "kilter/genetic/real_vector.hpp"
#include "refused.hpp"

using kilter::Rng;
using namespace kilter::genetic;
using kilter::test::WithinAbs;

static_assert(Encoding<Permutation<>> && Encoding<Permutation<std::uint8_t>> && Encoding<JobRepetition<>> && Encoding<BitString> &&
              Encoding<IntegerVector<>> && Encoding<AssignmentVector<>> && Encoding<ModeVector<std::uint8_t>> &&
              Encoding<RealVector> && Encoding<RandomKeys> && Encoding<AllocationMatrix<>> &&
              Encoding<Joined<ModeVector<>, Permutation<std::uint16_t>>> && Encoding<Joined<RealVector, RandomKeys>>);

namespace {

using Counts = std::vector<std::uint32_t>;

/// Rows made and varied at random are valid, equal parents give the parent, distances are distances.
template <class E>
void exercise(const E& e, int rounds = 1000) {
  using G = typename E::Gene;
  auto ws = e.make_workspace();
  Rng rng{41};
  std::vector<G> a(e.size()), b(e.size()), child(e.size());
  bool valid = true, same = true, metric = true;
  for (int i = 0; i < rounds; ++i) {
    e.random(std::span{a}, rng, ws);
    e.random(std::span{b}, rng, ws);
    valid = valid && e.check(a) && e.check(b);
    for (std::size_t k = 0; k <= E::crossover_count; ++k) {
      const auto cross = [&](const std::vector<G>& x, const std::vector<G>& y) {
        if (k == E::crossover_count) {
          e.crossover(x, y, std::span{child}, rng, ws);
        } else {
          e.crossover(k, x, y, std::span{child}, rng, ws);
        }
      };
      cross(a, a);
      same = same && e.distance(child, a) < 1e-12;
      cross(a, b);
      valid = valid && e.check(child);
    }
    const double ab = e.distance(a, b);
    metric = metric && ab >= 0 && ab <= 1 && ab == e.distance(b, a) && e.distance(a, a) == 0;
    metric = metric && ab <= e.distance(a, child) + e.distance(child, b) + 1e-12;
    for (std::size_t k = 0; k < E::mutation_count; ++k) {
      e.mutate(k, std::span{child}, rng, ws);
      valid = valid && e.check(child);
    }
    e.mutate(std::span{child}, rng, ws);
    valid = valid && e.check(child);
  }
  CHECK(valid);
  CHECK(same);
  CHECK(metric);
  CHECK_FALSE(e.check(std::vector<G>(e.size() + 1)));
}

/// Chi-square of the counts of all values of a small genome against equal shares.
template <class E>
double chi_square(const E& e, std::size_t kinds, int draws) {
  auto ws = e.make_workspace();
  Rng rng{42};
  std::map<std::vector<std::uint32_t>, int> counts;  // wide keys: g++ 12 warns wrongly where it compares vectors of bytes
  std::vector<typename E::Gene> row(e.size());
  for (int i = 0; i < draws; ++i) {
    e.random(std::span{row}, rng, ws);
    ++counts[{row.begin(), row.end()}];
  }
  CHECK(counts.size() == kinds);
  const double expected = draws / static_cast<double>(kinds);
  double sum = 0;
  for (const auto& [value, count] : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

}  // namespace

TEST_CASE("encodings keep their promises") {
  exercise(Permutation<>(17));
  exercise(Permutation<std::uint8_t>(256), 50);
  exercise(JobRepetition<>(Counts{3, 1, 4, 1, 5, 9}));
  exercise(JobRepetition<std::uint8_t>(10, 10), 200);
  exercise(IntegerVector<>(Counts{1, 2, 3, 4, 100}));
  exercise(IntegerVector<std::uint8_t>(20, 256), 200);
  exercise(BitString(133), 300);
  exercise(RealVector({-1, 0, 5}, {1, 0, 1e6}));
  exercise(RandomKeys(20));
  exercise(AllocationMatrix<>({{8, 8, 4, 0}, {1, 2, 1, 4, 9}, {}}));
  exercise(AllocationMatrix<std::uint8_t>({{8, 8, 4, 255}, {1, 2, 1, 4}, {0, 3, 8, 100}}));
  exercise(Joined(ModeVector<>(Counts{2, 3, 1}), Permutation<std::uint16_t>(6)));
  exercise(Joined(JobRepetition<>(Counts{2, 2}), IntegerVector<>(4, 3), Permutation<std::uint16_t>(2)));
}

TEST_CASE("encodings of nothing and of one gene work") {
  exercise(Permutation<>(0), 5);
  exercise(Permutation<>(1), 5);
  exercise(JobRepetition<>(Counts{}), 5);
  exercise(JobRepetition<>(Counts{0, 1, 0}), 5);
  exercise(IntegerVector<>(0, 1), 5);
  exercise(IntegerVector<>(1, 1), 5);
  exercise(BitString(0), 5);
  exercise(BitString(1), 5);
  exercise(RealVector(0, 0.0, 1.0), 5);
  exercise(RealVector(1, 2.0, 2.0), 5);
  exercise(RandomKeys(0), 5);
  exercise(AllocationMatrix<>({{}, {1}, {}}), 5);
  exercise(AllocationMatrix<>({{4}, {}, {}}), 5);
  exercise(AllocationMatrix<>({{4}, {1}, {}}), 5);
}

TEST_CASE("random genomes are uniform") {
  // 0.999 quantiles of chi-square with kinds − 1 degrees of freedom.
  CHECK(chi_square(Permutation<std::uint8_t>(4), 24, 24000) < 49.7);
  CHECK(chi_square(JobRepetition<std::uint8_t>(Counts{2, 1, 2}), 30, 30000) < 58.3);
  CHECK(chi_square(IntegerVector<std::uint8_t>(Counts{3, 1, 2, 4}), 24, 24000) < 49.7);
  CHECK(chi_square(BitString(4), 16, 16000) < 37.7);
}

TEST_CASE("integer mutations change what they say") {
  const IntegerVector<std::uint8_t> e(Counts{1, 4, 1, 2, 7});
  IntegerVector<std::uint8_t>::Workspace ws;
  Rng rng{43};
  std::map<int, int> values;
  for (int i = 0; i < 6000; ++i) {
    std::vector<std::uint8_t> row{0, 1, 0, 1, 3};
    const auto before = row;
    e.mutate(0, row, rng, ws);
    int changed = 0;
    for (std::size_t k = 0; k < row.size(); ++k) changed += row[k] != before[k] ? 1 : 0;
    CHECK(changed == 1);
    if (row[1] != 1) ++values[row[1]];
    row = before;
    e.mutate(1, row, rng, ws);
    int steps = 0;
    for (std::size_t k = 0; k < row.size(); ++k) steps += std::abs(row[k] - before[k]);
    CHECK(steps == 1);
  }
  CHECK(values.size() == 3);
  for (const auto& [value, count] : values) CHECK(std::abs(count - 667) < 120);
}

TEST_CASE("allocation crossovers take rows or columns from the parents where nothing is overfull") {
  const AllocationMatrix<> e({{100, 100, 100}, {1, 1, 1, 1}, {}});
  auto ws = e.make_workspace();
  Rng rng{44};
  const std::vector<std::uint16_t> a(12, 1), b(12, 2);
  std::vector<std::uint16_t> child(12);
  std::map<std::vector<std::uint16_t>, int> by_rows, by_columns;
  for (int i = 0; i < 400; ++i) {
    e.crossover(0, a, b, child, rng, ws);
    for (std::size_t j = 0; j < 4; ++j) CHECK((child[3 * j] == child[3 * j + 1] && child[3 * j] == child[3 * j + 2]));
    ++by_rows[child];
    e.crossover(1, a, b, child, rng, ws);
    for (std::size_t n = 0; n < 3; ++n) CHECK((child[n] == child[n + 3] && child[n] == child[n + 6] && child[n] == child[n + 9]));
    ++by_columns[child];
  }
  CHECK(by_rows.size() == 16);
  CHECK(by_columns.size() == 8);
}

TEST_CASE("repair takes away only what is too much") {
  const AllocationMatrix<> e({{4, 10}, {1, 2, 3}, {9, 9, 2}});
  auto ws = e.make_workspace();
  Rng rng{45};
  std::vector<std::uint16_t> fits{2, 1, 1, 2, 0, 1};
  const auto before = fits;
  REQUIRE(e.check(fits));
  e.repair(fits, rng, ws);
  CHECK(fits == before);
  for (int i = 0; i < 500; ++i) {
    std::vector<std::uint16_t> row(6);
    for (auto& cell : row) cell = static_cast<std::uint16_t>(rng.index(12));
    const auto wild = row;
    e.repair(row, rng, ws);
    REQUIRE(e.check(row));
    for (std::size_t k = 0; k < 6; ++k) CHECK(row[k] <= wild[k]);
  }
  CHECK(e.used(before, 0) == 2 + 2);
  CHECK(e.replicas(before, 1) == 3);
}

TEST_CASE("joined parts keep to themselves") {
  const Joined e(ModeVector<>(Counts{5, 5, 5}), Permutation<std::uint16_t>(4));
  auto ws = e.make_workspace();
  CHECK(e.size() == 7);
  static_assert(decltype(e)::crossover_count == 5 && decltype(e)::mutation_count == 6);
  Rng rng{46};
  std::vector<std::uint16_t> row(7);
  e.random(row, rng, ws);
  for (std::size_t k = 0; k < 6; ++k) {
    for (int i = 0; i < 100; ++i) {
      const auto before = row;
      e.mutate(k, row, rng, ws);
      const bool modes = !std::equal(row.begin(), row.begin() + 3, before.begin());
      const bool order = !std::equal(row.begin() + 3, row.end(), before.begin() + 3);
      CHECK_FALSE((k < 3 ? order : modes));
    }
  }
  CHECK(e.part<1>(std::span{row}).data() == row.data() + 3);
  CHECK(e.encoding<0>().alternatives(2) == 5);
}

TEST_CASE("encodings refuse what cannot be") {
  CHECK_REFUSED(IntegerVector<>(Counts{2, 0}), "alternatives = 0");
  CHECK_REFUSED(IntegerVector<std::uint8_t>(Counts{257}), "alternatives = 257");
  CHECK_REFUSED(JobRepetition<std::uint8_t>(257, 1), "operations = 257");
  CHECK_REFUSED(BitString(3, -1), "flips = -1");
  CHECK_REFUSED(RealVector({0, 1}, {1}), "upper = 1");
  CHECK_REFUSED(RealVector({2}, {1}), "lower = 2");
  CHECK_REFUSED(RealVector({0}, {std::numeric_limits<double>::infinity()}), "upper");
  CHECK_REFUSED(RealVector(2, 0.0, 1.0, {.crossover_eta = -1}), "crossover_eta = -1");
  CHECK_REFUSED(RealVector(2, 0.0, 1.0, {.crossover_rate = 2}), "crossover_rate = 2");
  CHECK_REFUSED(RandomKeys(2, 1.5), "share = 1.5");
  CHECK_REFUSED(AllocationMatrix<>({{1}, {0}, {}}), "demand = 0");
  CHECK_REFUSED(AllocationMatrix<>({{1}, {1, 1}, {1}}), "replicas = 1");
  CHECK_REFUSED(AllocationMatrix<std::uint8_t>({{256}, {1}, {}}), "capacity = 256");
}
