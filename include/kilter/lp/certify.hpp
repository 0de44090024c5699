#pragma once
/// @file
/// `certify`: what a solution says of a linear program, proven in exact rational arithmetic. The only header of `lp` that needs
/// GMP: link with -lgmpxx -lgmp.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <gmpxx.h>

#include "kilter/core/progress.hpp"
#include "kilter/core/status.hpp"
#include "kilter/lp/exact_basis.hpp"
#include "kilter/lp/infeasibility.hpp"
#include "kilter/lp/model.hpp"
#include "kilter/lp/solution.hpp"
#include "kilter/lp/solve.hpp"

namespace kilter::lp {

/// What exact arithmetic has to say.
enum class Verdict : std::uint8_t {
  optimal,           ///< proven: the basis is primal and dual feasible
  infeasible,        ///< proven by a ray: no point satisfies the model
  unbounded,         ///< proven by a feasible point and a ray: the objective has no limit
  primal_violation,  ///< the basis is not optimal: its vertex breaks a bound
  dual_violation,    ///< the basis may not be optimal: a reduced cost has the wrong sign
  singular,          ///< the basis is singular: the culprit is a combination of the other basic columns
  not_a_basis,       ///< as many basic variables as rows are needed, each other one at a bound that it has
  unproven,          ///< no proof was found; `status` says why where a limit or a stop was the reason
};

[[nodiscard]] constexpr std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::optimal: return "optimal";
    case Verdict::infeasible: return "infeasible";
    case Verdict::unbounded: return "unbounded";
    case Verdict::primal_violation: return "primal violation";
    case Verdict::dual_violation: return "dual violation";
    case Verdict::singular: return "singular";
    case Verdict::not_a_basis: return "not a basis";
    case Verdict::unproven: return "unproven";
  }
  return "unknown";
}

/// How to certify.
struct CertifyOptions {
  Reading reading = Reading::binary;  ///< what the doubles of the model stand for
  Budget budget{};                    ///< time limit and stop token, of everything together
  int rounds = 20;                    ///< how often a basis found wrong may be mended; 0: judge it as it is
  bool values = false;                ///< give the exact `primal` and `dual`
};

/// What was proven. Where the verdict is about a basis, `primal_violation` and `dual_violation` are the largest of each.
struct Certification {
  Verdict verdict = Verdict::unproven;
  Status status = Status::feasible;  ///< `time_limit` or `cancelled` where that ended it
  mpq_class objective = 0;           ///< of the vertex of the basis, exactly
  ExactViolation primal_violation{}, dual_violation{};
  ExactViolation culprit{};  ///< of `singular` and `not_a_basis`: the variable to blame; index −1: the counts differ
  Basis basis{};             ///< the basis judged last: where `optimal`, one that is exactly optimal
  int rounds = 0;            ///< how often it was mended
  std::vector<mpq_class> primal{}, dual{};  ///< of `optimal` and `unbounded` (primal), when asked for
  std::vector<mpq_class> ray{};             ///< of `infeasible` (one per row) and `unbounded` (one per column): the proof
};

/// The amount, exact, by which the multipliers contradict the bounds (`proves_infeasible`), or nothing where they prove nothing.
[[nodiscard]] inline std::optional<mpq_class> exact_infeasibility(const Model& model, const std::vector<mpq_class>& ray,
                                                                  Reading reading = Reading::binary) {
  detail::check_size("ray", ray.size(), model.rows());
  detail::Powers powers(reading);
  const auto read = [&](double value) { return powers.value(detail::read_exactly(value, reading)); };
  std::vector<mpq_class> combined(static_cast<std::size_t>(model.columns()));
  mpq_class margin = 0;
  for (int i = 0; i < model.rows(); ++i) {
    const mpq_class& y = ray[static_cast<std::size_t>(i)];
    if (sgn(y) == 0) continue;
    const double bound = sgn(y) > 0 ? model.row_lower(i) : model.row_upper(i);
    if (std::isinf(bound)) return std::nullopt;
    margin += y * read(bound);
    for (const Term& term : model.row(i)) combined[static_cast<std::size_t>(term.column)] += y * read(term.coefficient);
  }
  for (int j = 0; j < model.columns(); ++j) {
    const mpq_class& g = combined[static_cast<std::size_t>(j)];
    if (sgn(g) == 0) continue;
    const double bound = sgn(g) > 0 ? model.upper(j) : model.lower(j);
    if (std::isinf(bound)) return std::nullopt;
    margin -= g * read(bound);
  }
  if (sgn(margin) <= 0) return std::nullopt;
  return margin;
}

