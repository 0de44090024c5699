#pragma once
/// @file
/// `Evolution`: a population that evolves generation by generation, the same at any number of threads, and can be stopped, stored
/// and resumed between any two of them.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/executor.hpp"
#include "kilter/core/progress.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/core/status.hpp"
#include "kilter/genetic/adaptive.hpp"
#include "kilter/genetic/breeding.hpp"
#include "kilter/genetic/diversity.hpp"
#include "kilter/genetic/operators.hpp"
#include "kilter/genetic/options.hpp"
#include "kilter/genetic/population.hpp"
#include "kilter/genetic/problem.hpp"
#include "kilter/genetic/selection.hpp"
#include "kilter/genetic/stop.hpp"
#include "kilter/genetic/survival.hpp"

namespace kilter::genetic {

/// All that a search carries from one generation to the next: what a checkpoint holds.
template <class Gene>
struct EvolutionState {
  Population<Gene> population{};
  std::vector<Gene> best{};
  SearchState search{};
  OperatorRates crossovers{};
  OperatorRates mutations{};
  AdaptivePenalty penalty{};
  bool begun = false;
};

/// One population and the work on it. Child i of generation g draws from the stream `Rng{seed}.split(g · stride + i)` and reads
/// only the generation before, so neither the order of the work nor the cut into lanes matters. Nothing is allocated in a
/// generation but by the problem and by the executor. The problem must outlive the evolution.
template <Problem P>
class Evolution {
 public:
  using Gene = GeneOf<P>;
  using Genome = std::vector<Gene>;

  /// Throws `std::invalid_argument` for options out of range.
  Evolution(const P& problem, const Options& options)
      : problem_(&problem),
        options_(options),
        clock_(options.budget),
        root_(options.seed),
        genome_size_(genetic::genome_size(problem)) {
    check(options);
    require(options.relinking_rate <= 0 || detail::approaches<P>, "relinking_rate", options.relinking_rate,
            "needs a problem or encoding with approach(genome, guide, rng)");
    state_.crossovers = OperatorRates(crossover_count<P>(), options.operators);
    state_.mutations = OperatorRates(mutation_count<P>(), options.operators);
    state_.penalty = AdaptivePenalty(options.diverse);
    lineage_.resize(brood());
    children_ = Population<Gene>(first_child() + brood(), genome_size_);
    if (diverse()) survivors_.emplace(problem, options.population, surplus(), options.elite, options.diverse.closest);
  }
  Evolution(P&&, const Options&) = delete;

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const P& problem() const { return *problem_; }
  [[nodiscard]] std::size_t genome_size() const { return genome_size_; }
  [[nodiscard]] const SearchState& search() const { return state_.search; }
  [[nodiscard]] const EvolutionState<Gene>& state() const { return state_; }
  [[nodiscard]] const Population<Gene>& population() const { return state_.population; }
  [[nodiscard]] const Genome& best() const { return state_.best; }
  [[nodiscard]] Status check_budget() const { return clock_.check(); }

  /// Makes and evaluates the first generation from `start` (those beyond the population are left out) and random genomes; false
  /// when the budget cut it short, though the first genome is always evaluated. Throws `std::invalid_argument` for genomes of the
  /// wrong size or that the encoding does not accept.
  template <Executor Ex = Inline>
  bool begin(std::span<const Genome> start = {}, const Ex& executor = {}) {
    check_start(start);
    prepare_lanes<Ex>();
    state_.population = Population<Gene>(options_.population, genome_size_);
    std::vector<char> done(options_.population, 0);
    const bool whole = for_each(executor, options_.population, true, [&](std::size_t i, Lane& lane) {
      make_first(i, start, lane);
      done[i] = 1;
    });
    if (!whole) keep(done);
    state_.begun = true;
    if (survivors_) survivors_->rebuild(state_.population);
    note_best();
    return whole;
  }

  /// One generation on; false when the budget cut it short: then it is dropped, and only its evaluations count.
  template <Executor Ex = Inline>
  bool advance(const Ex& executor = {}) {
    require(state_.begun, "advance", state_.search.generation, "needs begin() or a checkpoint first");
    prepare_lanes<Ex>();
    prepare_parents();
    const std::uint64_t stream = (static_cast<std::uint64_t>(state_.search.generation) + 1) * stride();
    const Nursery<P> nursery{*problem_, options_, state_.population, state_.crossovers, state_.mutations};
    const bool whole = for_each(executor, brood(), false, [&](std::size_t i, Lane& lane) {
      const Operators<P> operators(*problem_, lane.scratch);
      const auto select = [this](Rng& rng) { return draw(rng); };
      lane.evaluations +=
          detail::breed(nursery, operators, select, children_, first_child() + i, lineage_[i], root_.split(stream + i)) ? 1U : 0U;
    });
    if (!whole) return false;
    learn();
    survive();
    ++state_.search.generation;
    state_.search.stalled = note_best() ? 0 : state_.search.stalled + 1;
    return true;
  }

