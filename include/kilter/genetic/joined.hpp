#pragma once
/// @file
/// `Joined`: several encodings side by side in one genome, such as the modes of tasks and the order in which they are placed.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"

namespace kilter::genetic {

namespace detail {

template <class E>
constexpr std::size_t crossover_count_of() {
  if constexpr (requires { E::crossover_count; }) {
    return E::crossover_count;
  } else {
    return 1;
  }
}

template <class E>
constexpr std::size_t mutation_count_of() {
  if constexpr (requires { E::mutation_count; }) {
    return E::mutation_count;
  } else {
    return 1;
  }
}

/// Calls the crossover numbered `k` of an encoding, its only one where it has no numbers.
template <class E, class G, class W>
void encoding_crossover(const E& e, std::size_t k, std::span<const G> a, std::span<const G> b, std::span<G> child, Rng& rng,
                        W& ws) {
  if constexpr (requires { E::crossover_count; }) {
    e.crossover(k, a, b, child, rng, ws);
  } else {
    static_cast<void>(k);
    e.crossover(a, b, child, rng, ws);
  }
}

/// Calls the mutation numbered `k` of an encoding, its only one where it has no numbers.
template <class E, class G, class W>
void encoding_mutate(const E& e, std::size_t k, std::span<G> genome, Rng& rng, W& ws) {
  if constexpr (requires { E::mutation_count; }) {
    e.mutate(k, genome, rng, ws);
  } else {
    static_cast<void>(k);
    e.mutate(genome, rng, ws);
  }
}

}  // namespace detail

/// The genomes of the parts one after the other; all parts have the same gene type. An `Encoding`: a crossover crosses each part
/// with its own operator (number k, modulo how many the part has), so that a child may take its modes and its order from different
/// parents; a mutation changes one part, the numbers counting through the mutations of the first part, then of the second, and so
/// on; without a number the part is drawn.
template <class First, class... Rest>
requires(std::is_same_v<typename First::Gene, typename Rest::Gene>&&...) class Joined {
 public:
  using Gene = typename First::Gene;
  using Workspace = std::tuple<decltype(std::declval<const First&>().make_workspace()),
                               decltype(std::declval<const Rest&>().make_workspace())...>;
  static constexpr std::size_t parts = 1 + sizeof...(Rest);
  static constexpr std::size_t crossover_count =
      std::max({detail::crossover_count_of<First>(), detail::crossover_count_of<Rest>()...});
  static constexpr std::size_t mutation_count = (detail::mutation_count_of<First>() + ... + detail::mutation_count_of<Rest>());

  explicit Joined(First first, Rest... rest) : encodings_(std::move(first), std::move(rest)...) {
    for_each_part([this](auto part, const auto& e) { begin_[part + 1] = begin_[part] + e.size(); });
  }

  [[nodiscard]] std::size_t size() const { return begin_.back(); }
  [[nodiscard]] Workspace make_workspace() const {
    return std::apply([](const auto&... e) { return Workspace{e.make_workspace()...}; }, encodings_);
  }

  /// The genes of part `I`.
  template <std::size_t I, class G>
  [[nodiscard]] std::span<G> part(std::span<G> genome) const {
    return genome.subspan(begin_[I], begin_[I + 1] - begin_[I]);
  }
  /// The encoding of part `I`.
  template <std::size_t I>
  [[nodiscard]] const auto& encoding() const {
    return std::get<I>(encodings_);
  }

  /// Each part at random.
  void random(std::span<Gene> genome, Rng& rng, Workspace& ws) const {
    for_each_part([&](auto i, const auto& e) { e.random(part<i>(genome), rng, std::get<i>(ws)); });
  }

  /// The crossover numbered `k` (modulo their number) of each part.
  void crossover(std::size_t k, std::span<const Gene> a, std::span<const Gene> b, std::span<Gene> child, Rng& rng,
                 Workspace& ws) const {
    for_each_part([&](auto i, const auto& e) {
      using E = std::remove_cvref_t<decltype(e)>;
      detail::encoding_crossover(e, k % detail::crossover_count_of<E>(), part<i>(a), part<i>(b), part<i>(child), rng,
                                 std::get<i>(ws));
    });
  }
  /// The first crossover of each part.
  void crossover(std::span<const Gene> a, std::span<const Gene> b, std::span<Gene> child, Rng& rng, Workspace& ws) const {
    crossover(0, a, b, child, rng, ws);
  }

  /// The mutation numbered `k` of all the parts' together.
  void mutate(std::size_t k, std::span<Gene> genome, Rng& rng, Workspace& ws) const {
    for_each_part([&](auto i, const auto& e) {
      constexpr std::size_t count = detail::mutation_count_of<std::remove_cvref_t<decltype(e)>>();
      if (k < count) detail::encoding_mutate(e, k, part<i>(genome), rng, std::get<i>(ws));
      k -= count;  // wraps around past the part that was meant, so that no later one is
    });
  }
  /// The first mutation of a part, drawn uniformly.
  void mutate(std::span<Gene> genome, Rng& rng, Workspace& ws) const {
    const std::size_t chosen = rng.index(parts);
    for_each_part([&](auto i, const auto& e) {
      if (i == chosen) e.mutate(part<i>(genome), rng, std::get<i>(ws));
    });
  }

  /// The mean of the parts' distances.
  [[nodiscard]] double distance(std::span<const Gene> a, std::span<const Gene> b) const {
    double sum = 0;
    for_each_part([&](auto i, const auto& e) { sum += e.distance(part<i>(a), part<i>(b)); });
    return sum / static_cast<double>(parts);
  }

  /// True when each part is valid.
  [[nodiscard]] bool check(std::span<const Gene> genome) const {
    if (genome.size() != size()) return false;
    bool valid = true;
    for_each_part([&](auto i, const auto& e) { valid = valid && e.check(part<i>(genome)); });
    return valid;
  }

 private:
  template <class F>
  void for_each_part(F&& f) const {
    const auto call = [&]<std::size_t... I>(std::index_sequence<I...>) {
      (f(std::integral_constant<std::size_t, I>{}, std::get<I>(encodings_)), ...);
    };
    call(std::make_index_sequence<parts>{});
  }

  std::tuple<First, Rest...> encodings_;
  std::array<std::size_t, parts + 1> begin_{};
};

}  // namespace kilter::genetic