/// How fast, exactly, the objective falls along a direction that no bound ends (`proves_unbounded`), or nothing.
[[nodiscard]] inline std::optional<mpq_class> exact_descent(const Model& model, const std::vector<mpq_class>& ray,
                                                            Reading reading = Reading::binary) {
  detail::check_size("ray", ray.size(), model.columns());
  detail::Powers powers(reading);
  const auto read = [&](double value) { return powers.value(detail::read_exactly(value, reading)); };
  const auto stays = [](const mpq_class& speed, double lower, double upper) {
    return !(sgn(speed) < 0 && std::isfinite(lower)) && !(sgn(speed) > 0 && std::isfinite(upper));
  };
  mpq_class fall = 0;
  for (int j = 0; j < model.columns(); ++j) {
    const mpq_class& t = ray[static_cast<std::size_t>(j)];
    if (!stays(t, model.lower(j), model.upper(j))) return std::nullopt;
    if (sgn(t) != 0) fall -= t * read(model.cost(j));
  }
  for (int i = 0; i < model.rows(); ++i) {
    mpq_class speed = 0;
    for (const Term& term : model.row(i)) {
      const mpq_class& t = ray[static_cast<std::size_t>(term.column)];
      if (sgn(t) != 0) speed += t * read(term.coefficient);
    }
    if (!stays(speed, model.row_lower(i), model.row_upper(i))) return std::nullopt;
  }
  if (sgn(fall) <= 0) return std::nullopt;
  return fall;
}

namespace detail {

/// One certification: judges a basis and mends it until the proof holds, by iterative refinement (Gleixner, Steffy, Wolter 2016):
/// the exact residuals of the basis are the data of a program that, scaled up, the simplex method solves in doubles from that
/// basis; a violation too small to be seen becomes one that is.
class Certifier {
 public:
  Certifier(const Model& model, const CertifyOptions& options, const Allowance& allowance)
      : model_(model), options_(options), allowance_(allowance), exact_(model, options.reading) {}

  /// Where no proof is found, what is said is said of the first basis.
  Certification judge_and_mend(Basis basis) {
    Certification first;
    for (int round = 0;; ++round) {
      Certification result = judge(basis, round);
      if (round == 0) first = result;
      first.rounds = round;
      if (!is_broken(result.verdict)) return result.verdict == Verdict::optimal || round == 0 ? result : with_status(first, result);
      if (round >= options_.rounds || extra_ > 60) return first;
      const Solution next = refine(*judged_);
      if (next.status == Status::time_limit || next.status == Status::cancelled) {
        first.status = next.status;
        return first;
      }
      if (auto proof = conclude(next, result)) return *std::move(proof);
      // A basis that claims infeasibility without a proof leads away; a finer scale is tried from this one.
      Basis mended = next.status == Status::infeasible ? basis : basis_of(next);
      extra_ += mended == basis ? 10 : 0;
      basis = std::move(mended);
    }
  }

  Certification infeasible(const std::vector<double>& ray) {
    Certification result;
    for (const double y : ray) result.ray.push_back(as_written(y));
    if (exact_infeasibility(model_, result.ray, options_.reading)) {
      result.verdict = Verdict::infeasible;
      return result;
    }
    for (const double least : {1e-12, -1.0}) {  // the rows of its support; should rounding have hidden some of them, all
      result.ray = mend_farkas(ray, least, result.status);
      if (!exact_infeasibility(model_, result.ray, options_.reading)) continue;
      result.verdict = Verdict::infeasible;
      return result;
    }
    result.ray.clear();
    return result;
  }

