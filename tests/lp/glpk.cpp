#include "kilter/lp/glpk.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/lp/lp_format.hpp"
#include "kilter/lp/mps_write.hpp"
#include "random_program.hpp"

using namespace kilter;
using namespace kilter::lp;

static_assert(LpSolver<Glpk>);

namespace {

struct Counts {
  int optimal = 0, infeasible = 0, unbounded = 0, farkas = 0, primal_rays = 0;
};

void count(const Model& model, const Solution& solution, Counts& counts) {
  if (solution.status == Status::optimal) {
    ++counts.optimal;
    CHECK(solution.ray.empty());
    CHECK(solution.residuals.gap < 1e-6);
  }
  if (solution.status == Status::infeasible) {
    ++counts.infeasible;
    if (!solution.ray.empty()) {
      ++counts.farkas;
      CHECK(proves_infeasible(model, solution.ray).holds());
      CHECK(solution.residuals.gap == 0);
    }
  }
  if (solution.status == Status::unbounded) {
    ++counts.unbounded;
    if (!solution.ray.empty()) {
      ++counts.primal_rays;
      CHECK(proves_unbounded(model, solution.ray).holds());
    }
  }
}

Model boxed() {
  Model model;
  model.add_column(-1, 0, 3);
  model.add_column(-2, 0, infinity);
  model.add_row({{0, 1}, {1, 1}}, -infinity, 4);
  return model;
}

}  // namespace

TEST_CASE("the GLPK adapter gives rays that prove what it says") {
  for (const bool dual : {false, true}) {
    for (const bool scale : {false, true}) {
      Counts counts;
      for (std::uint64_t seed = 0; seed < 1500; ++seed) {
        Rng rng{seed};
        const Model model = lp::test::random_program(rng);
        count(model, Glpk{{.dual = dual, .scale = scale}}.solve(model), counts);
      }
      INFO("dual " << dual << ", scaled " << scale);
      CHECK(counts.optimal > 500);
      CHECK(counts.infeasible > 100);
      CHECK(counts.unbounded > 100);
      CHECK(counts.farkas > 0.9 * counts.infeasible);
      CHECK(counts.primal_rays > 0.9 * counts.unbounded);
    }
  }
}

TEST_CASE("the GLPK adapter knows its options") {
  const Model model = boxed();
  for (const bool presolve : {false, true}) {
    for (const bool dual : {false, true}) {
      const Solution solution = Glpk{{.presolve = presolve, .dual = dual}}.solve(model);
      REQUIRE(solution.status == Status::optimal);
      CHECK(solution.objective == -8);
      CHECK(solution.primal == std::vector<double>{0, 4});
      CHECK(solution.dual == std::vector<double>{-2});
    }
  }
  CHECK(Glpk{{.time_limit = std::chrono::duration<double>{1e-9}}}.solve(model).status == Status::optimal);
  CHECK(Glpk{{.time_limit = std::chrono::duration<double>{1e300}}}.solve(model).status == Status::optimal);
  CHECK(Glpk{{.iteration_limit = 100}}.solve(model).status == Status::optimal);
}

TEST_CASE("the GLPK adapter takes its own basis back and refuses one of another shape") {
  const Model model = boxed();
  const Solution first = Glpk{}.solve(model);
  CHECK(Glpk{}.solve(model, &first.basis).iterations == 0);
  Basis wrong = first.basis;
  wrong.rows.pop_back();
  const int before = glp_term_out(GLP_ON);
  CHECK_THROWS_AS(Glpk{}.solve(model, &wrong), std::invalid_argument);
  CHECK(glp_term_out(before) == GLP_ON);
  // A singular basis is replaced.
  Model twice = boxed();
  twice.add_row({{0, 1}, {1, 1}}, -infinity, 5);
  Basis singular = Glpk{}.solve(twice).basis;
  singular.columns = {VariableStatus::basic, VariableStatus::basic};
  singular.rows = {VariableStatus::at_upper, VariableStatus::at_upper};
  CHECK(Glpk{}.solve(twice, &singular).objective == -8);
}

