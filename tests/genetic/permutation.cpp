#include "kilter/genetic/permutation.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "catch.hpp"
#include "refused.hpp"

using kilter::Rng;
using namespace kilter::genetic;
using kilter::genetic::detail::Cut;

namespace {

std::vector<std::size_t> positions(const Order& p) {
  std::vector<std::size_t> at(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) at[p[i]] = i;
  return at;
}

/// The genes of `p` that are not in `left_out`, in order.
Order without(const Order& p, const Order& left_out) {
  Order out;
  for (const auto g : p) {
    if (std::find(left_out.begin(), left_out.end(), g) == left_out.end()) out.push_back(g);
  }
  return out;
}

Order part(const Order& p, Cut cut) {
  return {p.begin() + static_cast<std::ptrdiff_t>(cut.first), p.begin() + static_cast<std::ptrdiff_t>(cut.last)};
}

/// From `begin` on and around.
Order rotated(Order p, std::size_t begin) {
  std::rotate(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(begin), p.end());
  return p;
}

}  // namespace

TEST_CASE("crossovers give the children of the worked examples") {
  PermutationScratch scratch;
  Order child(9);
  // Worked by hand from the definitions, 0-based; the cut is the middle of nine.
  const Order a{0, 1, 2, 3, 4, 5, 6, 7, 8}, b{8, 2, 6, 7, 1, 5, 4, 0, 3};
  kilter::genetic::detail::partially_mapped_crossover<std::uint32_t>(a, b, child, {3, 7}, scratch);
  CHECK(child == Order{8, 2, 1, 3, 4, 5, 6, 0, 7});
  kilter::genetic::detail::order_crossover<std::uint32_t>(a, b, child, {3, 7}, scratch);
  CHECK(child == Order{2, 7, 1, 3, 4, 5, 6, 0, 8});
  kilter::genetic::detail::linear_order_crossover<std::uint32_t>(a, b, child, {3, 7}, scratch);
  CHECK(child == Order{8, 2, 7, 3, 4, 5, 6, 1, 0});
}