  Certification unbounded(const Solution& solution) {
    Certification result;
    for (const double t : solution.ray) result.ray.push_back(as_written(t));
    if (!exact_descent(model_, result.ray, options_.reading)) result.ray = mend_direction(result.status);
    if (!exact_descent(model_, result.ray, options_.reading)) {
      result.ray.clear();
      return result;
    }
    Model point = model_;
    for (int j = 0; j < point.columns(); ++j) point.set_cost(j, 0);
    Certification feasible = Certifier(point, with_values(), allowance_).judge_and_mend(solution.basis);
    feasible.objective = 0;
    feasible.dual.clear();
    if (!options_.values) feasible.primal.clear();
    if (feasible.verdict == Verdict::optimal) {
      feasible.verdict = Verdict::unbounded;
      feasible.ray = std::move(result.ray);
    } else if (feasible.verdict != Verdict::infeasible) {
      feasible.verdict = Verdict::unproven;
    }
    return feasible;
  }

 private:
  mpq_class as_written(double value) const {
    Powers powers(Reading::binary);  // a ray means what it says: only the model's numbers are read otherwise
    return std::isfinite(value) ? powers.value(read_binary(value)) : mpq_class{0};
  }
  [[nodiscard]] CertifyOptions with_values() const {
    CertifyOptions options = options_;
    options.values = true;
    return options;
  }

  static bool is_broken(Verdict verdict) { return verdict == Verdict::primal_violation || verdict == Verdict::dual_violation; }
  static Certification with_status(Certification first, const Certification& last) {
    first.status = last.status;
    return first;
  }

  Certification judge(const Basis& basis, int round) {
    Certification result;
    result.rounds = round;
    result.basis = basis;
    basis_ = basis;
    judged_.emplace(exact_, basis_);
    const ExactBasis::Outcome outcome = judged_->solve(allowance_.stopwatch());
    fill(result, *judged_, outcome);
    return result;
  }
  void fill(Certification& result, ExactBasis& exact, ExactBasis::Outcome outcome) const {
    result.primal_violation = exact.primal_violation;
    result.dual_violation = exact.dual_violation;
    result.culprit = exact.culprit;
    switch (outcome) {
      case ExactBasis::Outcome::not_a_basis: result.verdict = Verdict::not_a_basis; return;
      case ExactBasis::Outcome::singular: result.verdict = Verdict::singular; return;
      case ExactBasis::Outcome::stopped:
        result.verdict = Verdict::unproven;
        result.status = exact.status;
        return;
      case ExactBasis::Outcome::solved: break;
    }
    result.objective = exact.objective();
    result.verdict = exact.primal_violation.index >= 0 ? Verdict::primal_violation
                     : exact.dual_violation.index >= 0 ? Verdict::dual_violation
                                                       : Verdict::optimal;
    if (result.verdict != Verdict::optimal || !options_.values) return;
    result.primal = exact.primal();
    result.dual = exact.dual();
  }

  /// A shift that makes the largest violation about 2^-12: well above the tolerance of the next solve, and no more, as bounds that
  /// are far away grow with it.
  static int shift_for(const ExactViolation& violation) {
    constexpr int least = 10, most = 900, aim = -12;
    if (violation.index < 0) return least;
    long above = 0, below = 0;
    mpz_get_d_2exp(&above, violation.amount.get_num_mpz_t());
    mpz_get_d_2exp(&below, violation.amount.get_den_mpz_t());
    return static_cast<int>(std::clamp(below - above + aim, long{least}, long{most}));
  }

