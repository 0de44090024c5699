#pragma once
/// @file
/// `pareto`: the front door to problems of several objectives, by NSGA-II or NSGA-III, the same at any number of threads.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/status.hpp"
#include "kilter/genetic/archive.hpp"
#include "kilter/genetic/nsga2.hpp"
#include "kilter/genetic/nsga3.hpp"
#include "kilter/genetic/operators.hpp"
#include "kilter/genetic/population.hpp"
#include "kilter/genetic/problem.hpp"

namespace kilter::genetic {

/// Who survives: `nsga2` spreads a front by crowding, best for two objectives; `nsga3` along reference lines, best from three on.
enum class ParetoAlgorithm { nsga2, nsga3 };

/// How `pareto` searches. `population` ≥ 1, rates in [0, 1].
struct ParetoOptions {
  ParetoAlgorithm algorithm = ParetoAlgorithm::nsga2;
  std::size_t population = 100;
  std::size_t generations = 250;
  std::size_t evaluations = 0;  ///< no generation begins once this many evaluations are done; 0: no limit
  double crossover_rate = 0.9;  ///< how often a child has two parents; else it is a copy of one
  double mutation_rate = 1;     ///< how often a child is mutated; the mutations of vectors have a rate per gene on top
  bool all_operators = false;   ///< draw the number of the operators for each child; else the first crossover and mutation
  bool one_by_one = true;       ///< NSGA-II: prune the last front member by member; false: as first published
  std::vector<double> reference_points{};  ///< NSGA-III: h × m numbers ≥ 0; empty: as many of Das and Dennis as fit the population
  std::size_t archive = 0;  ///< keep so many of the best of all generations as the front; 0: the front of the last population
  std::uint64_t seed = 1;
  Budget budget{};  ///< looked at before each evaluation; a generation cut short is dropped
};

/// What `pareto` found. `front` holds the genomes of the last population (or of the archive) that no other dominates and that
/// violate nothing, without doubles of objectives, in lexicographic order of `values` (front size × `objectives`, row after row).
/// `population` is the last one, front after front: the next call can start from it. `status` is `feasible` when the search ended
/// on its own terms, `infeasible` when then every genome violates something, else `time_limit` or `cancelled`.
template <class Gene>
struct [[nodiscard]] ParetoResult {
  Status status = Status::feasible;
  std::size_t objectives = 0;
  std::vector<std::vector<Gene>> front{};
  std::vector<double> values{};
  std::size_t generations = 0;
  std::size_t evaluations = 0;  ///< calls of `objectives`; a child equal to a parent is not evaluated again
  std::vector<std::vector<Gene>> population{};
};

namespace detail {

inline void check(const ParetoOptions& o) {
  require(o.population > 0, "population", o.population, "must be positive");
  require(o.crossover_rate >= 0 && o.crossover_rate <= 1, "crossover_rate", o.crossover_rate, "must lie in [0, 1]");
  require(o.mutation_rate >= 0 && o.mutation_rate <= 1, "mutation_rate", o.mutation_rate, "must lie in [0, 1]");
}

/// The objectives with NaN as infinite; returns the violation, 0 where the problem's `objectives` returns nothing.
template <class P>
double evaluate_objectives(const P& p, std::span<const GeneOf<P>> g, std::span<double> out, Scratch<P>& scratch) {
  const auto call = [&] {
    if constexpr (ObjectivesWith<P>) {
      return p.objectives(g, out, scratch.problem);
    } else {
      return p.objectives(g, out);
    }
  };
  double violation = 0;
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
  } else {
    violation = std::max(0.0, number(static_cast<double>(call())));
  }
  for (double& x : out) x = number(x);
  return violation;
}

/// Parents and children in one store of 2 N rows. A survivor keeps its row; children go to the rows that the dead have left, so
/// that no genome is ever copied but by its operators. Each child has a random stream of its own and reads only parents, so neither
/// the order of the work nor the cut into lanes matters.
template <MultiObjective P, class Survival, Executor Ex>
class ParetoEvolution {
 public:
  using Gene = GeneOf<P>;

