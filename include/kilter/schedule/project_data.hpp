#pragma once
/// @file
/// A project as the search sees it: flat arrays, modes that can never help removed, demands packed so that one subtraction tests
/// several resources.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kilter/schedule/project.hpp"

namespace kilter::schedule::detail {

/// The arcs of the precedence relation in one direction: of activity `j` those in `to` from `first[j]` up to `first[j + 1]`.
struct ProjectLinks {
  std::vector<std::uint32_t> first{}, to{};

  [[nodiscard]] std::span<const std::uint32_t> of(std::size_t j) const {
    return {to.data() + first[j], static_cast<std::size_t>(first[j + 1] - first[j])};
  }
};

/// How the renewable resources share 64-bit words: resource `r` has the lane of word `word[r]` that begins at bit `shift[r]`; its
/// highest bit is a guard, set in `guard` and never part of an amount. Of what is free (guards set) a packed demand may be taken
/// when the difference still has all guards: no lane has borrowed from its guard.
struct ProjectLanes {
  std::size_t words = 1;
  std::vector<std::uint32_t> word{}, shift{};
  std::vector<std::uint64_t> guard{};     ///< per word
  std::vector<std::uint64_t> capacity{};  ///< per word, guards set: all is free
};

inline constexpr std::size_t project_word_bits = 64;

/// First fit of lanes into words.
inline ProjectLanes project_lanes(std::span<const int> capacity) {
  ProjectLanes lanes;
  std::vector<std::size_t> used;
  for (const int c : capacity) {
    const auto width = static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(c))) + 1;
    std::size_t w = 0;
    while (w < used.size() && used[w] + width > project_word_bits) ++w;
    if (w == used.size()) {
      used.push_back(0);
      lanes.guard.push_back(0);
      lanes.capacity.push_back(0);
    }
    const std::uint64_t guard = std::uint64_t{1} << (used[w] + width - 1);
    lanes.word.push_back(static_cast<std::uint32_t>(w));
    lanes.shift.push_back(static_cast<std::uint32_t>(used[w]));
    lanes.guard[w] |= guard;
    lanes.capacity[w] |= guard | static_cast<std::uint64_t>(c) << used[w];
    used[w] += width;
  }
  if (used.empty()) {
    lanes.guard.push_back(0);
    lanes.capacity.push_back(0);
  }
  lanes.words = lanes.guard.size();
  return lanes;
}

/// Modes that can be in no schedule (non-executable), that another one replaces without loss (inefficient), and resources that
/// never run out (redundant) are looked for until none is left: Sprecher, Hartmann, Drexl 1997, "An exact algorithm for project
/// scheduling with multiple modes".
class ProjectReduction {
 public:
  explicit ProjectReduction(const Project& project) : project_(project), kept_(project.activities.size()) {
    for (std::size_t j = 0; j < kept_.size(); ++j) {
      kept_[j].resize(project.activities[j].modes.size());
      std::iota(kept_[j].begin(), kept_[j].end(), std::uint32_t{0});
    }
    for (std::size_t r = 0; r < project.renewable.size() + project.nonrenewable.size(); ++r) binding_.push_back(1);
    for (bool changed = true; changed && reason_.empty();) {
      changed = drop_redundant();
      changed = drop_inefficient() || changed;
      changed = drop_non_executable() || changed;
    }
  }

  /// Why there is no schedule; empty when none of this shows that.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// The modes of each activity that are left.
  [[nodiscard]] const std::vector<std::vector<std::uint32_t>>& kept() const { return kept_; }
  /// Whether resource `r` (renewables first) can run out at all.
  [[nodiscard]] bool binding(std::size_t r) const { return binding_[r] != 0; }

 private:
  [[nodiscard]] const ProjectMode& mode(std::size_t j, std::uint32_t m) const { return project_.activities[j].modes[m]; }
  [[nodiscard]] std::int64_t capacity(std::size_t r) const {
    const std::size_t renewables = project_.renewable.size();
    return r < renewables ? project_.renewable[r] : project_.nonrenewable[r - renewables];
  }
  [[nodiscard]] std::int64_t least(std::size_t j, std::size_t r) const {
    std::int64_t d = std::numeric_limits<std::int64_t>::max();
    for (const std::uint32_t m : kept_[j]) d = std::min<std::int64_t>(d, mode(j, m).demand[r]);
    return d;
  }

  /// A resource that has enough for everybody at once.
  bool drop_redundant() {
    bool changed = false;
    for (std::size_t r = 0; r < binding_.size(); ++r) {
      if (binding_[r] == 0) continue;
      std::int64_t sum = 0;
      for (std::size_t j = 0; j < kept_.size(); ++j) {
        std::int64_t most = 0;
        for (const std::uint32_t m : kept_[j]) most = std::max<std::int64_t>(most, mode(j, m).demand[r]);
        sum += most;
      }
      if (sum > capacity(r)) continue;
      binding_[r] = 0;
      changed = true;
    }
    return changed;
  }

