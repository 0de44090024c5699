#include "kilter/genetic/archive.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "refused.hpp"

using kilter::Rng;
using namespace kilter::genetic;

namespace {

/// Points around quarters of circles about (3, 3) of radius 1 to 2.
std::array<double, 2> point(Rng& rng) {
  const double angle = rng.uniform(0, std::acos(0.0)), radius = 1 + (rng.bernoulli(0.5) ? 0 : rng.uniform());
  return {3 - radius * std::cos(angle), 3 - radius * std::sin(angle)};
}

template <class Archive>
std::set<std::vector<double>> members(const Archive& archive) {
  std::set<std::vector<double>> out;
  for (std::size_t i = 0; i < archive.size(); ++i) out.emplace(archive.values(i).begin(), archive.values(i).end());
  return out;
}

}  // namespace

TEST_CASE("an archive without bounds holds what nobody dominates, whatever the order") {
  Rng rng{71};
  for (int round = 0; round < 30; ++round) {
    std::vector<double> rows;
    ParetoArchive<int> archive(1, 2);
    for (int i = 0; i < 60; ++i) {
      const std::array<double, 2> p{static_cast<double>(rng.index(12)), static_cast<double>(rng.index(12))};
      rows.insert(rows.end(), p.begin(), p.end());
      archive.insert(std::array{i}, p);
    }
    std::set<std::vector<double>> expected;
    for (const auto i : non_dominated(rows, 2)) expected.insert({rows[2 * i], rows[2 * i + 1]});
    CHECK(members(archive) == expected);
    CHECK(archive.size() == expected.size());
    for (std::size_t i = 0; i < archive.size(); ++i) {
      const auto from = static_cast<std::size_t>(archive.genome(i)[0]);
      CHECK(archive.values(i)[0] == rows[2 * from]);
    }
  }
}

TEST_CASE("a bounded archive keeps its size, the ends and a spread") {
  Rng rng{72};
  const std::vector<double> reference{4, 4};
  ParetoArchive<std::uint8_t> crowding(0, 2, {.capacity = 20}), volume(0, 2, {.capacity = 20, .reference = reference}), all(0, 2);
  for (int i = 0; i < 1500; ++i) {
    auto p = point(rng);
    p[0] = 3 - (p[0] - 2), p[1] = 3 - (p[1] - 2);  // a front that bulges outwards
    const bool in = crowding.insert({}, p);
    CHECK((!in || members(crowding).count({p[0], p[1]}) == 1));
    volume.insert({}, p);
    all.insert({}, p);
    CHECK(crowding.size() <= 20);
    CHECK(volume.size() <= 20);
  }
  CHECK(crowding.size() == 20);
  CHECK(volume.size() == 20);
  const double limit = hypervolume(all.values(), reference);
  CHECK(hypervolume(volume.values(), reference) > 0.98 * limit);
  CHECK(hypervolume(crowding.values(), reference) > 0.97 * limit);
  CHECK(hypervolume(volume.values(), reference) >= hypervolume(crowding.values(), reference));
}

TEST_CASE("an archive of boxes covers all it was shown within epsilon") {
  Rng rng{73};
  const std::vector<double> epsilon{0.1, 0.05};
  ParetoArchive<std::uint8_t> archive(0, 2, {.epsilon = epsilon});
  std::vector<std::array<double, 2>> shown;
  for (int i = 0; i < 2000; ++i) {
    shown.push_back(point(rng));
    archive.insert({}, shown.back());
  }
  CHECK(archive.size() <= 21);  // the columns of boxes under a front from 1 to 3: two in one would dominate each other
  std::set<std::pair<double, double>> boxes;
  for (std::size_t i = 0; i < archive.size(); ++i)
    boxes.insert({std::floor(archive.values(i)[0] / 0.1), std::floor(archive.values(i)[1] / 0.05)});
  CHECK(boxes.size() == archive.size());
  for (const auto& p : shown) {
    bool covered = false;
    for (std::size_t i = 0; i < archive.size(); ++i) {
      covered = covered || (archive.values(i)[0] <= p[0] + 0.1 && archive.values(i)[1] <= p[1] + 0.05);
    }
    CHECK(covered);
  }
}

TEST_CASE("an archive refuses doubles, what is not a number, and sizes that do not fit") {
  ParetoArchive<int> archive(2, 2);
  const std::vector<int> genome{1, 2};
  CHECK(archive.insert(genome, std::array{1.0, 2.0}));
  CHECK_FALSE(archive.insert(genome, std::array{1.0, 2.0}));
  CHECK_FALSE(archive.insert(genome, std::array{1.0, 3.0}));
  CHECK_FALSE(archive.insert(genome, std::array{std::numeric_limits<double>::quiet_NaN(), 0.0}));
  CHECK(archive.insert(genome, std::array{0.0, std::numeric_limits<double>::infinity()}));
  CHECK(archive.size() == 2);
  CHECK(archive.insert(genome, std::array{-1.0, -1.0}));
  CHECK(archive.size() == 1);
  CHECK_REFUSED(archive.insert(std::span{genome}.first(1), std::array{1.0, 2.0}), "genome = 1");
  CHECK_REFUSED(archive.insert(genome, std::array{1.0}), "values = 1");
  CHECK_REFUSED(ParetoArchive<int>(1, 0), "objectives = 0");
  CHECK_REFUSED(ParetoArchive<int>(1, 2, {.epsilon = {1.0}}), "epsilon = 1");
  CHECK_REFUSED(ParetoArchive<int>(1, 1, {.epsilon = {0.0}}), "epsilon = 0");
  CHECK_REFUSED(ParetoArchive<int>(1, 2, {.reference = {0.0}}), "reference = 1");
}
