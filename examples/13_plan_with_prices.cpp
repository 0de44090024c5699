// A day's capacity plan as a linear program in twenty lines, and what its shadow prices say in dollars: what serving one GPU's
// worth of requests more costs hour by hour, what deferrable work costs, and what a larger power line would save in the evening.
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numbers>
#include <string>
#include <vector>

#include "kilter/lp/model.hpp"
#include "kilter/lp/solve.hpp"

using namespace kilter;

int main() {
  // Requests need between 120 and 380 GPUs. Reserved GPUs are paid for all day, rented ones by the hour, and training can wait.
  constexpr int hours = 24;
  constexpr double reserved_usd = 1.10, rented_usd = 2.60, kw_per_gpu = 0.7, training_gpu_h = 1500;
  const auto requests = [](int h) { return 250 - 130 * std::cos(2 * std::numbers::pi * (h - 3) / 24); };
  const auto line_kw = [](int h) { return h >= 17 && h < 20 ? 180.0 : 230.0; };  // the grid asks for less in the evening

  lp::Model model;
  const lp::Variable reserved = model.add_variable(0, lp::infinity, hours * reserved_usd, "reserved");
  std::vector<lp::Variable> rented, training;
  std::vector<int> demand, power;
  lp::Expression trained;
  for (int h = 0; h < hours; ++h) {
    rented.push_back(model.add_variable(0, lp::infinity, rented_usd));
    training.push_back(model.add_variable());
    // All GPUs together carry the requests and the training of the hour; those that we own have to share the power line.
    demand.push_back(model.add(reserved + rented.back() - training.back() >= requests(h)));
    power.push_back(model.add(kw_per_gpu * (requests(h) + training.back() - rented.back()) <= line_kw(h)));
    trained += training.back();
  }
  const int training_done = model.add(trained >= training_gpu_h);

  const lp::Solution plan = lp::solve(model);
  if (plan.status != Status::optimal) return std::printf("%s\n", name(plan.status).data()), 1;

  const auto value = [&](lp::Variable x) { return plan.primal[static_cast<std::size_t>(x.column)]; };
  const auto price = [&](int row) { return plan.dual[static_cast<std::size_t>(row)]; };
  std::printf("Cheapest day: %.2f USD with %.0f reserved GPUs\n\n", plan.objective, value(reserved));
  std::printf("hour  requests  rented  training   one more to serve   one kW more\n");
  double explained = training_gpu_h * price(training_done);
  for (int h = 0; h < hours; ++h) {
    const auto k = static_cast<std::size_t>(h);
    explained += requests(h) * price(demand[k]) + (line_kw(h) - kw_per_gpu * requests(h)) * price(power[k]);
    // One GPU more to serve moves both of the hour's rows.
    if (h % 3 == 0)
      std::printf("%4d  %8.0f  %6.0f  %8.0f   %+13.2f USD   %+7.2f USD\n", h, requests(h), value(rented[k]), value(training[k]),
                  price(demand[k]) - kw_per_gpu * price(power[k]), price(power[k]));
  }
  std::printf("\nAn hour of training costs %.2f USD. All limits at their prices make up the whole bill: %.2f USD\n",
              price(training_done), explained);
  return 0;
}