  ParetoEvolution(const P& problem, const ParetoOptions& options, Survival survival, const Ex& executor)
      : problem_(problem),
        options_(options),
        executor_(executor),
        survival_(std::move(survival)),
        clock_(options.budget),
        root_(options.seed),
        size_(options.population),
        length_(genetic::genome_size(problem)),
        m_(genetic::objective_count(problem)),
        archive_(length_, m_, {.capacity = options.archive}) {
    const std::size_t lanes = std::same_as<Ex, Inline> ? 1 : std::min<std::size_t>(size_, 16);
    for (std::size_t i = 0; i < lanes; ++i) lanes_.push_back({make_scratch(problem)});
    genes_.resize(2 * size_ * length_);
    rows_.assign(2 * size_ * m_, std::numeric_limits<double>::infinity());
    violations_.assign(2 * size_, 0);
    for (std::size_t i = 0; i < size_; ++i) {
      parents_.push_back(static_cast<std::uint32_t>(i));
      free_.push_back(static_cast<std::uint32_t>(size_ + i));
    }
  }

  /// Makes and evaluates the first generation; false when it was cut short. The first genome is always evaluated.
  bool begin(std::span<const std::vector<Gene>> start) {
    for (const auto& genome : start)
      require(genome.size() == length_, "start", genome.size(), "must hold genomes of the problem's size");
    std::vector<char> done(size_, 0);
    const bool whole = for_each(true, [&](std::size_t i, Lane& lane) {
      Rng rng = root_.split(i);
      const Operators<P> operators(problem_, lane.scratch);
      if (i < start.size()) {
        std::copy(start[i].begin(), start[i].end(), row(i).begin());
      } else {
        operators.random(row(i), rng);
      }
      finish(static_cast<std::uint32_t>(i), operators, rng, lane);
      done[i] = 1;
    });
    if (!whole) keep_done(done);
    for (const std::uint32_t r : parents_) note(r);
    rank_first();
    return whole;
  }

  /// One generation on; false when it was cut short and therefore dropped.
  bool advance(std::size_t generation) {
    const bool whole = for_each(false, [&](std::size_t i, Lane& lane) { breed(i, root_.split(generation * size_ + i), lane); });
    if (!whole) return false;
    for (const std::uint32_t r : free_) note(r);
    Rng rng = root_.split(~static_cast<std::uint64_t>(generation));
    survival_(rows_, m_, violations_, size_, rng);
    parents_.assign(survival_.kept().begin(), survival_.kept().end());
    alive_.assign(2 * size_, 0);
    for (const std::uint32_t r : parents_) alive_[r] = 1;
    free_.clear();
    for (std::uint32_t r = 0; r < 2 * size_; ++r) {
      if (alive_[r] == 0) free_.push_back(r);
    }
    return true;
  }

  [[nodiscard]] Status check_budget() const { return clock_.check(); }
  [[nodiscard]] std::size_t evaluations() const {
    std::size_t sum = 0;
    for (const Lane& lane : lanes_) sum += lane.evaluations;
    return sum;
  }
  /// How many parents nobody dominates.
  [[nodiscard]] std::size_t front_size() const {
    const auto rank = survival_.sort().rank();
    return static_cast<std::size_t>(std::count_if(parents_.begin(), parents_.end(), [&](auto r) { return rank[r] == 0; }));
  }

  [[nodiscard]] ParetoResult<Gene> result(Status status, std::size_t generations) const {
    ParetoResult<Gene> out;
    out.status = status;
    out.objectives = m_;
    out.generations = generations;
    out.evaluations = evaluations();
    for (const std::uint32_t r : parents_) out.population.push_back(genome(r));
    collect_front(out);
    if (out.front.empty() && status == Status::feasible) out.status = Status::infeasible;
    return out;
  }

 private:
  struct Lane {
    Scratch<P> scratch;
    std::size_t evaluations = 0;
    bool cut = false;
  };

