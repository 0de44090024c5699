#include "kilter/genetic/permutation.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <vector>

#include "catch.hpp"

using kilter::Rng;
using namespace kilter::genetic;
using kilter::genetic::detail::Cut;

namespace {

std::vector<std::size_t> positions(const Permutation& p) {
  std::vector<std::size_t> at(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) at[p[i]] = i;
  return at;
}

/// The genes of `p` that are not in `left_out`, in order.
Permutation without(const Permutation& p, const Permutation& left_out) {
  Permutation out;
  for (const auto g : p) {
    if (std::find(left_out.begin(), left_out.end(), g) == left_out.end()) out.push_back(g);
  }
  return out;
}

Permutation part(const Permutation& p, Cut cut) {
  return {p.begin() + static_cast<std::ptrdiff_t>(cut.first), p.begin() + static_cast<std::ptrdiff_t>(cut.last)};
}

/// From `begin` on and around.
Permutation rotated(Permutation p, std::size_t begin) {
  std::rotate(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(begin), p.end());
  return p;
}

}  // namespace

TEST_CASE("crossovers give the children of the worked examples") {
  PermutationScratch scratch;
  Permutation child;
  // Worked by hand from the definitions, 0-based; the cut is the middle of nine.
  const Permutation a{0, 1, 2, 3, 4, 5, 6, 7, 8}, b{8, 2, 6, 7, 1, 5, 4, 0, 3};
  kilter::genetic::detail::partially_mapped_crossover(a, b, child, {3, 7}, scratch);
  CHECK(child == Permutation{8, 2, 1, 3, 4, 5, 6, 0, 7});
  kilter::genetic::detail::order_crossover(a, b, child, {3, 7}, scratch);
  CHECK(child == Permutation{2, 7, 1, 3, 4, 5, 6, 0, 8});
  kilter::genetic::detail::linear_order_crossover(a, b, child, {3, 7}, scratch);
  CHECK(child == Permutation{8, 2, 7, 3, 4, 5, 6, 1, 0});
}

TEST_CASE("cycle crossover swaps whole cycles") {
  const Permutation a{0, 1, 2, 3, 4, 5, 6, 7, 8}, b{8, 2, 6, 7, 1, 5, 4, 0, 3};  // cycles {0 8 3 7}, {1 2 6 4}, {5}
  const Permutation first{0, 2, 6, 3, 1, 5, 4, 7, 8}, second{8, 1, 2, 7, 4, 5, 6, 0, 3};
  std::map<Permutation, int> seen;
  Rng rng{3};
  for (int i = 0; i < 50; ++i) {
    Permutation child;
    cycle_crossover(a, b, child, rng);
    ++seen[child];
  }
  CHECK(seen.size() == 2);
  CHECK(seen.count(first) == 1);
  CHECK(seen.count(second) == 1);
}

TEST_CASE("crossovers give permutations that keep what they promise, for every cut") {
  PermutationScratch scratch;
  Rng rng{5};
  for (std::size_t n = 1; n <= 9; ++n) {
    const Permutation a = random_permutation(n, rng), b = random_permutation(n, rng);
    for (std::size_t first = 0; first < n; ++first) {
      for (std::size_t last = first + 1; last <= n; ++last) {
        const Cut cut{first, last};
        const Permutation kept = part(a, cut);
        Permutation child;
        kilter::genetic::detail::order_crossover(a, b, child, cut, scratch);
        REQUIRE(is_permutation(child));
        CHECK(part(child, cut) == kept);
        CHECK(without(rotated(child, last % n), kept) == without(rotated(b, last % n), kept));
        kilter::genetic::detail::linear_order_crossover(a, b, child, cut, scratch);
        REQUIRE(is_permutation(child));
        CHECK(part(child, cut) == kept);
        CHECK(without(child, kept) == without(b, kept));
        kilter::genetic::detail::partially_mapped_crossover(a, b, child, cut, scratch);
        REQUIRE(is_permutation(child));
        CHECK(part(child, cut) == kept);
        const auto in_a = positions(a);
        for (std::size_t i = 0; i < n; ++i) {
          if (!cut.holds(i) && !cut.holds(in_a[b[i]])) CHECK(child[i] == b[i]);
        }
      }
    }
  }
}

