// No plan satisfies everybody. Which promises contradict each other, and what is the cheapest way to make them fit? The answer is
// in the program's own rows and in dollars.
#include <cstddef>
#include <cstdio>

#include "kilter/lp/infeasibility.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/solve.hpp"

using namespace kilter;

int main() {
  // Two sites, north and south, serve three teams tonight; what is promised to whom, in GPUs.
  lp::Model model;
  const lp::Variable chat_n = model.add_variable(0, 80, 1, "chat in the north"),
                     chat_s = model.add_variable(0, 80, 1, "chat in the south");
  const lp::Variable search_n = model.add_variable(0, 60, 1, "search in the north");
  const lp::Variable training_s = model.add_variable(0, lp::infinity, 1, "training in the south");
  model.add(chat_n + chat_s >= 120, "chat needs 120 GPUs");
  model.add(search_n >= 45, "search needs 45 GPUs in the north");
  model.add(training_s >= 64, "training was promised 64 GPUs");
  model.add(chat_n + search_n <= 100, "the north has 100 GPUs");
  model.add(chat_s + training_s <= 110, "the south has 110 GPUs");
  model.add(0.7 * (chat_s + training_s) + 0.1 * training_s <= 90, "the south's line carries 90 kW");
  model.add(chat_n - 3 * chat_s <= 0, "at most three quarters of chat in the north");

  const lp::Solution plan = lp::solve(model);
  std::printf("The plan is %s.\n", name(plan.status).data());
  if (plan.status != Status::infeasible) return 1;

  // An irreducible subsystem: these together are impossible, and without any one of them they are possible.
  const lp::InfeasibleSubsystem why = lp::irreducible_infeasible_subsystem(model, plan);
  std::printf("\nThese %zu of its %d rows contradict each other%s:\n", why.rows.size(), model.rows(),
              why.irreducible && why.proof.holds() ? " (proven, and none can be left out)" : "");
  for (const lp::BoundReference& row : why.rows) std::printf("  %s\n", model.row_name(row.index).c_str());
  for (const lp::BoundReference& bound : why.columns) std::printf("  a bound of %s\n", model.name(bound.index).c_str());

  // What would it cost to give way? USD per GPU short, per GPU rented, per kW borrowed. The rule on chat is not for sale.
  const lp::RepairWeights usd{.row_lower = {9, 12, 4, lp::infinity, lp::infinity, lp::infinity, lp::infinity},
                              .row_upper = {lp::infinity, lp::infinity, lp::infinity, 6, 5, 3, lp::infinity},
                              .column_lower = {lp::infinity, lp::infinity, lp::infinity, lp::infinity},
                              .column_upper = {lp::infinity, lp::infinity, lp::infinity, lp::infinity}};
  const lp::Repair repair = lp::cheapest_repair(model, usd);
  if (repair.status != Status::optimal) return std::printf("No repair: %s\n", name(repair.status).data()), 1;
  std::printf("\nThe cheapest repair costs %.2f USD (no repair costs less than %.2f):\n", repair.total, repair.bound);
  for (int row = 0; row < model.rows(); ++row) {
    const auto i = static_cast<std::size_t>(row);
    if (repair.row_lower[i] > 0) std::printf("  %-36s gets %.1f less\n", model.row_name(row).c_str(), repair.row_lower[i]);
    if (repair.row_upper[i] > 0) std::printf("  %-36s gets %.1f more\n", model.row_name(row).c_str(), repair.row_upper[i]);
  }
  const lp::Solution repaired = lp::solve(repair.repaired);
  std::printf("\nWith it the plan is %s and uses %.0f GPUs.\n", name(repaired.status).data(), repaired.objective);
  return repaired.status == Status::optimal ? 0 : 1;
}