  [[nodiscard]] std::span<Gene> row(std::size_t i) { return {genes_.data() + i * length_, length_}; }
  [[nodiscard]] std::span<const Gene> row(std::size_t i) const { return {genes_.data() + i * length_, length_}; }
  [[nodiscard]] std::span<double> values(std::size_t i) { return {rows_.data() + i * m_, m_}; }
  [[nodiscard]] std::span<const double> values(std::size_t i) const { return {rows_.data() + i * m_, m_}; }
  [[nodiscard]] std::vector<Gene> genome(std::size_t i) const { return {row(i).begin(), row(i).end()}; }

  /// Calls `f(i, lane)` for each individual, a block of them per lane; false when the budget ended it.
  template <class F>
  bool for_each(bool always_first, F&& f) {
    executor_.for_each_index(lanes_.size(), [&](std::size_t l) {
      Lane& lane = lanes_[l];
      const std::size_t last = size_ * (l + 1) / lanes_.size();
      for (std::size_t i = size_ * l / lanes_.size(); i < last; ++i) {
        lane.cut = !(always_first && i == 0) && clock_.check() != Status::feasible;
        if (lane.cut) return;
        f(i, lane);
      }
    });
    return std::none_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.cut; });
  }

  void breed(std::size_t i, Rng rng, Lane& lane) {
    const Operators<P> operators(problem_, lane.scratch);
    const std::uint32_t a = select(rng), slot = free_[i];
    std::uint32_t b = a;
    const std::span<Gene> child = row(slot);
    if (rng.bernoulli(options_.crossover_rate)) {
      b = select(rng);
      operators.crossover(number_of(crossover_count<P>(), rng), std::as_const(*this).row(a), std::as_const(*this).row(b), child,
                          rng);
    } else {
      std::copy_n(row(a).begin(), length_, child.begin());
    }
    if (options_.mutation_rate >= 1 || rng.bernoulli(options_.mutation_rate)) {
      operators.mutate(number_of(mutation_count<P>(), rng), child, rng);
    }
    if (clone(slot, a) || clone(slot, b)) return;
    finish(slot, operators, rng, lane);
  }

  [[nodiscard]] std::size_t number_of(std::size_t count, Rng& rng) const {
    return options_.all_operators && count > 1 ? rng.index(count) : 0;
  }

  /// True when the child is the parent again. It then counts as dead, unless nobody else is there: clones would crowd out all else
  /// where genomes are few.
  bool clone(std::uint32_t child, std::uint32_t parent) {
    if (!same_genome<Gene>(row(child), row(parent))) return false;
    std::copy_n(values(parent).begin(), m_, values(child).begin());
    violations_[child] = std::numeric_limits<double>::infinity();
    return true;
  }

  void finish(std::uint32_t r, const Operators<P>& operators, Rng& rng, Lane& lane) {
    operators.repair(row(r), rng);
    operators.improve(row(r), rng);
    violations_[r] = evaluate_objectives(problem_, std::as_const(*this).row(r), values(r), lane.scratch);
    ++lane.evaluations;
  }

  [[nodiscard]] std::uint32_t select(Rng& rng) const {
    const std::uint32_t a = parents_[rng.index(parents_.size())], b = parents_[rng.index(parents_.size())];
    return survival_.wins(b, a) ? b : a;
  }

  void note(std::uint32_t r) {
    if (options_.archive != 0 && violations_[r] == 0) archive_.insert(std::as_const(*this).row(r), values(r));
  }

  /// Ranks the first parents alone: the survival sees only their rows.
  void rank_first() {
    Rng rng = root_.split(~std::uint64_t{0});
    const std::size_t n = parents_.size();
    survival_(std::span<const double>{rows_}.first(n * m_), m_, std::span<const double>{violations_}.first(n), n, rng);
    parents_.assign(survival_.kept().begin(), survival_.kept().end());
  }

  /// Drops the genomes that the budget did not allow to evaluate.
  void keep_done(const std::vector<char>& done) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (done[i] == 0) continue;
      std::copy_n(row(i).begin(), length_, row(kept).begin());
      std::copy_n(values(i).begin(), m_, values(kept).begin());
      violations_[kept++] = violations_[i];
    }
    parents_.resize(kept);
    for (std::size_t i = 0; i < kept; ++i) parents_[i] = static_cast<std::uint32_t>(i);
  }

  /// The front of the archive or of the parents, in lexicographic order, without doubles.
  void collect_front(ParetoResult<Gene>& out) const {
    std::vector<std::span<const Gene>> genomes;
    std::vector<double> rows;
    if (options_.archive != 0) {
      rows.assign(archive_.values().begin(), archive_.values().end());
      for (std::size_t i = 0; i < archive_.size(); ++i) genomes.push_back(archive_.genome(i));
    } else {
      for (const std::uint32_t r : parents_) {
        if (violations_[r] > 0) continue;
        genomes.push_back(row(r));
        rows.insert(rows.end(), values(r).begin(), values(r).end());
      }
    }
    for (const std::uint32_t i : non_dominated(rows, m_)) {
      const auto value = std::span<const double>{rows}.subspan(i * m_, m_);
      if (!out.values.empty() && std::equal(value.begin(), value.end(), out.values.end() - static_cast<std::ptrdiff_t>(m_)))
        continue;
      out.values.insert(out.values.end(), value.begin(), value.end());
      out.front.emplace_back(genomes[i].begin(), genomes[i].end());
    }
  }

  const P& problem_;
  const ParetoOptions& options_;
  const Ex& executor_;
  Survival survival_;
  Stopwatch clock_;
  Rng root_;
  std::size_t size_, length_, m_;
  std::vector<Lane> lanes_;
  std::vector<Gene> genes_;
  std::vector<double> rows_, violations_;
  std::vector<std::uint32_t> parents_, free_;
  std::vector<char> alive_;
  ParetoArchive<Gene> archive_;
};