TEST_CASE("cycle crossover swaps whole cycles") {
  const Order a{0, 1, 2, 3, 4, 5, 6, 7, 8}, b{8, 2, 6, 7, 1, 5, 4, 0, 3};  // cycles {0 8 3 7}, {1 2 6 4}, {5}
  const Order first{0, 2, 6, 3, 1, 5, 4, 7, 8}, second{8, 1, 2, 7, 4, 5, 6, 0, 3};
  std::map<Order, int> seen;
  PermutationScratch scratch;
  Rng rng{3};
  for (int i = 0; i < 50; ++i) {
    Order child(9);
    cycle_crossover<std::uint32_t>(a, b, child, rng, scratch);
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
    const Order a = random_permutation(n, rng), b = random_permutation(n, rng);
    for (std::size_t first = 0; first < n; ++first) {
      for (std::size_t last = first + 1; last <= n; ++last) {
        const Cut cut{first, last};
        const Order kept = part(a, cut);
        Order child(n);
        kilter::genetic::detail::order_crossover<std::uint32_t>(a, b, child, cut, scratch);
        REQUIRE(is_permutation(child));
        CHECK(part(child, cut) == kept);
        CHECK(without(rotated(child, last % n), kept) == without(rotated(b, last % n), kept));
        kilter::genetic::detail::linear_order_crossover<std::uint32_t>(a, b, child, cut, scratch);
        REQUIRE(is_permutation(child));
        CHECK(part(child, cut) == kept);
        CHECK(without(child, kept) == without(b, kept));
        kilter::genetic::detail::partially_mapped_crossover<std::uint32_t>(a, b, child, cut, scratch);
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
    const Order a = random_permutation(n, rng), b = random_permutation(n, rng);
    using Row = std::span<const std::uint32_t>;
    using Crossover = void (*)(Row, Row, std::span<std::uint32_t>, Rng&, PermutationScratch&);
    for (const Crossover cross :
         std::array<Crossover, 4>{order_crossover, linear_order_crossover, partially_mapped_crossover, cycle_crossover}) {
      Order child(n);
      cross(a, b, child, rng, scratch);
      REQUIRE(child.size() == n);
      CHECK(is_permutation(child));
      cross(a, a, child, rng, scratch);
      CHECK(child == a);
    }
    Order child(n);
    cycle_crossover<std::uint32_t>(a, b, child, rng, scratch);
    for (std::size_t i = 0; i < n; ++i) CHECK((child[i] == a[i] || child[i] == b[i]));
  }
}

TEST_CASE("crossovers refuse rows of different lengths") {
  Rng rng;
  PermutationScratch scratch;
  PrecedenceScratch precedence;
  const Order two{0, 1}, three{0, 1, 2};
  Order child(2), longer(3);
  CHECK_REFUSED(order_crossover<std::uint32_t>(two, three, child, rng, scratch), "parents = 3");
  CHECK_REFUSED(linear_order_crossover<std::uint32_t>(two, three, child, rng, scratch), "parents");
  CHECK_REFUSED(partially_mapped_crossover<std::uint32_t>(two, two, longer, rng, scratch), "child = 3");
  CHECK_REFUSED(cycle_crossover<std::uint32_t>(three, two, longer, rng, scratch), "parents");
  CHECK_REFUSED(precedence_preservative_crossover<std::uint32_t>(two, three, child, 3, rng, precedence), "parents");
}

TEST_CASE("mutations keep what they should and always change something") {
  Rng rng{11};
  for (int round = 0; round < 500; ++round) {
    const std::size_t n = 2 + rng.index(20);
    const Order before = random_permutation(n, rng);

    Order p = before;
    swap_mutation(std::span{p}, rng);
    REQUIRE(is_permutation(p));
    std::size_t moved = 0;
    for (std::size_t i = 0; i < n; ++i) moved += p[i] != before[i] ? 1U : 0U;
    CHECK(moved == 2);

    p = before;
    insert_mutation(std::span{p}, rng);
    REQUIRE(is_permutation(p));
    CHECK(p != before);
    bool one_moved = false;
    for (const auto g : before) one_moved = one_moved || without(p, {g}) == without(before, {g});
    CHECK(one_moved);

    p = before;
    inversion_mutation(std::span{p}, rng);
    REQUIRE(is_permutation(p));
    CHECK(p != before);
    std::size_t first = 0, last = n;
    while (p[first] == before[first]) ++first;
    while (p[last - 1] == before[last - 1]) --last;
    Order turned = before;
    std::reverse(turned.begin() + static_cast<std::ptrdiff_t>(first), turned.begin() + static_cast<std::ptrdiff_t>(last));
    CHECK(p == turned);
  }
  for (Order tiny : {Order{}, Order{0}}) {
    const Order before = tiny;
    swap_mutation(std::span{tiny}, rng);
    insert_mutation(std::span{tiny}, rng);
    inversion_mutation(std::span{tiny}, rng);
    CHECK(tiny == before);
  }
}

TEST_CASE("random permutations are uniform") {
  Rng rng{13};
  std::map<Order, int> counts;
  constexpr int draws = 24000;
  for (int i = 0; i < draws; ++i) ++counts[random_permutation(4, rng)];
  REQUIRE(counts.size() == 24);
  double chi_square = 0;
  for (const auto& [p, count] : counts) chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
  CHECK(chi_square < 49.7);  // 0.999 quantile, 23 degrees of freedom
}

TEST_CASE("is_permutation tells") {
  CHECK(is_permutation(Order{}));
  CHECK(is_permutation(Order{2, 0, 1}));
  CHECK_FALSE(is_permutation(Order{0, 0}));
  CHECK_FALSE(is_permutation(Order{1, 2}));
  CHECK(identity_permutation(3) == Order{0, 1, 2});
}

TEST_CASE("short genes hold the same permutations") {
  Rng wide{17}, narrow{17};
  const Order p = random_permutation(200, wide);
  std::vector<std::uint8_t> q(200);
  random_permutation(std::span{q}, narrow);
  CHECK(std::equal(p.begin(), p.end(), q.begin(), q.end()));
  CHECK(is_permutation<std::uint8_t>(q));
  CHECK_REFUSED(Permutation<std::uint8_t>{257}, "size = 257");
  CHECK(Permutation<std::uint8_t>{256}.size() == 256);
}
