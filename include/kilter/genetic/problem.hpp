#pragma once
/// @file
/// What a problem has to offer so that the engine can search it. All of it is found by shape: no base class, no virtual call.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "kilter/core/rng.hpp"

namespace kilter::genetic {

/// What a genome is worth: `cost` is minimised, `violation` ≥ 0 says how far constraints are broken (0: feasible).
struct Evaluation {
  double cost = std::numeric_limits<double>::infinity();
  double violation = 0;
  friend constexpr bool operator==(const Evaluation&, const Evaluation&) = default;
};

/// Less violation first, then less cost (the rules of Deb 2000, "An efficient constraint handling method for genetic algorithms").
[[nodiscard]] constexpr bool better(const Evaluation& a, const Evaluation& b) {
  return a.violation != b.violation ? a.violation < b.violation : a.cost < b.cost;
}

/// A problem or encoding that lends the engine scratch memory: one workspace per worker, passed as the last argument of whichever
/// operations take it. What is in a workspace must never influence a result.
template <class P>
concept HasWorkspace = requires(const P& p) {
  p.make_workspace();
};

/// A problem that names the encoding of its genomes, which then gives the operators that the problem itself lacks.
template <class P>
concept HasEncoding = requires(const P& p) {
  typename std::remove_cvref_t<decltype(p.encoding())>::Gene;
  { p.encoding().size() } -> std::convertible_to<std::size_t>;
};

namespace detail {

struct NoWorkspace {};
struct NoEncoding {};

template <class P>
[[nodiscard]] auto make_workspace(const P& p) {
  if constexpr (HasWorkspace<P>) {
    return p.make_workspace();
  } else {
    return NoWorkspace{};
  }
}

template <class P>
using Workspace = decltype(detail::make_workspace(std::declval<const P&>()));

template <class P>
struct EncodingType {
  using type = NoEncoding;
};
template <HasEncoding P>
struct EncodingType<P> {
  using type = std::remove_cvref_t<decltype(std::declval<const P&>().encoding())>;
};
template <class P>
using EncodingOf = typename EncodingType<P>::type;

template <class P>
struct GeneType {};
template <class P>
requires requires { typename P::Gene; }
struct GeneType<P> {
  using type = typename P::Gene;
};
template <class P>
requires(HasEncoding<P> && !requires { typename P::Gene; }) struct GeneType<P> {
  using type = typename EncodingOf<P>::Gene;
};

/// Genes are copied as bytes; `bool` is refused because a `std::vector<bool>` is no row.
template <class G>
concept Gene = std::is_trivially_copyable_v<G> && std::default_initializable<G> && !std::same_as<G, bool>;

}  // namespace detail

/// The gene type of a problem: its own `Gene`, else that of its encoding.
template <class P>
using GeneOf = typename detail::GeneType<P>::type;

namespace detail {

// Each operation with and without the workspace. `G` is the gene, `T` a problem or an encoding.
template <class T, class G>
concept RandomsWith = requires(const T& t, std::span<G> g, Rng& rng, Workspace<T>& w) {
  t.random(g, rng, w);
};
template <class T, class G>
concept Randoms = RandomsWith<T, G> || requires(const T& t, std::span<G> g, Rng& rng) {
  t.random(g, rng);
};

template <class T, class G>
concept CrossesWith = requires(const T& t, std::span<const G> a, std::span<G> c, Rng& rng, Workspace<T>& w) {
  t.crossover(a, a, c, rng, w);
};
template <class T, class G>
concept CrossesSans = requires(const T& t, std::span<const G> a, std::span<G> c, Rng& rng) {
  t.crossover(a, a, c, rng);
};
template <class T, class G>
concept CrossesByNumber = requires(const T& t, std::span<const G> a, std::span<G> c, Rng& rng, Workspace<T>& w) {
  t.crossover(std::size_t{}, a, a, c, rng, w);
  { T::crossover_count } -> std::convertible_to<std::size_t>;
};
template <class T, class G>
concept Crosses = CrossesWith<T, G> || CrossesSans<T, G> || CrossesByNumber<T, G>;

template <class T, class G>
concept MutatesWith = requires(const T& t, std::span<G> g, Rng& rng, Workspace<T>& w) {
  t.mutate(g, rng, w);
};
template <class T, class G>
concept MutatesSans = requires(const T& t, std::span<G> g, Rng& rng) {
  t.mutate(g, rng);
};
template <class T, class G>
concept MutatesByNumber = requires(const T& t, std::span<G> g, Rng& rng, Workspace<T>& w) {
  t.mutate(std::size_t{}, g, rng, w);
  { T::mutation_count } -> std::convertible_to<std::size_t>;
};
template <class T, class G>
concept Mutates = MutatesWith<T, G> || MutatesSans<T, G> || MutatesByNumber<T, G>;

template <class T, class G>
concept ImprovesWith = requires(const T& t, std::span<G> g, Rng& rng, Workspace<T>& w) {
  t.improve(g, rng, w);
};
template <class T, class G>
concept Improves = ImprovesWith<T, G> || requires(const T& t, std::span<G> g, Rng& rng) {
  t.improve(g, rng);
};

template <class T, class G>
concept RepairsWith = requires(const T& t, std::span<G> g, Rng& rng, Workspace<T>& w) {
  t.repair(g, rng, w);
};
template <class T, class G>
concept Repairs = RepairsWith<T, G> || requires(const T& t, std::span<G> g, Rng& rng) {
  t.repair(g, rng);
};

template <class T, class G>
concept ApproachesWith = requires(const T& t, std::span<G> g, std::span<const G> guide, Rng& rng, Workspace<T>& w) {
  { t.approach(g, guide, rng, w) } -> std::convertible_to<bool>;
};
template <class T, class G>
concept Approaches = ApproachesWith<T, G> || requires(const T& t, std::span<G> g, std::span<const G> guide, Rng& rng) {
  { t.approach(g, guide, rng) } -> std::convertible_to<bool>;
};

template <class T, class G>
concept Measures = requires(const T& t, std::span<const G> g) {
  { t.distance(g, g) } -> std::convertible_to<double>;
};

template <class R>
concept Worth = std::convertible_to<R, double> || std::convertible_to<R, Evaluation>;
template <class P>
concept CostsWith = requires(const P& p, std::span<const GeneOf<P>> g, Workspace<P>& w) {
  { p.cost(g, w) } -> Worth;
};
template <class P>
concept Costs = CostsWith<P> || requires(const P& p, std::span<const GeneOf<P>> g) {
  { p.cost(g) } -> Worth;
};

template <class P>
concept ObjectivesWith = requires(const P& p, std::span<const GeneOf<P>> g, std::span<double> out, Workspace<P>& w) {
  p.objectives(g, out, w);
};
template <class P>
concept Objectives = ObjectivesWith<P> || requires(const P& p, std::span<const GeneOf<P>> g, std::span<double> out) {
  p.objectives(g, out);
};
template <class P>
concept CountsObjectives = requires(const P& p) {
  { p.objective_count() } -> std::convertible_to<std::size_t>;
}
|| requires {
  { P::objective_count } -> std::convertible_to<std::size_t>;
};

template <class P>
concept Sized = HasEncoding<P> || requires(const P& p) {
  { p.genome_size() } -> std::convertible_to<std::size_t>;
};

}  // namespace detail

/// How genomes of a kind are made and varied: random ones, crossovers, mutations, a distance, and a test of what is valid. Several
/// crossovers (mutations) may be offered by number: `static constexpr std::size_t crossover_count` and `crossover(k, …)`.
template <class E>
concept Encoding = detail::Gene<typename E::Gene> && requires(const E& e, std::span<const typename E::Gene> g) {
  { e.size() } -> std::convertible_to<std::size_t>;
  { e.distance(g, g) } -> std::convertible_to<double>;
  { e.check(g) } -> std::convertible_to<bool>;
} && detail::Randoms<E, typename E::Gene> && detail::Crosses<E, typename E::Gene> && detail::Mutates<E, typename E::Gene>;

/// Genomes that can be made and varied, with or without a cost: what `Problem` and `MultiObjective` have in common. Each operation
/// is the problem's own, else that of its `encoding()`.
template <class P>
concept Breedable = detail::Gene<GeneOf<P>> && detail::Sized<P> &&
    (detail::Randoms<P, GeneOf<P>> || detail::Randoms<detail::EncodingOf<P>, GeneOf<P>>)&&(
        detail::Crosses<P, GeneOf<P>> ||
        detail::Crosses<detail::EncodingOf<P>, GeneOf<P>>)&&(detail::Mutates<P, GeneOf<P>> ||
                                                             detail::Mutates<detail::EncodingOf<P>, GeneOf<P>>);

/// What `minimise` searches. A genome is a row of `p.genome_size()` genes of the trivially copyable type `P::Gene`:
///
/// - `p.cost(genome)` is what to minimise, a number (NaN counts as infinite) or an `Evaluation`; it depends on the genome alone;
/// - `p.random(genome, rng)` fills a row; `p.crossover(a, b, child, rng)` fills the row `child`, which overlaps neither parent and
///   holds anything before; `p.mutate(genome, rng)` changes a row a little; or, for any of these three that is left out,
///   `p.encoding()` whose type models `Encoding`;
/// - optional: `p.improve(genome, rng)`, a local search that never makes a genome worse, and `p.repair(genome, rng)`, each applied
///   to new genomes; `p.distance(a, b)` ≥ 0, 0 where equal (default: the share of genes that differ); `p.approach(genome, guide,
///   rng)`, one step of path relinking toward `guide`, false when there is none;
/// - optional: `p.make_workspace()`; then each of these may take the workspace as a further, last argument, so that nothing is
///   allocated in the loop.
///
/// Where an executor with threads is used, all of these are called at once from several of them, each with its own workspace.
template <class P>
concept Problem = Breedable<P> && detail::Costs<P>;

/// A problem of several objectives, all minimised: `p.objectives(genome, out)` writes `objective_count` of them.
template <class P>
concept MultiObjective = Breedable<P> && detail::Objectives<P> && detail::CountsObjectives<P>;

/// The number of genes of a genome of `p`.
template <class P>
[[nodiscard]] constexpr std::size_t genome_size(const P& p) {
  if constexpr (requires { p.genome_size(); }) {
    return static_cast<std::size_t>(p.genome_size());
  } else {
    return static_cast<std::size_t>(p.encoding().size());
  }
}

/// The number of objectives of `p`.
template <detail::CountsObjectives P>
[[nodiscard]] constexpr std::size_t objective_count(const P& p) {
  if constexpr (requires { p.objective_count(); }) {
    return p.objective_count();
  } else {
    return P::objective_count;
  }
}

}  // namespace kilter::genetic
