#pragma once
/// @file
/// The operations of a problem as the engine calls them: with the workspace where they take it, from the encoding where the problem
/// has none of its own.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>

#include "kilter/core/rng.hpp"
#include "kilter/genetic/population.hpp"
#include "kilter/genetic/problem.hpp"

namespace kilter::genetic {

/// The scratch memory of one worker: that of the problem and that of its encoding.
template <class P>
struct Scratch {
  detail::Workspace<P> problem;
  detail::Workspace<detail::EncodingOf<P>> encoding;
};

/// Scratch memory for the operations of `p`.
template <class P>
[[nodiscard]] Scratch<P> make_scratch(const P& p) {
  if constexpr (HasEncoding<P>) {
    return {detail::make_workspace(p), detail::make_workspace(p.encoding())};
  } else {
    return {detail::make_workspace(p), {}};
  }
}

namespace detail {

inline double number(double x) { return std::isnan(x) ? std::numeric_limits<double>::infinity() : x; }

template <class G, class T>
void random_with(const T& t, std::span<G> g, Rng& rng, Workspace<T>& w) {
  if constexpr (RandomsWith<T, G>) {
    t.random(g, rng, w);
  } else {
    t.random(g, rng);
  }
}

template <class G, class T>
void crossover_with(const T& t, std::size_t k, std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng,
                    Workspace<T>& w) {
  if constexpr (CrossesByNumber<T, G>) {
    t.crossover(k, a, b, child, rng, w);
  } else if constexpr (CrossesWith<T, G>) {
    t.crossover(a, b, child, rng, w);
  } else {
    t.crossover(a, b, child, rng);
  }
}

template <class G, class T>
void mutate_with(const T& t, std::size_t k, std::span<G> g, Rng& rng, Workspace<T>& w) {
  if constexpr (MutatesByNumber<T, G>) {
    t.mutate(k, g, rng, w);
  } else if constexpr (MutatesWith<T, G>) {
    t.mutate(g, rng, w);
  } else {
    t.mutate(g, rng);
  }
}

template <class G, class T>
bool approach_with(const T& t, std::span<G> g, std::span<const G> guide, Rng& rng, Workspace<T>& w) {
  if constexpr (ApproachesWith<T, G>) {
    return t.approach(g, guide, rng, w);
  } else {
    return t.approach(g, guide, rng);
  }
}

template <class P>
inline constexpr bool approaches = Approaches<P, GeneOf<P>> || Approaches<EncodingOf<P>, GeneOf<P>>;

}  // namespace detail

/// How many crossovers the engine may choose from.
template <class P>
[[nodiscard]] constexpr std::size_t crossover_count() {
  using G = GeneOf<P>;
  if constexpr (detail::CrossesByNumber<P, G>) {
    return P::crossover_count;
  } else if constexpr (!detail::Crosses<P, G> && detail::CrossesByNumber<detail::EncodingOf<P>, G>) {
    return detail::EncodingOf<P>::crossover_count;
  } else {
    return 1;
  }
}

/// How many mutations the engine may choose from.
template <class P>
[[nodiscard]] constexpr std::size_t mutation_count() {
  using G = GeneOf<P>;
  if constexpr (detail::MutatesByNumber<P, G>) {
    return P::mutation_count;
  } else if constexpr (!detail::Mutates<P, G> && detail::MutatesByNumber<detail::EncodingOf<P>, G>) {
    return detail::EncodingOf<P>::mutation_count;
  } else {
    return 1;
  }
}

/// The operations of a problem on rows, bound to one worker's scratch memory.
template <Breedable P>
class Operators {
 public:
  using Gene = GeneOf<P>;

  Operators(const P& problem, Scratch<P>& scratch) : problem_(problem), scratch_(scratch) {}

  void random(std::span<Gene> g, Rng& rng) const {
    if constexpr (detail::Randoms<P, Gene>) {
      detail::random_with<Gene>(problem_, g, rng, scratch_.problem);
    } else {
      detail::random_with<Gene>(problem_.encoding(), g, rng, scratch_.encoding);
    }
  }