  /// The program in what is left: columns and activities as variables, [A −I] z = 0 (Gleixner, Steffy, Wolter 2016, eq. 4 to 6).
  Solution refine(ExactBasis& exact) {
    const ExactBasis::Rest rest = exact.rest(shift_for(exact.primal_violation) + extra_, shift_for(exact.dual_violation) + extra_);
    Model program;
    // What is a billion violations away is not met on the way: such a bound would only blur the values of variables that flip to
    // it. The exact check finds the rare one that was.
    constexpr double far = 1e8;
    const auto n = static_cast<std::size_t>(model_.columns());
    Basis start;
    for (std::size_t k = 0; k < rest.cost.size(); ++k) {
      const auto stand = k < n ? exact.basis().columns[k] : exact.basis().rows[k - n];
      program.add_column(std::clamp(rest.cost[k], -far, far), rest.lower[k] < -far ? -infinity : rest.lower[k],
                         rest.upper[k] > far ? infinity : rest.upper[k]);
      start.columns.push_back(stand);
    }
    std::vector<Term> terms;
    for (int i = 0; i < model_.rows(); ++i) {
      const auto row = model_.row(i);
      terms.assign(row.begin(), row.end());
      terms.push_back({model_.columns() + i, -1});
      program.add_row(terms, 0, 0);
      start.rows.push_back(VariableStatus::at_lower);
    }
    Options options = allowance_.options();
    options.presolve = Presolving::off;
    options.perturb = false;
    // A few pivots mend a basis that is nearly optimal; many are a sign of wandering off, and the next round does better.
    options.iteration_limit = 100 + static_cast<std::size_t>(model_.rows() + model_.columns()) / 20;
    options.primal_tolerance = options.dual_tolerance = 1e-9;
    return lp::solve(program, options, &start);
  }

  /// The basis of a refined program as one of the model. What was free there, its bounds being far, may have a bound here.
  [[nodiscard]] Basis basis_of(const Solution& refined) const {
    Basis out;
    const auto n = static_cast<std::size_t>(model_.columns());
    for (std::size_t k = 0; k < refined.basis.columns.size(); ++k) {
      VariableStatus stand = refined.basis.columns[k];
      const double lower = k < n ? model_.lowers()[k] : model_.row_lowers()[k - n];
      const double upper = k < n ? model_.uppers()[k] : model_.row_uppers()[k - n];
      if (stand == VariableStatus::free_nonbasic && std::isfinite(upper)) stand = VariableStatus::at_upper;
      if (stand != VariableStatus::basic && std::isfinite(lower) && (stand != VariableStatus::at_upper || std::isinf(upper)))
        stand = VariableStatus::at_lower;
      (k < n ? out.columns : out.rows).push_back(stand);
    }
    for (std::size_t i = 0; i < out.rows.size(); ++i) {  // the slack of [A −I] z = 0 has the same column as the activity
      if (refined.basis.rows[i] == VariableStatus::basic) out.rows[i] = VariableStatus::basic;
    }
    return out;
  }

  /// A basis that looked optimal in doubles may belong to a program that is infeasible or unbounded by less than any tolerance.
  std::optional<Certification> conclude(const Solution& next, const Certification& result) {
    if (next.status != Status::infeasible && next.status != Status::unbounded) return std::nullopt;
    Solution claim;
    claim.basis = result.basis;
    claim.ray = next.ray;
    if (next.status == Status::unbounded) claim.ray.resize(static_cast<std::size_t>(model_.columns()));
    Certification proof = next.status == Status::unbounded ? unbounded(claim) : infeasible(claim.ray);
    if (proof.verdict == Verdict::unproven) return std::nullopt;
    proof.basis = result.basis;
    proof.rounds = result.rounds;
    return proof;
  }