  /// Replaces the worst members by the genomes of `arrivals` that are better than them and not members yet.
  void receive(const Population<Gene>& arrivals) {
    for (std::size_t j = 0; j < arrivals.size(); ++j) {
      if (has_clone(state_.population, arrivals, j)) continue;
      if (survivors_) {
        survivors_->insert(state_.population, arrivals, j, state_.penalty);
        continue;
      }
      std::size_t worst = 0;
      for (std::size_t i = 1; i < state_.population.size(); ++i) {
        if (ranks_before(state_.population, worst, i)) worst = i;
      }
      if (better(arrivals[j], state_.population[worst])) state_.population.copy(worst, arrivals, j);
    }
    note_best();
  }

  /// Overwrites rows 0, … of `out` with its best members, best first.
  void send(Population<Gene>& out) {
    const std::size_t count = std::min(out.size(), state_.population.size());
    rank(state_.population, count, order_);
    out.resize(count);
    for (std::size_t i = 0; i < count; ++i) out.copy(i, state_.population, order_[i]);
  }

  /// What was found, with the population best first.
  [[nodiscard]] Result<Gene> result(Status status) const {
    const SearchState& s = state_.search;
    Result<Gene> out{status, state_.best, s.best, s.violation, s.generation, s.evaluations, {}};
    std::vector<std::size_t> order;
    rank(state_.population, state_.population.size(), order);
    out.population.reserve(order.size());
    for (const std::size_t i : order) out.population.emplace_back(state_.population.row(i).begin(), state_.population.row(i).end());
    return out;
  }

  /// Throws `std::invalid_argument` unless `state` has the sizes of this problem and these options.
  void check_fits(const EvolutionState<Gene>& state) const {
    require(state.population.genome_size() == genome_size_, "genome_size", state.population.genome_size(), "must be the problem's");
    const std::size_t most = survivors_ ? survivors_->capacity() - 1 : options_.population;
    require(state.population.size() > 0 && state.population.size() <= most, "population", state.population.size(),
            "must fit the options");
    require(state.best.size() == genome_size_, "best", state.best.size(), "must have the genome size");
    require(state.crossovers.size() == crossover_count<P>(), "crossovers", state.crossovers.size(), "must be the problem's");
    require(state.mutations.size() == mutation_count<P>(), "mutations", state.mutations.size(), "must be the problem's");
  }

  /// Goes on from `state`, as read from a checkpoint of an evolution with the same problem and options. Throws
  /// `std::invalid_argument` where its sizes do not fit.
  void resume(EvolutionState<Gene> state) {
    check_fits(state);
    state_ = std::move(state);
    state_.begun = has_best_ = true;
    if (survivors_) survivors_->rebuild(state_.population);
  }

 private:
  struct alignas(64) Lane {
    Scratch<P> scratch;
    std::size_t evaluations = 0;
    bool cut = false;
  };

  [[nodiscard]] bool diverse() const { return options_.survival == Survival::diverse; }
  [[nodiscard]] bool generational() const { return options_.survival == Survival::generational; }
  /// Children beyond the smallest size of a subpopulation before it is cut back.
  [[nodiscard]] std::size_t surplus() const {
    return options_.offspring != 0 ? options_.offspring : (options_.population * 8 + 4) / 5;
  }
  /// Children per generation.
  [[nodiscard]] std::size_t brood() const {
    if (generational()) return options_.population - options_.elite;
    if (diverse()) return (surplus() + 3) / 4;
    return options_.offspring != 0 ? options_.offspring : std::max<std::size_t>(1, options_.population / 8);
  }
  /// The row of the first child: behind the elites.
  [[nodiscard]] std::size_t first_child() const { return generational() ? options_.elite : 0; }
  /// Streams per generation.
  [[nodiscard]] std::uint64_t stride() const { return std::max(options_.population, brood()); }

  void check_start(std::span<const Genome> start) const {
    for (const Genome& genome : start) {
      require(genome.size() == genome_size_, "start", genome.size(), "must have the problem's genome size");
      if constexpr (requires { problem_->encoding().check(std::span<const Gene>{}); }) {
        require(problem_->encoding().check(std::span<const Gene>(genome)), "start", genome.size(), "must be valid in the encoding");
      }
    }
  }

  /// One lane where one thread works, else as many as keep a few threads evenly busy.
  template <class Ex>
  void prepare_lanes() {
    const std::size_t most = std::max(options_.population, brood());
    const std::size_t count = std::same_as<Ex, Inline> ? 1 : std::min<std::size_t>(most, 16);
    while (lanes_.size() < count) lanes_.push_back({make_scratch(*problem_)});
    active_ = count;
  }

  /// Calls `f(i, lane)` for each i < n, a block of them per lane; false when the budget ended it.
  template <class Ex, class F>
  bool for_each(const Ex& executor, std::size_t n, bool always_first, const F& f) {
    executor.for_each_index(active_, [&](std::size_t l) {
      Lane& lane = lanes_[l];
      lane.cut = false;
      const std::size_t last = n * (l + 1) / active_;
      for (std::size_t i = n * l / active_; i < last; ++i) {
        lane.cut = !(always_first && i == 0) && clock_.check() != Status::feasible;
        if (lane.cut) return;
        f(i, lane);
      }
    });
    bool whole = true;
    for (std::size_t l = 0; l < active_; ++l) {
      state_.search.evaluations += std::exchange(lanes_[l].evaluations, 0);
      whole = whole && !lanes_[l].cut;
    }
    return whole;
  }