  /// Whether mode `a` is no longer than `b` and needs no more of anything that can run out.
  [[nodiscard]] bool replaces(const ProjectMode& a, const ProjectMode& b) const {
    if (a.duration > b.duration) return false;
    for (std::size_t r = 0; r < binding_.size(); ++r) {
      if (binding_[r] != 0 && a.demand[r] > b.demand[r]) return false;
    }
    return true;
  }

  bool drop_inefficient() {
    bool changed = false;
    for (std::size_t j = 0; j < kept_.size(); ++j) {
      for (std::size_t i = 0; i < kept_[j].size(); ++i) {
        for (std::size_t k = kept_[j].size(); k-- > 0;) {
          if (k == i || !replaces(mode(j, kept_[j][i]), mode(j, kept_[j][k]))) continue;
          kept_[j].erase(kept_[j].begin() + static_cast<std::ptrdiff_t>(k));
          i -= k < i ? 1 : 0;
          changed = true;
        }
      }
    }
    return changed;
  }

  /// What is left of resource `r` for one activity besides what it needs least: the rest when all others take the least.
  [[nodiscard]] std::int64_t slack(std::size_t r) const {
    std::int64_t sum = 0;
    if (r < project_.renewable.size()) return capacity(r);
    for (std::size_t j = 0; j < kept_.size(); ++j) sum += least(j, r);
    return capacity(r) - sum;
  }

  bool drop_non_executable() {
    bool changed = false;
    for (std::size_t r = 0; r < binding_.size() && reason_.empty(); ++r) {
      const bool renewable = r < project_.renewable.size();
      const std::int64_t spare = slack(r);
      if (!renewable && spare < 0) {
        reason_ = "non-renewable resource " + std::to_string(r - project_.renewable.size()) + " is not enough";
        break;
      }
      for (std::size_t j = 0; j < kept_.size() && reason_.empty(); ++j) {
        const std::int64_t limit = renewable ? spare : least(j, r) + spare;
        changed |= std::erase_if(kept_[j], [&](std::uint32_t m) {
                     return mode(j, m).demand[r] > limit && (!renewable || mode(j, m).duration > 0);
                   }) > 0;
        if (kept_[j].empty()) reason_ = "activity " + std::to_string(j) + " fits in no mode";
      }
    }
    return changed;
  }

  const Project& project_;
  std::vector<std::vector<std::uint32_t>> kept_;
  std::vector<char> binding_;
  std::string reason_;
};

/// The arrays of a project. Modes are numbered through: those of activity `j` are `mode_first[j]`, …, `mode_first[j + 1] − 1`;
/// durations are divided by their greatest common divisor `unit`. Direction 0 looks forward in time, direction 1 backward.
struct ProjectData {
  std::size_t size = 0;           ///< activities
  std::size_t nonrenewables = 0;  ///< that can run out
  Time unit = 1;
  std::int32_t horizon = 0;  ///< sum of the longest durations
  bool multi = false;        ///< an activity has a choice of modes
  ProjectLanes lanes{};
  std::vector<int> capacity{};                 ///< of the renewables that can run out
  std::vector<std::int64_t> stock{};           ///< of the non-renewables that can run out
  std::vector<std::uint32_t> mode_first{};     ///< size + 1
  std::vector<std::uint32_t> mode_original{};  ///< per mode: its number within the activity
  std::vector<std::int32_t> duration{};        ///< per mode
  std::vector<int> demand{};                   ///< per mode and renewable
  std::vector<std::uint64_t> packed{};         ///< per mode and word
  std::vector<std::int32_t> usage{};           ///< per mode and non-renewable
  std::vector<std::uint32_t> topological{};    ///< an order that respects precedence
  ProjectLinks links[2]{};                     ///< direct predecessors; direct successors
  std::vector<std::int32_t> shortest{};        ///< per activity: its shortest duration
  std::vector<std::int32_t> head[2]{};         ///< longest path of shortest durations up to an activity, without it

  [[nodiscard]] std::size_t modes(std::size_t j) const { return mode_first[j + 1] - mode_first[j]; }
  [[nodiscard]] const std::uint64_t* packed_of(std::size_t k) const { return packed.data() + k * lanes.words; }
  [[nodiscard]] const std::int32_t* usage_of(std::size_t k) const { return usage.data() + k * nonrenewables; }
  [[nodiscard]] std::int32_t critical_path() const {
    std::int32_t length = 0;
    for (std::size_t j = 0; j < size; ++j) length = std::max(length, head[0][j] + shortest[j]);
    return length;
  }
};