TEST_CASE("random crossovers of long parents give permutations; equal parents give themselves") {
  Rng rng{7};
  PermutationScratch scratch;
  for (int round = 0; round < 200; ++round) {
    const std::size_t n = rng.index(60);
    const Permutation a = random_permutation(n, rng), b = random_permutation(n, rng);
    using Crossover = void (*)(const Permutation&, const Permutation&, Permutation&, Rng&, PermutationScratch&);
    for (const Crossover cross :
         std::array<Crossover, 4>{order_crossover, linear_order_crossover, partially_mapped_crossover, cycle_crossover}) {
      Permutation child;
      cross(a, b, child, rng, scratch);
      REQUIRE(child.size() == n);
      CHECK(is_permutation(child));
      cross(a, a, child, rng, scratch);
      CHECK(child == a);
    }
    Permutation child;
    cycle_crossover(a, b, child, rng, scratch);
    for (std::size_t i = 0; i < n; ++i) CHECK((child[i] == a[i] || child[i] == b[i]));
  }
}

TEST_CASE("crossovers refuse parents of different lengths") {
  Rng rng;
  Permutation child;
  CHECK_THROWS_AS(order_crossover({0, 1}, {0, 1, 2}, child, rng), std::invalid_argument);
  CHECK_THROWS_AS(linear_order_crossover({0, 1}, {0}, child, rng), std::invalid_argument);
  CHECK_THROWS_AS(partially_mapped_crossover({0, 1}, {}, child, rng), std::invalid_argument);
  CHECK_THROWS_AS(cycle_crossover({}, {0}, child, rng), std::invalid_argument);
}

TEST_CASE("mutations keep what they should and always change something") {
  Rng rng{11};
  for (int round = 0; round < 500; ++round) {
    const std::size_t n = 2 + rng.index(20);
    const Permutation before = random_permutation(n, rng);

    Permutation p = before;
    swap_mutation(p, rng);
    REQUIRE(is_permutation(p));
    std::size_t moved = 0;
    for (std::size_t i = 0; i < n; ++i) moved += p[i] != before[i] ? 1U : 0U;
    CHECK(moved == 2);

    p = before;
    insert_mutation(p, rng);
    REQUIRE(is_permutation(p));
    CHECK(p != before);
    bool one_moved = false;
    for (const auto g : before) one_moved = one_moved || without(p, {g}) == without(before, {g});
    CHECK(one_moved);

    p = before;
    inversion_mutation(p, rng);
    REQUIRE(is_permutation(p));
    CHECK(p != before);
    std::size_t first = 0, last = n;
    while (p[first] == before[first]) ++first;
    while (p[last - 1] == before[last - 1]) --last;
    Permutation turned = before;
    std::reverse(turned.begin() + static_cast<std::ptrdiff_t>(first), turned.begin() + static_cast<std::ptrdiff_t>(last));
    CHECK(p == turned);
  }
  for (Permutation tiny : {Permutation{}, Permutation{0}}) {
    const Permutation before = tiny;
    swap_mutation(tiny, rng);
    insert_mutation(tiny, rng);
    inversion_mutation(tiny, rng);
    CHECK(tiny == before);
  }
}

TEST_CASE("random permutations are uniform") {
  Rng rng{13};
  std::map<Permutation, int> counts;
  constexpr int draws = 24000;
  for (int i = 0; i < draws; ++i) ++counts[random_permutation(4, rng)];
  REQUIRE(counts.size() == 24);
  double chi_square = 0;
  for (const auto& [p, count] : counts) chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
  CHECK(chi_square < 49.7);  // 0.999 quantile, 23 degrees of freedom
}

TEST_CASE("is_permutation tells") {
  CHECK(is_permutation(Permutation{}));
  CHECK(is_permutation(Permutation{2, 0, 1}));
  CHECK_FALSE(is_permutation(Permutation{0, 0}));
  CHECK_FALSE(is_permutation(Permutation{1, 2}));
  CHECK(identity_permutation(3) == Permutation{0, 1, 2});
}