  void make_first(std::size_t i, std::span<const Genome> start, Lane& lane) {
    const Operators<P> operators(*problem_, lane.scratch);
    Rng rng = root_.split(i);
    const auto row = state_.population.row(i);
    if (i < start.size()) {
      std::copy(start[i].begin(), start[i].end(), row.begin());
    } else {
      operators.random(row, rng);
    }
    state_.population[i] = detail::settle(operators, options_, row, rng);
    ++lane.evaluations;
  }

  void prepare_parents() {
    const bool sorted = options_.selection == Selection::rank && !survivors_;
    if (survivors_) survivors_->refresh(state_.population, state_.penalty);
    if (survivors_ && options_.selection == Selection::rank) rank_biased();
    if (sorted) rank(state_.population, state_.population.size(), order_);
    if (generational() && !sorted) rank(state_.population, options_.elite, order_);
  }

  void rank_biased() {
    rank(state_.population, 0, order_);
    const auto biased = survivors_->biased();
    std::sort(order_.begin(), order_.end(),
              [&](std::size_t a, std::size_t b) { return biased[a] != biased[b] ? biased[a] < biased[b] : a < b; });
  }

  [[nodiscard]] std::size_t draw(Rng& rng) const {
    const std::size_t n = state_.population.size();
    if (options_.selection == Selection::rank) return order_[LinearRank{options_.rank_pressure}(n, rng)];
    const Tournament tournament{options_.tournament};
    if (survivors_) {
      const auto biased = survivors_->biased();
      return tournament(
          n, [&](std::size_t i, std::size_t j) { return biased[i] < biased[j]; }, rng);
    }
    const auto worth = state_.population.evaluations();
    return tournament(
        n, [&](std::size_t i, std::size_t j) { return better(worth[i], worth[j]); }, rng);
  }

  /// Gives the operators of each child credit when it is better than both of its parents.
  void learn() {
    if (options_.operators == OperatorChoice::first || options_.operators == OperatorChoice::uniform) return;
    for (std::size_t i = 0; i < lineage_.size(); ++i) {
      const Lineage& from = lineage_[i];
      const Evaluation& child = children_[first_child() + i];
      const bool success = better(child, state_.population[from.mother]) && better(child, state_.population[from.father]);
      if (from.crossover != Lineage::none) state_.crossovers.credit(from.crossover, success);
      if (from.mutation != Lineage::none) state_.mutations.credit(from.mutation, success);
    }
    state_.crossovers.update();
    state_.mutations.update();
  }

  void survive() {
    switch (options_.survival) {
      case Survival::generational:
        // A first generation cut short by the budget may hold fewer than the elites: then some of them are there twice.
        for (std::size_t i = state_.population.size(); i < options_.elite; ++i) order_.push_back(order_[0]);
        replace_generation(state_.population, children_, order_, options_.elite);
        children_.resize(options_.population);
        return;
      case Survival::steady_state: return steady_(state_.population, children_, lineage_);
      case Survival::crowding: return crowd(*problem_, state_.population, children_, lineage_);
      case Survival::diverse:
        note_best_child();
        for (std::size_t j = 0; j < lineage_.size(); ++j) {
          state_.penalty.note(children_[j]);
          if (!lineage_[j].copied) survivors_->insert(state_.population, children_, j, state_.penalty);
        }
        return;
    }
  }

  /// True when the population holds a better genome than any before it.
  bool note_best() { return note(state_.population) || std::exchange(child_was_best_, false); }
  void note_best_child() { child_was_best_ = note(children_); }

  bool note(const Population<Gene>& from) {
    std::size_t i = 0;
    for (std::size_t k = 1; k < from.size(); ++k) {
      if (better(from[k], from[i])) i = k;
    }
    SearchState& s = state_.search;
    const bool first = !has_best_;
    const bool is_better = better(from[i], {s.best, s.violation});
    if (!is_better && !first) return false;
    state_.best.assign(from.row(i).begin(), from.row(i).end());
    s.best = from.cost(i);
    s.violation = from.violation(i);
    has_best_ = true;
    return is_better;
  }

  /// Drops the genomes that the budget did not allow to evaluate.
  void keep(const std::vector<char>& done) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < done.size(); ++i) {
      if (done[i] == 0) continue;
      if (kept != i) state_.population.copy(kept, state_.population, i);
      ++kept;
    }
    state_.population.resize(kept);
  }

  const P* problem_;
  Options options_;
  Stopwatch clock_;
  Rng root_;
  std::size_t genome_size_;
  EvolutionState<Gene> state_;
  Population<Gene> children_;
  std::vector<Lineage> lineage_;
  std::vector<Lane> lanes_;
  std::size_t active_ = 1;
  std::vector<std::size_t> order_;
  std::optional<DiverseSurvivors<P>> survivors_;
  SteadyState steady_;
  bool has_best_ = false, child_was_best_ = false;
};

}  // namespace kilter::genetic