  /// Multipliers exactly: those of the least total violation of the rows of the ray's support, a program that is never infeasible.
  std::vector<mpq_class> mend_farkas(const std::vector<double>& ray, double least, Status& status) const {
    std::vector<int> rows, place(static_cast<std::size_t>(model_.columns()), -1);
    Model elastic;
    const double largest = largest_magnitude(ray);
    for (int i = 0; i < model_.rows(); ++i) {
      if (std::abs(ray[static_cast<std::size_t>(i)]) <= least * largest) continue;
      std::vector<Term> terms;
      for (const Term& term : model_.row(i)) {
        int& column = place[static_cast<std::size_t>(term.column)];
        if (column < 0) column = elastic.add_column(0, model_.lower(term.column), model_.upper(term.column));
        terms.push_back({column, term.coefficient});
      }
      if (std::isfinite(model_.row_lower(i))) terms.push_back({elastic.add_column(1, 0, infinity), 1});
      if (std::isfinite(model_.row_upper(i))) terms.push_back({elastic.add_column(1, 0, infinity), -1});
      elastic.add_row(terms, model_.row_lower(i), model_.row_upper(i));
      rows.push_back(i);
    }
    const std::vector<mpq_class> dual = optimum(elastic, status).dual;
    std::vector<mpq_class> out(static_cast<std::size_t>(model_.rows()));
    for (std::size_t k = 0; k < dual.size(); ++k) out[static_cast<std::size_t>(rows[k])] = dual[k];
    return out;
  }

  /// A direction exactly: the steepest within a box.
  std::vector<mpq_class> mend_direction(Status& status) const {
    Model cone;
    const auto limit = [](double bound, double otherwise) { return std::isfinite(bound) ? 0 : otherwise; };
    for (int j = 0; j < model_.columns(); ++j)
      cone.add_column(model_.cost(j), limit(model_.lower(j), -1), limit(model_.upper(j), 1));
    for (int i = 0; i < model_.rows(); ++i)
      cone.add_row(model_.row(i), limit(model_.row_lower(i), -infinity), limit(model_.row_upper(i), infinity));
    std::vector<mpq_class> out = optimum(cone, status).primal;
    out.resize(static_cast<std::size_t>(model_.columns()));
    return out;
  }

  /// An exact optimum of a program made here.
  Certification optimum(const Model& program, Status& status) const {
    const Solution solution = lp::solve(program, allowance_.options());
    if (solution.status != Status::optimal) {
      status = solution.status == Status::time_limit || solution.status == Status::cancelled ? solution.status : status;
      return {};
    }
    Certification result = Certifier(program, with_values(), allowance_).judge_and_mend(solution.basis);
    status = result.status;
    return result;
  }

  const Model& model_;
  const CertifyOptions& options_;
  const Allowance& allowance_;
  ExactModel exact_;
  Basis basis_;
  std::optional<ExactBasis> judged_;  // of `basis_`
  int extra_ = 0;                     // further shift after a round that changed nothing
};

}  // namespace detail

/// Is `basis` optimal for `model`, exactly? Judges that basis alone (`options.rounds` is not used). Its vertex and multipliers are
/// solved for in whole numbers (p-adic lifting, Dixon 1982; Cook and Steffy 2011) and checked by substitution in every row, column
/// and bound; the verdict therefore rests on GMP's arithmetic and the substitution only.
[[nodiscard]] inline Certification certify(const Model& model, const Basis& basis, CertifyOptions options = {}) {
  options.rounds = 0;
  const detail::Allowance allowance({.budget = options.budget});
  return detail::Certifier(model, options, allowance).judge_and_mend(basis);
}

/// Proves what `solution` says: an optimum by its basis, which is mended where exact arithmetic finds it wrong (`options.rounds`);
/// infeasibility and unboundedness by its ray, made exact where rounding had left a trace in it. The verdict is of the model as it
/// is read: a program whose decimals make a row redundant may be infeasible in binary. Any other status: judged by its basis.
[[nodiscard]] inline Certification certify(const Model& model, const Solution& solution, const CertifyOptions& options = {}) {
  const detail::Allowance allowance({.budget = options.budget});
  detail::Certifier certifier(model, options, allowance);
  if (solution.status == Status::infeasible) {
    detail::check_size("solution.ray", solution.ray.size(), model.rows());
    return certifier.infeasible(solution.ray);
  }
  if (solution.status == Status::unbounded) {
    detail::check_size("solution.ray", solution.ray.size(), model.columns());
    return certifier.unbounded(solution);
  }
  return certifier.judge_and_mend(solution.basis);
}

}  // namespace kilter::lp
