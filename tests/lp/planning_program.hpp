#pragma once
/// Random programs of the shape of a rolling capacity plan: 24 hourly blocks, each with demand, pool capacity and power, linked
/// over time by starts and stops of machines and by deferrable work. All costs are positive, slacks make every program feasible,
/// and costs repeat, so that there are many degenerate ties.

#include <cmath>
#include <string>
#include <vector>

#include "kilter/core/rng.hpp"
#include "kilter/lp/model.hpp"

namespace kilter::lp::test {

struct PlanningShape {
  int hours = 24, demands = 5, pools = 4, variants = 4, deferrable = 6;
};

/// The program of the window that begins at hour `first`; windows of the same seed share their hours.
inline Model planning_program(std::uint64_t seed, int first, const PlanningShape& shape = {}) {
  const auto [hours, demands, pools, variants, deferrable] = shape;
  Model model;
  const Rng root{seed};
  Rng fleet = root.split(0);
  std::vector<double> size, watts, fixed_cost;
  for (int p = 0; p < pools; ++p) {
    size.push_back(std::round(fleet.uniform(20, 60)));
    watts.push_back(std::round(fleet.uniform(3, 8)));
    fixed_cost.push_back(std::round(fleet.uniform(2, 5)));
  }
  std::vector<double> speed;
  for (int k = 0; k < demands * pools * variants; ++k) speed.push_back(std::round(fleet.uniform(2, 9)) / 2);
  std::vector<std::vector<Term>> total(static_cast<std::size_t>(deferrable));
  std::vector<int> previous(static_cast<std::size_t>(pools), -1);
  for (int h = 0; h < hours; ++h) {
    Rng hour = root.split(static_cast<std::uint64_t>(1000 + first + h));
    const double price = std::round(10 * (1 + 0.4 * std::sin(0.26 * (first + h)) + 0.2 * hour.uniform())) / 10;
    std::vector<std::vector<Term>> capacity(static_cast<std::size_t>(pools));
    std::vector<Term> power;
    for (int d = 0; d < demands; ++d) {
      std::vector<Term> demand;
      for (int p = 0; p < pools; ++p) {
        for (int v = 0; v < variants; ++v) {
          const int x = model.add_column(std::round(2 * price) / 4 + 0.25 * v, 0, infinity);
          demand.push_back({x, speed[static_cast<std::size_t>((d * pools + p) * variants + v)]});
          capacity[static_cast<std::size_t>(p)].push_back({x, 1});
        }
      }
      demand.push_back({model.add_column(100, 0, infinity), 1});
      const double level = 40 * (1.2 + std::sin(0.26 * (first + h) + d)) + 10 * hour.uniform();
      model.add_row(demand, level, infinity, "demand");
    }
    for (int k = 0; k < deferrable; ++k) {
      const int y = model.add_column(price, 0, 4);
      total[static_cast<std::size_t>(k)].push_back({y, 1});
      capacity[static_cast<std::size_t>(k % pools)].push_back({y, 1});
    }
    for (int p = 0; p < pools; ++p) {
      const auto q = static_cast<std::size_t>(p);
      const int on = model.add_column(fixed_cost[q] * price / 10, 0, size[q]);
      const int up = model.add_column(1, 0, infinity), down = model.add_column(0.5, 0, infinity);
      capacity[q].push_back({on, -1});
      model.add_row(capacity[q], -infinity, 0, "capacity");
      std::vector<Term> link = {{on, 1}, {up, -1}, {down, 1}};
      double right = std::round(size[q] / 2);
      if (previous[q] >= 0) {
        link.push_back({previous[q], -1});
        right = 0;
      }
      model.add_row(link, right, right, "link");
      previous[q] = on;
      power.push_back({on, watts[q]});
    }
    power.push_back({model.add_column(1000, 0, infinity), -1});
    model.add_row(power, -infinity, 450 + std::round(100 * hour.uniform()), "power");
  }
  for (auto& terms : total) {
    terms.push_back({model.add_column(60, 0, infinity), 1});
    model.add_row(terms, 30, infinity, "deferrable");
  }
  return model;
}

}  // namespace kilter::lp::test