template <class P, class Survival, class Ex, class O>
ParetoResult<GeneOf<P>> run_pareto(const P& problem, const ParetoOptions& options, Survival survival,
                                   std::span<const std::vector<GeneOf<P>>> start, const Ex& executor, O&& observer) {
  ParetoEvolution<P, Survival, Ex> evolution(problem, options, std::move(survival), executor);
  std::size_t generation = 0;
  bool whole = evolution.begin(start);
  const auto show = [&] { observer(Progress{generation, static_cast<double>(evolution.front_size()), 0}); };
  show();
  while (whole && generation < options.generations && (options.evaluations == 0 || evolution.evaluations() < options.evaluations)) {
    whole = evolution.advance(generation + 1);
    if (!whole) break;
    ++generation;
    show();
  }
  return evolution.result(whole ? Status::feasible : evolution.check_budget(), generation);
}

}  // namespace detail

/// Searches for the genomes that no other dominates: binary tournaments, crossover, mutation, and survival of the best of parents
/// and children by `options.algorithm` (NSGA-II: Deb, Pratap, Agarwal, Meyarivan 2002; NSGA-III: Deb, Jain 2014).
///
/// A problem whose `objectives` returns a number is constrained: the number is how far it is violated (≤ 0: not), and who violates
/// less dominates. `start` gives the first genomes of the first generation (those beyond `population` are left out); the rest is
/// random. The result depends on problem, options and start alone, not on the executor, unless the budget ends the search. The
/// observer sees the number of generations done and, as `best`, how many genomes of the population nobody dominates. Throws
/// `std::invalid_argument` for options out of range, no objective, or genomes of another size.
template <MultiObjective P, Executor Ex = Inline, Observer O = Silent>
ParetoResult<GeneOf<P>> pareto(const P& problem, const ParetoOptions& options = {},
                               std::span<const std::vector<std::type_identity_t<GeneOf<P>>>> start = {}, const Ex& executor = {},
                               O&& observer = {}) {
  detail::check(options);
  const std::size_t m = objective_count(problem);
  require(m > 0, "objectives", m, "must be positive");
  if (options.algorithm == ParetoAlgorithm::nsga2) {
    return detail::run_pareto(problem, options, CrowdingSurvival(options.one_by_one), start, executor, observer);
  }
  auto points = options.reference_points.empty() ? reference_points(m, options.population) : options.reference_points;
  return detail::run_pareto(problem, options, ReferencePointSurvival(std::move(points), m), start, executor, observer);
}

}  // namespace kilter::genetic
