#pragma once
/// @file
/// What a problem has to offer so that `minimise` can search it. All of it is found by shape: no base class, no virtual call.

#include <concepts>
#include <utility>

#include "kilter/core/rng.hpp"

namespace kilter::genetic {

/// A problem that lends the engine scratch memory: one workspace per worker, passed as the last argument of whichever operations
/// take it. What is in a workspace must never influence a result.
template <class P>
concept HasWorkspace = requires(const P& p) {
  p.make_workspace();
};

namespace detail {

struct NoWorkspace {};

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
concept CostsWithWorkspace = requires(const P& p, const typename P::Genome& g, Workspace<P>& w) {
  { p.cost(g, w) } -> std::convertible_to<double>;
};
template <class P>
concept Costs = CostsWithWorkspace<P> || requires(const P& p, const typename P::Genome& g) {
  { p.cost(g) } -> std::convertible_to<double>;
};

template <class P>
concept CrossesWithWorkspace = requires(const P& p, const typename P::Genome& a, typename P::Genome& child, Rng& rng,
                                        Workspace<P>& w) {
  p.crossover(a, a, child, rng, w);
};
template <class P>
concept Crosses = CrossesWithWorkspace<P> ||
    requires(const P& p, const typename P::Genome& a, typename P::Genome& child, Rng& rng) {
  p.crossover(a, a, child, rng);
};

template <class P>
concept MutatesWithWorkspace = requires(const P& p, typename P::Genome& g, Rng& rng, Workspace<P>& w) {
  p.mutate(g, rng, w);
};
template <class P>
concept Mutates = MutatesWithWorkspace<P> || requires(const P& p, typename P::Genome& g, Rng& rng) {
  p.mutate(g, rng);
};

template <class P>
concept ImprovesWithWorkspace = requires(const P& p, typename P::Genome& g, Rng& rng, Workspace<P>& w) {
  p.improve(g, rng, w);
};
template <class P>
concept Improves = ImprovesWithWorkspace<P> || requires(const P& p, typename P::Genome& g, Rng& rng) {
  p.improve(g, rng);
};

template <class P>
[[nodiscard]] double cost(const P& p, const typename P::Genome& g, Workspace<P>& w) {
  if constexpr (CostsWithWorkspace<P>) {
    return p.cost(g, w);
  } else {
    return p.cost(g);
  }
}

template <class P>
void crossover(const P& p, const typename P::Genome& a, const typename P::Genome& b, typename P::Genome& child, Rng& rng,
               Workspace<P>& w) {
  if constexpr (CrossesWithWorkspace<P>) {
    p.crossover(a, b, child, rng, w);
  } else {
    p.crossover(a, b, child, rng);
  }
}

template <class P>
void mutate(const P& p, typename P::Genome& g, Rng& rng, Workspace<P>& w) {
  if constexpr (MutatesWithWorkspace<P>) {
    p.mutate(g, rng, w);
  } else {
    p.mutate(g, rng);
  }
}

template <class P>
void improve(const P& p, typename P::Genome& g, Rng& rng, Workspace<P>& w) {
  if constexpr (ImprovesWithWorkspace<P>) {
    p.improve(g, rng, w);
  } else if constexpr (Improves<P>) {
    p.improve(g, rng);
  }
}

}  // namespace detail

/// What `minimise` searches: for a problem `p` with `typename P::Genome` (default constructible and copyable)
///
/// - `p.random(rng)` makes a genome;
/// - `p.cost(genome)` is what to minimise, a number (NaN counts as infinite); it must depend on the genome alone;
/// - `p.crossover(a, b, child, rng)` overwrites `child`, whose old value is some genome of an earlier generation;
/// - `p.mutate(genome, rng)` changes a genome a little;
/// - optional: `p.improve(genome, rng)`, a local search that never raises the cost, applied to each new genome;
/// - optional: `p.make_workspace()`; then `cost`, `crossover`, `mutate` and `improve` may each take the workspace as a further,
/// last
///   argument, so that nothing is allocated in the loop.
///
/// Where an executor with threads is used, all of these are called at once from several of them, each with its own workspace.
template <class P>
concept Problem = requires {
  typename P::Genome;
}
&&std::semiregular<typename P::Genome>&& requires(const P& p, Rng& rng) {
  { p.random(rng) } -> std::convertible_to<typename P::Genome>;
}
&&detail::Costs<P>&& detail::Crosses<P>&& detail::Mutates<P>;

}  // namespace kilter::genetic