  /// The crossover numbered `k` < `crossover_count<P>()`.
  void crossover(std::size_t k, std::span<const Gene> a, std::span<const Gene> b, std::span<Gene> child, Rng& rng) const {
    if constexpr (detail::Crosses<P, Gene>) {
      detail::crossover_with<Gene>(problem_, k, a, b, child, rng, scratch_.problem);
    } else {
      detail::crossover_with<Gene>(problem_.encoding(), k, a, b, child, rng, scratch_.encoding);
    }
  }

  /// The mutation numbered `k` < `mutation_count<P>()`.
  void mutate(std::size_t k, std::span<Gene> g, Rng& rng) const {
    if constexpr (detail::Mutates<P, Gene>) {
      detail::mutate_with<Gene>(problem_, k, g, rng, scratch_.problem);
    } else {
      detail::mutate_with<Gene>(problem_.encoding(), k, g, rng, scratch_.encoding);
    }
  }

  /// The problem's repair, else that of its encoding; nothing where there is none.
  void repair(std::span<Gene> g, Rng& rng) const {
    using E = detail::EncodingOf<P>;
    if constexpr (detail::RepairsWith<P, Gene>) {
      problem_.repair(g, rng, scratch_.problem);
    } else if constexpr (detail::Repairs<P, Gene>) {
      problem_.repair(g, rng);
    } else if constexpr (detail::RepairsWith<E, Gene>) {
      problem_.encoding().repair(g, rng, scratch_.encoding);
    } else if constexpr (detail::Repairs<E, Gene>) {
      problem_.encoding().repair(g, rng);
    }
  }

  /// The problem's local search; nothing where there is none.
  void improve(std::span<Gene> g, Rng& rng) const {
    if constexpr (detail::ImprovesWith<P, Gene>) {
      problem_.improve(g, rng, scratch_.problem);
    } else if constexpr (detail::Improves<P, Gene>) {
      problem_.improve(g, rng);
    }
  }

  /// One step toward `guide`; false when there is none to take.
  bool approach(std::span<Gene> g, std::span<const Gene> guide, Rng& rng) const requires detail::approaches<P> {
    if constexpr (detail::Approaches<P, Gene>) {
      return detail::approach_with<Gene>(problem_, g, guide, rng, scratch_.problem);
    } else {
      return detail::approach_with<Gene>(problem_.encoding(), g, guide, rng, scratch_.encoding);
    }
  }

  /// Cost and violation, with NaN as infinite.
  [[nodiscard]] Evaluation evaluate(std::span<const Gene> g) const requires detail::Costs<P> {
    const auto worth = [&] {
      if constexpr (detail::CostsWith<P>) {
        return problem_.cost(g, scratch_.problem);
      } else {
        return problem_.cost(g);
      }
    }();
    if constexpr (std::convertible_to<decltype(worth), Evaluation>) {
      const Evaluation e = worth;
      return {detail::number(e.cost), detail::number(e.violation)};
    } else {
      return {detail::number(static_cast<double>(worth)), 0};
    }
  }

  /// The objectives, with NaN as infinite.
  void objectives(std::span<const Gene> g, std::span<double> out) const requires detail::Objectives<P> {
    if constexpr (detail::ObjectivesWith<P>) {
      problem_.objectives(g, out, scratch_.problem);
    } else {
      problem_.objectives(g, out);
    }
    for (double& x : out) x = detail::number(x);
  }

 private:
  const P& problem_;
  Scratch<P>& scratch_;
};

/// The distance of two genomes: the problem's, else its encoding's, else the share of genes whose bytes differ.
template <Breedable P>
[[nodiscard]] double distance(const P& problem, std::span<const GeneOf<P>> a, std::span<const GeneOf<P>> b) {
  if constexpr (detail::Measures<P, GeneOf<P>>) {
    return problem.distance(a, b);
  } else if constexpr (detail::Measures<detail::EncodingOf<P>, GeneOf<P>>) {
    return problem.encoding().distance(a, b);
  } else {
    std::size_t different = 0;
    for (std::size_t i = 0; i < a.size(); ++i) different += detail::same_gene(a[i], b[i]) ? 0U : 1U;
    return a.empty() ? 0 : static_cast<double>(different) / static_cast<double>(a.size());
  }
}

}  // namespace kilter::genetic