/// The arcs without those that others imply: an arc given twice, and one beside a longer way. What comes behind each activity is
/// kept as bits; for very large projects, where these would not fit in a cache, only arcs given twice are left out.
inline std::vector<std::pair<std::uint32_t, std::uint32_t>> project_arcs(const ProjectData& data, const Project& project) {
  constexpr std::size_t largest = 4096;
  const std::size_t words = data.size <= largest ? (data.size + 63) / 64 : 0;
  std::vector<std::uint64_t> behind(data.size * words, 0);
  std::vector<std::uint32_t> rank(data.size), next;
  for (std::uint32_t k = 0; k < data.size; ++k) rank[data.topological[k]] = k;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> arcs;
  for (std::size_t k = data.size; k-- > 0;) {
    const std::uint32_t j = data.topological[k];
    next.assign(project.activities[j].successors.begin(), project.activities[j].successors.end());
    std::sort(next.begin(), next.end(), [&](std::uint32_t a, std::uint32_t b) { return rank[a] < rank[b]; });
    next.erase(std::unique(next.begin(), next.end()), next.end());
    std::uint64_t* own = behind.data() + j * words;
    for (const std::uint32_t s : next) {
      if (words > 0 && (own[s / 64] >> (s % 64) & 1U) != 0) continue;
      arcs.emplace_back(j, s);
      for (std::size_t w = 0; w < words; ++w) own[w] |= behind[s * words + w];
      if (words > 0) own[s / 64] |= std::uint64_t{1} << (s % 64);
    }
  }
  std::sort(arcs.begin(), arcs.end());
  return arcs;
}

inline void project_link(ProjectData& data, const Project& project) {
  for (ProjectLinks& links : data.links) links.first.assign(data.size + 1, 0);
  const auto arcs = project_arcs(data, project);
  for (int d = 0; d < 2; ++d) {
    ProjectLinks& links = data.links[d];
    for (const auto& [from, to] : arcs) ++links.first[(d == 0 ? to : from) + 1];
    std::partial_sum(links.first.begin(), links.first.end(), links.first.begin());
    links.to.resize(arcs.size());
    auto next = links.first;
    for (const auto& [from, to] : arcs) links.to[next[d == 0 ? to : from]++] = d == 0 ? from : to;
  }
}

inline void project_heads(ProjectData& data) {
  for (std::size_t d = 0; d < 2; ++d) {
    data.head[d].assign(data.size, 0);
    for (std::size_t k = 0; k < data.size; ++k) {
      const std::uint32_t j = data.topological[d == 0 ? k : data.size - 1 - k];
      for (const std::uint32_t p : data.links[d].of(j)) {
        data.head[d][j] = std::max(data.head[d][j], data.head[d][p] + data.shortest[p]);
      }
    }
  }
}

/// Appends a mode's numbers; the durations are divided by the unit later.
inline void project_add_mode(ProjectData& data, const ProjectMode& mode, const ProjectReduction& reduction,
                             std::size_t renewables) {
  data.duration.push_back(static_cast<std::int32_t>(mode.duration));
  const std::size_t base = data.packed.size();
  data.packed.resize(base + data.lanes.words, 0);
  for (std::size_t r = 0, lane = 0; r < mode.demand.size(); ++r) {
    if (!reduction.binding(r)) continue;
    if (r >= renewables) {
      data.usage.push_back(mode.demand[r]);
      continue;
    }
    const int demand = mode.duration == 0 ? 0 : mode.demand[r];  // what takes no time takes nothing
    data.demand.push_back(demand);
    data.packed[base + data.lanes.word[lane]] |= static_cast<std::uint64_t>(demand) << data.lanes.shift[lane];
    ++lane;
  }
}

/// Compiles a checked project. `reduction` must not have found a reason why there is no schedule. O(size of the project).
inline ProjectData project_data(const Project& project, const ProjectReduction& reduction) {
  ProjectData data;
  data.size = project.activities.size();
  for (std::size_t r = 0; r < project.renewable.size(); ++r) {
    if (reduction.binding(r)) data.capacity.push_back(project.renewable[r]);
  }
  for (std::size_t r = 0; r < project.nonrenewable.size(); ++r) {
    if (reduction.binding(project.renewable.size() + r)) data.stock.push_back(project.nonrenewable[r]);
  }
  data.nonrenewables = data.stock.size();
  data.lanes = project_lanes(data.capacity);
  data.mode_first.push_back(0);
  for (std::size_t j = 0; j < data.size; ++j) {
    for (const std::uint32_t m : reduction.kept()[j]) {
      data.mode_original.push_back(m);
      project_add_mode(data, project.activities[j].modes[m], reduction, project.renewable.size());
    }
    data.mode_first.push_back(static_cast<std::uint32_t>(data.mode_original.size()));
    data.multi |= data.modes(j) > 1;
  }
  std::int32_t unit = 0;
  for (const std::int32_t d : data.duration) unit = std::gcd(unit, d);
  for (std::int32_t& d : data.duration) d /= std::max(unit, 1);
  data.unit = std::max(unit, 1);
  for (std::size_t j = 0; j < data.size; ++j) {
    const auto first = data.duration.begin() + data.mode_first[j], last = data.duration.begin() + data.mode_first[j + 1];
    data.shortest.push_back(*std::min_element(first, last));
    data.horizon += *std::max_element(first, last);
  }
  data.topological = project_topological_order(project);
  project_link(data, project);
  project_heads(data);
  return data;
}

}  // namespace kilter::schedule::detail