TEST_CASE("the GLPK adapter works in every thread") {
  const Model model = boxed();
  std::vector<double> objectives(4);
  std::vector<std::thread> threads;
  for (double& objective : objectives) {
    threads.emplace_back([&model, &objective] {
      objective = Glpk{}.solve(model).objective;
      glp_free_env();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(objectives == std::vector<double>(4, -8.0));
}

TEST_CASE("the GLPK adapter reports programs without rows or columns") {
  Model model;
  CHECK(Glpk{}.solve(model).status == Status::optimal);
  model.add_column(-1, 0, infinity);
  const Solution unbounded = Glpk{}.solve(model);
  CHECK(unbounded.status == Status::unbounded);
  Model contradiction;
  contradiction.add_row(std::vector<Term>{}, 1, 2);
  const Solution infeasible = Glpk{}.solve(contradiction);
  CHECK(infeasible.status == Status::infeasible);
  CHECK(proves_infeasible(contradiction, infeasible.ray).holds());
}

namespace {

/// What GLPK reads of a file with this text: the objective of the solved program, and how many rows and columns it has.
struct ReadByGlpk {
  int code = 0, rows = 0, columns = 0, integers = 0;
  double objective = 0;
  bool maximise = false;
};

template <class Read>
ReadByGlpk read_by_glpk(const std::string& text, Read&& read) {
  const auto path = std::filesystem::temp_directory_path() / ("kilter_glpk_" + std::to_string(getpid()) + ".txt");
  std::ofstream(path) << text;
  const int terminal = glp_term_out(GLP_OFF);
  const lp::detail::GlpkProblem problem(glp_create_prob());
  ReadByGlpk result;
  result.code = read(problem.get(), path.c_str());
  if (result.code == 0) {
    result.rows = glp_get_num_rows(problem.get());
    result.columns = glp_get_num_cols(problem.get());
    result.integers = glp_get_num_int(problem.get());
    result.maximise = glp_get_obj_dir(problem.get()) == GLP_MAX;
    glp_smcp parameters;
    glp_init_smcp(&parameters);
    glp_simplex(problem.get(), &parameters);
    result.objective = glp_get_status(problem.get()) == GLP_OPT ? glp_get_obj_val(problem.get()) : infinity;
  }
  glp_term_out(terminal);
  std::filesystem::remove(path);
  return result;
}

}  // namespace

TEST_CASE("GLPK reads the same program from LP format") {
  int optimal = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Rng rng{seed};
    MpsProgram program{.model = lp::test::random_program(rng), .maximise = rng.bernoulli(0.5)};
    Model& model = program.model;
    if (model.rows() == 0) continue;  // GLPK's reader of this format wants a row
    if (rng.bernoulli(0.5)) model.set_objective_constant(rng.normal());
    for (int j = 0; j < model.columns(); ++j) program.integer.push_back(rng.bernoulli(0.3));
    std::ostringstream out;
    write_lp(out, program);
    const ReadByGlpk read = read_by_glpk(out.str(), [](glp_prob* p, const char* path) { return glp_read_lp(p, nullptr, path); });
    INFO("seed " << seed << "\n" << out.str());
    REQUIRE(read.code == 0);
    CHECK(read.rows == model.rows());
    CHECK(read.columns >= model.columns());
    CHECK(read.integers == std::count(program.integer.begin(), program.integer.end(), true));
    CHECK(read.maximise == program.maximise);
    const Solution solution = Glpk{}.solve(model);
    if (solution.status != Status::optimal) continue;
    ++optimal;
    CHECK_THAT(read.objective, kilter::test::WithinAbs(program.maximise ? -solution.objective : solution.objective, 1e-6));
  }
  CHECK(optimal > 100);
}

TEST_CASE("GLPK reads the same program from MPS format") {
  int optimal = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng{seed};
    const Model model = lp::test::random_program(rng);
    std::ostringstream out;
    write_mps(out, model);
    const ReadByGlpk read =
        read_by_glpk(out.str(), [](glp_prob* p, const char* path) { return glp_read_mps(p, GLP_MPS_FILE, nullptr, path); });
    INFO("seed " << seed << "\n" << out.str());
    REQUIRE(read.code == 0);
    CHECK(read.columns == model.columns());
    const Solution solution = Glpk{}.solve(model);
    if (solution.status != Status::optimal) continue;
    ++optimal;
    CHECK_THAT(read.objective, kilter::test::WithinAbs(solution.objective, 1e-6));
  }
  CHECK(optimal > 50);
}
