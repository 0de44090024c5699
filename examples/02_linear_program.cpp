// Plans a mix of GPUs as a linear program of a few lines, and reads from its shadow prices what each limit is worth in dollars.
#include <cstddef>
#include <cstdio>

#include "kilter/lp/model.hpp"
#include "kilter/lp/solution.hpp"
#include "kilter/lp/solve.hpp"

using namespace kilter;

int main() {
  // How many GPUs of each kind serve 400 A100s' worth of requests for an hour? Costs in USD per GPU-hour, with electricity.
  lp::Model model;
  const lp::Variable h100 = model.add_variable(0, 96, 1.15, "H100");
  const lp::Variable a100 = model.add_variable(0, 256, 0.40, "A100");
  const lp::Variable l40s = model.add_variable(0, 192, 0.21, "L40S");
  const int demand = model.add(2.3 * h100 + a100 + 0.7 * l40s >= 400, "demand in A100s");
  const int power = model.add(0.80 * h100 + 0.50 * a100 + 0.45 * l40s <= 190, "power in kW");
  const int spare = model.add(h100 >= 0.1 * (h100 + a100 + l40s), "a tenth of the GPUs are H100");

  const lp::Solution plan = lp::solve(model);
  if (plan.status != Status::optimal) return std::printf("%s\n", name(plan.status).data()), 1;

  std::printf("Cheapest plan: %.2f USD an hour\n\n", plan.objective);
  for (int column = 0; column < model.columns(); ++column) {
    const auto j = static_cast<std::size_t>(column);
    std::printf("  %-5s %6.1f of %3.0f GPUs, reduced cost %+.3f USD\n", model.name(column).c_str(), plan.primal[j],
                model.upper(column), plan.reduced_cost[j]);
  }
  std::printf("\nShadow prices: what one more unit of a limit changes\n\n");
  for (const int row : {demand, power, spare}) {
    const auto i = static_cast<std::size_t>(row);
    std::printf("  %-30s at %6.1f   %+.3f USD an hour\n", model.row_name(row).c_str(), plan.row_activity[i], plan.dual[i]);
  }

  // The answer carries its proof: primal and dual values that meet. And the next plan starts from this one's basis.
  const lp::Residuals proof = lp::verify(model, plan);
  std::printf("\nProof: primal violation %.0e, dual violation %.0e, gap %.0e\n", proof.primal, proof.dual, proof.gap);
  model.set_row_bounds(power, -lp::infinity, 191);
  const lp::Solution more = lp::solve(model, {}, &plan.basis);
  std::printf("With one kW more: %.3f USD an hour, %+.3f, found in %zu iterations from the last basis (%zu without)\n",
              more.objective, more.objective - plan.objective, more.iterations, lp::solve(model).iterations);
  return 0;
}
