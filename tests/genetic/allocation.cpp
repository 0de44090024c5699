// Counts what operator new is asked, to hold the engine to its word that nothing is allocated between generations.
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "catch.hpp"
#include "kilter/genetic/minimise.hpp"
#include "kilter/genetic/permutation.hpp"

namespace {
std::atomic<std::size_t> allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc{};
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }

using namespace kilter::genetic;

namespace {

struct Sort {
  using Genome = Permutation;
  PermutationScratch make_workspace() const { return {}; }
  Genome random(kilter::Rng& rng) const { return random_permutation(50, rng); }
  double cost(const Genome& p) const {
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) sum += p[i] > i ? p[i] - static_cast<double>(i) : static_cast<double>(i) - p[i];
    return sum;
  }
  void crossover(const Genome& a, const Genome& b, Genome& child, kilter::Rng& rng, PermutationScratch& scratch) const {
    partially_mapped_crossover(a, b, child, rng, scratch);
  }
  void mutate(Genome& p, kilter::Rng& rng) const { insert_mutation(p, rng); }
};

}  // namespace

TEST_CASE("generations allocate nothing once the scratch memory is there") {
  std::size_t after_first = 0, after_last = 0;
  const auto watch = [&](const kilter::Progress& progress) {
    if (progress.iteration == 1) after_first = allocations;
    after_last = allocations;
  };
  const auto result = minimise(Sort{}, {.population = 30, .generations = 40}, {}, kilter::Inline{}, watch);
  CHECK(result.generations == 40);
  CHECK(after_first > 30);
  CHECK(after_last == after_first);
}
