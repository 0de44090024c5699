#include "kilter/forecast/diffuse_filter.hpp"

#include <numbers>

#include <Eigen/Dense>

#include "catch.hpp"
#include "data.hpp"
#include "kilter/forecast/arima_design.hpp"

using namespace kilter;
using namespace kilter::forecast;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;
namespace inside = kilter::forecast::detail;

namespace {

/// A random order of season 4 with at most the given differences, and coefficients well inside of stationarity.
struct Model {
  ArimaOrder order{};
  std::vector<double> coefficients{};

  Model(Rng& rng, std::size_t most_d, std::size_t most_seasonal_d) {
    order = {rng.index(3), rng.index(most_d + 1), rng.index(3), rng.index(2), rng.index(most_seasonal_d + 1), rng.index(2), 4};
    redraw(rng);
  }
  void redraw(Rng& rng) {
    std::vector<double> u(order.coefficients()), work(u.size());
    for (double& v : u) v = rng.uniform(-0.9, 0.9);
    coefficients.resize(u.size());
    inside::ArmaAngles{order}.coefficients(u, coefficients, work);
  }
};

/// Levels of an integrated random series.
std::vector<double> levels(const ArimaOrder& order, std::size_t n, Rng& rng) {
  const inside::Terms difference{inside::difference_polynomial(order)};
  std::vector<double> y(n);
  for (std::size_t t = 0; t < n; ++t) y[t] = rng.normal() - difference.apply(y, t);
  return y;
}

/// Values go missing one by one, or in runs.
void punch(std::vector<double>& y, double share, std::size_t run, Rng& rng) {
  for (std::size_t t = 0; t < y.size(); ++t) {
    if (!rng.bernoulli(share / static_cast<double>(run))) continue;
    for (std::size_t k = 0; k < run && t + k < y.size(); ++k) y[t + k] = missing;
  }
}

inside::ArmaStreams streams(const std::vector<double>& y, const Regressors& x = {}) {
  inside::ArmaStreams out{y.size(), y};
  out.values.insert(out.values.end(), x.values.begin(), x.values.end());
  return out;
}

inside::DiffuseFilter filtered(const Model& model, const inside::ArmaStreams& in) {
  inside::DiffuseFilter filter;
  filter.prepare(model.order);
  filter.set(model.coefficients);
  filter.run(in);
  return filter;
}

double product(const inside::DiffuseFilter& filter, std::size_t a, std::size_t b) {
  double sum = 0;
  for (std::size_t t = 0; t < filter.rows(); ++t) sum += filter.out(a)[t] * filter.out(b)[t];
  return sum;
}

/// Inner products of all whitened streams.
Eigen::MatrixXd gram(const inside::DiffuseFilter& filter, std::size_t count) {
  Eigen::MatrixXd out(count, count);
  for (std::size_t a = 0; a < count; ++a) {
    for (std::size_t b = 0; b < count; ++b) out(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b)) = product(filter, a, b);
  }
  return out;
}

double sum_of_squares(const Eigen::MatrixXd& gram) {
  const Eigen::Index k = gram.rows() - 1;
  if (k == 0) return gram(0, 0);
  const Eigen::VectorXd cross = gram.col(0).tail(k);
  return gram(0, 0) - cross.dot(gram.bottomRightCorner(k, k).ldlt().solve(cross));
}

double log_likelihood(double rows, double log_variances, double squares) {
  return -0.5 * (rows * (std::log(2 * std::numbers::pi * squares / rows) + 1) + log_variances);
}

double log_likelihood(const inside::DiffuseFilter& filter, double squares) {
  return log_likelihood(static_cast<double>(filter.rows()), filter.log_variances(), squares);
}

/// The same by dense algebra: y = A η + C x with η, the first values, under a flat prior on the directions that are seen, and
/// x ~ N(0, Γ) from the weights of the shocks. What is orthogonal to A has a density, and A the volume of its own.
struct Dense {
  Eigen::Index rows = 0;
  double log_variances = 0;
  Eigen::MatrixXd gram{};

  Dense(const Model& model, const inside::ArmaStreams& in) {
    const auto n = static_cast<Eigen::Index>(in.length), d = static_cast<Eigen::Index>(model.order.differences());
    Eigen::MatrixXd all = Eigen::MatrixXd::Identity(n, n);  // columns: η, then x
    const std::vector<double> polynomial = inside::difference_polynomial(model.order);
    for (Eigen::Index t = d; t < n; ++t) {
      for (Eigen::Index k = 1; k <= d; ++k) all.row(t) -= polynomial[static_cast<std::size_t>(k)] * all.row(t - k);
    }
    std::vector<Eigen::Index> seen;
    for (Eigen::Index t = 0; t < n; ++t) {
      if (!std::isnan(in.values[static_cast<std::size_t>(t)])) seen.push_back(t);
    }
    Eigen::MatrixXd known(static_cast<Eigen::Index>(seen.size()), n);
    for (Eigen::Index i = 0; i < known.rows(); ++i) known.row(i) = all.row(seen[static_cast<std::size_t>(i)]);
    Eigen::MatrixXd rest = Eigen::MatrixXd::Identity(known.rows(), known.rows());
    if (d > 0) {
      const Eigen::JacobiSVD<Eigen::MatrixXd> svd(known.leftCols(d), Eigen::ComputeFullU);
      for (const double s : svd.singularValues()) log_variances += s > 1e-10 * svd.singularValues()[0] ? 2 * std::log(s) : 0;
      const Eigen::Index rank = (svd.singularValues().array() > 1e-10 * svd.singularValues()[0]).count();
      rest = svd.matrixU().rightCols(known.rows() - rank);
    }
    rows = rest.cols();
    const Eigen::MatrixXd root = rest.transpose() * known.rightCols(n - d);
    const Eigen::LLT<Eigen::MatrixXd> factor(root * covariance(model, n - d) * root.transpose());
    for (Eigen::Index i = 0; i < rows; ++i) log_variances += 2 * std::log(factor.matrixLLT()(i, i));
    Eigen::MatrixXd values(rows, static_cast<Eigen::Index>(in.count()));
    for (std::size_t s = 0; s < in.count(); ++s) {
      const Eigen::Map<const Eigen::VectorXd> stream(in.stream(s), n);
      values.col(static_cast<Eigen::Index>(s)) = rest.transpose() * stream(seen);
    }
    const Eigen::MatrixXd white = factor.matrixL().solve(values);
    gram = white.transpose() * white;
  }

  static Eigen::MatrixXd covariance(const Model& model, Eigen::Index n) {
    inside::ArmaModels<1> models;
    models.prepare(model.order);
    models.set(0, model.coefficients);
    std::vector<double> psi(4000);
    for (std::size_t h = 0; h < psi.size(); ++h) {
      psi[h] = h == 0 ? 1 : 0;
      for (std::size_t k = 0; k < models.ma_lags().size(); ++k) psi[h] -= models.ma_lags()[k] == h ? models.ma()[k] : 0;
      for (std::size_t k = 0; k < models.ar_lags().size() && models.ar_lags()[k] <= h; ++k) {
        psi[h] += models.ar()[k] * psi[h - models.ar_lags()[k]];
      }
    }
    Eigen::MatrixXd out(n, n);
    for (Eigen::Index i = 0; i < n; ++i) {
      const double gamma = inside::dot(psi.data(), psi.data() + i, psi.size() - static_cast<std::size_t>(i));
      for (Eigen::Index j = 0; j + i < n; ++j) out(j, j + i) = out(j + i, j) = gamma;
    }
    return out;
  }
};

/// The likelihood by unit pulses.
double by_pulses(const Model& model, const std::vector<double>& y, const Regressors& x = {}) {
  const inside::ArimaDesign design = inside::make_design(model.order, false, y, x);
  inside::ArmaLikelihood likelihood;
  likelihood.prepare(design.problem);
  const inside::ArmaValue value = likelihood.at_coefficients(model.coefficients);
  return value.log_likelihood() - static_cast<double>(value.rows) * std::log(design.scale);
}

Regressors random_regressors(std::size_t rows, std::size_t count, Rng& rng) {
  Regressors x;
  std::vector<double> column(rows);
  for (std::size_t j = 0; j < count; ++j) {
    for (double& v : column) v = rng.normal();
    x.add("x" + std::to_string(j), column);
  }
  return x;
}

}  // namespace

TEST_CASE("without missing values the diffuse filter gives the likelihood of the differenced series") {
  Rng rng{1};
  for (int run = 0; run < 200; ++run) {
    const Model model{rng, 2, 2};
    const std::vector<double> y = levels(model.order, 60, rng);
    const auto filter = filtered(model, streams(y));
    inside::ArmaStreams w{y.size() - model.order.differences(), {}};
    inside::append_differenced(inside::Terms{inside::difference_polynomial(model.order)}, model.order.differences(), y, w.values);
    inside::ArmaKernel<1> kernel;
    kernel.prepare(model.order);
    kernel.set(0, model.coefficients);
    kernel.run_exact(w);
    CAPTURE(to_string(model.order));
    REQUIRE(filter.valid());
    REQUIRE(filter.rows() == w.length);
    CHECK(filter.unresolved() == 0);
    CHECK_THAT(filter.log_variances(), WithinAbs(kernel.log_variances(0), 1e-8));
    for (std::size_t t = 0; t < w.length; ++t) CHECK_THAT(filter.out(0)[t], WithinAbs(kernel.out(0, t, 0), 1e-8));
  }
}

TEST_CASE("with missing values the diffuse filter whitens as dense algebra does") {
  Rng rng{2};
  std::size_t unresolved = 0;
  for (int run = 0; run < 300; ++run) {
    const Model model{rng, 2, run % 2 == 0 ? 1U : 2U};
    std::vector<double> y = levels(model.order, 36, rng);
    punch(y, rng.uniform(0.05, 0.7), 1 + rng.index(5), rng);
    for (std::size_t t = 1; t < y.size() && run % 5 == 0; t += 4) y[t] = missing;
    const inside::ArmaStreams in = streams(y, random_regressors(y.size(), 2, rng));
    const auto filter = filtered(model, in);
    const Dense dense{model, in};
    if (dense.rows < 4) continue;
    CAPTURE(run, to_string(model.order));
    REQUIRE(filter.valid());
    REQUIRE(static_cast<Eigen::Index>(filter.rows()) == dense.rows);
    CHECK_THAT(filter.log_variances(), WithinAbs(dense.log_variances, 1e-6));
    const Eigen::MatrixXd products = gram(filter, 3);
    CHECK((products - dense.gram).norm() < 1e-6 * dense.gram.norm());
    const Eigen::Vector2d ours = products.bottomRightCorner(2, 2).ldlt().solve(products.col(0).tail(2));
    const Eigen::Vector2d theirs = dense.gram.bottomRightCorner(2, 2).ldlt().solve(dense.gram.col(0).tail(2));
    CHECK((ours - theirs).norm() < 1e-5 * (1 + theirs.norm()));
    unresolved += filter.unresolved() > 0 ? 1U : 0U;
  }
  CHECK(unresolved > 20);
}

TEST_CASE("the diffuse filter and unit pulses give one likelihood") {
  Rng rng{3};
  for (int run = 0; run < 200; ++run) {
    const Model model{rng, 1, 1};
    std::vector<double> y = levels(model.order, 80, rng);
    punch(y, rng.uniform(0.02, 0.5), 1 + rng.index(6), rng);
    y.back() = 0;
    y.front() = 1;  // a design begins and ends with an observed value
    const Regressors x = random_regressors(y.size(), 2, rng);
    const auto filter = filtered(model, streams(y, x));
    if (filter.unresolved() > 0) continue;
    CAPTURE(run, to_string(model.order));
    CHECK_THAT(log_likelihood(filter, sum_of_squares(gram(filter, 3))), WithinAbs(by_pulses(model, y, x), 1e-6));
  }
}

TEST_CASE("a phase that was never seen stays unresolved, and only adds a constant to the likelihood") {
  Rng rng{4};
  for (int run = 0; run < 30; ++run) {
    Model model{rng, 1, 0};
    model.order.seasonal_d = 1;
    std::vector<double> y = levels(model.order, 90, rng);
    for (std::size_t t = 2; t < y.size(); t += 4) y[t] = missing;
    y[33] = y[40] = y[41] = missing;
    std::vector<double> gaps;
    for (int draw = 0; draw < 3; ++draw) {
      model.redraw(rng);
      const auto filter = filtered(model, streams(y));
      REQUIRE(filter.unresolved() == 1);
      gaps.push_back(log_likelihood(filter, product(filter, 0, 0)) - by_pulses(model, y));
    }
    CHECK_THAT(gaps[1], WithinAbs(gaps[0], 1e-6));
    CHECK_THAT(gaps[2], WithinAbs(gaps[0], 1e-6));
  }
}

TEST_CASE("rounding resolves no direction, however long the series, and long gaps hide none") {
  Rng rng{11};
  struct Case {
    ArimaOrder order;
    std::size_t first_gap, unseen;
    double share;
    std::size_t unresolved;
  };
  for (const Case& c : {Case{{0, 2, 1, 0, 1, 1, 24}, 0, 5, 0.6, 1}, Case{{0, 2, 1, 0, 2, 1, 24}, 0, 5, 0.6, 2},
                        Case{{0, 1, 1, 0, 2, 1, 24}, 300, 5, 0.3, 2}, Case{{0, 2, 1, 0, 1, 1, 4}, 500, 4, 0.3, 0},
                        Case{{0, 2, 1, 0, 2, 1, 4}, 40, 1, 0.3, 2}}) {
    Model model{rng, 0, 0};
    model.order = c.order;
    model.redraw(rng);
    std::vector<double> y = levels(model.order, 4000, rng);
    for (std::size_t t = 0; t < y.size(); ++t) {
      if ((t > 0 && t < c.first_gap) || t % c.order.period == c.unseen || rng.bernoulli(c.share)) y[t] = missing;
    }
    const auto filter = filtered(model, streams(y));
    const auto seen = static_cast<std::size_t>(std::count_if(y.begin(), y.end(), [](double v) { return !std::isnan(v); }));
    CAPTURE(to_string(c.order));
    CHECK(filter.unresolved() == c.unresolved);
    CHECK(filter.rows() == seen - (c.order.differences() - c.unresolved));
  }
}

TEST_CASE("long seasons with most values missing, and a long gap, agree with unit pulses") {
  Rng rng{5};
  for (const double share : {0.05, 0.3, 0.6}) {
    Model model{rng, 0, 0};
    model.order = {1, 0, 1, 1, 1, 1, 24};
    model.redraw(rng);
    std::vector<double> y = levels(model.order, 300, rng);
    punch(y, share, 1, rng);
    for (std::size_t t = 150; t < 230; ++t) y[t] = missing;
    y.front() = y.back() = 0;
    const auto filter = filtered(model, streams(y));
    REQUIRE(filter.unresolved() == 0);
    CHECK_THAT(log_likelihood(filter, product(filter, 0, 0)), WithinAbs(by_pulses(model, y), 1e-7));
  }
}

TEST_CASE("the diffuse filter holds on the edge of invertibility and near that of stationarity") {
  Rng rng{6};
  for (int run = 0; run < 100; ++run) {
    Model model{rng, 1, 1};
    model.order.p = model.order.seasonal_p = 0;
    std::vector<double> u(model.order.coefficients()), work(u.size());
    for (double& v : u) v = rng.bernoulli(0.7) ? std::copysign(0.5 * std::numbers::pi, rng.normal()) : rng.uniform(-1, 1);
    model.coefficients.resize(u.size());
    inside::ArmaAngles{model.order}.coefficients(u, model.coefficients, work);
    std::vector<double> y = levels(model.order, 60, rng);
    punch(y, 0.2, 2, rng);
    const inside::ArmaStreams in = streams(y);
    const auto filter = filtered(model, in);
    const Dense dense{model, in};
    REQUIRE(filter.valid());
    CHECK_THAT(filter.log_variances(), WithinAbs(dense.log_variances, 1e-6));
    CHECK_THAT(product(filter, 0, 0), WithinRel(dense.gram(0, 0), 1e-6));
  }
  // An autoregression a hair from the edge, by hand: the first value has its variance, a step k later 1 + φ² + … + φ^{2(k − 1)}.
  Model walk{rng, 0, 0};
  walk.order = {1, 0, 0};
  const double phi = 1 - 1e-8;
  walk.coefficients = {phi};
  const auto filter = filtered(walk, streams({1, 2, missing, 4}));
  REQUIRE(filter.rows() == 3);
  CHECK_THAT(filter.log_variances(), WithinRel(std::log((1 + phi * phi) / (1 - phi * phi)), 1e-6));
  CHECK_THAT(filter.out(0)[2], WithinRel((4 - 2 * phi * phi) / std::sqrt(1 + phi * phi), 1e-6));
}

TEST_CASE("a missing value changes nothing where nothing depends on it") {
  // White noise: each value stands alone. A random walk: two steps have twice the variance.
  Rng rng{7};
  Model noise{rng, 0, 0}, walk = noise;
  noise.order = {};
  noise.coefficients.clear();
  walk.order = {0, 1, 0};
  walk.coefficients.clear();
  const auto a = filtered(noise, streams({1, missing, -2, missing, missing, 3}));
  REQUIRE(a.rows() == 3);
  CHECK((a.out(0)[0] == 1 && a.out(0)[1] == -2 && a.out(0)[2] == 3));
  CHECK(a.log_variances() == 0);
  const auto b = filtered(walk, streams({missing, missing, 5, missing, 8, 7}));
  REQUIRE(b.rows() == 2);
  CHECK_THAT(b.out(0)[0], WithinRel(3 / std::sqrt(2.0), 1e-15));
  CHECK_THAT(b.out(0)[1], WithinRel(-1.0, 1e-15));
  CHECK_THAT(b.log_variances(), WithinRel(std::log(2.0), 1e-15));
}

TEST_CASE("buffers that were used before change nothing") {
  Rng rng{8};
  inside::DiffuseFilter filter;
  for (int run = 0; run < 50; ++run) {
    const Model model{rng, 2, 1};
    std::vector<double> y = levels(model.order, 20 + rng.index(40), rng);
    punch(y, 0.4, 1 + rng.index(3), rng);
    const auto fresh = filtered(model, streams(y));
    filter.prepare(model.order);
    filter.set(model.coefficients);
    for (int again = 0; again < 2; ++again) {
      filter.run(streams(y));
      REQUIRE(filter.rows() == fresh.rows());
      CHECK(filter.log_variances() == fresh.log_variances());
      CHECK(std::equal(fresh.out(0), fresh.out(0) + fresh.rows(), filter.out(0)));
    }
  }
}

TEST_CASE("the diffuse filter of nothing, of too little and of what is not stationary") {
  Rng rng{9};
  Model model{rng, 0, 0};
  model.order = {1, 1, 1, 0, 1, 1, 12};
  model.redraw(rng);
  CHECK(filtered(model, streams({})).rows() == 0);
  CHECK(filtered(model, streams(std::vector<double>(10, 1.0))).rows() == 0);
  const auto blank = filtered(model, streams(std::vector<double>(100, missing)));
  CHECK(blank.rows() == 0);
  CHECK(blank.unresolved() == 13);
  CHECK(blank.log_variances() == 0);
  model.coefficients[0] = 1.01;
  CHECK_FALSE(filtered(model, streams(std::vector<double>(100, 1.0))).valid());
}

TEST_CASE("the diffuse filter gives R's likelihoods of approval ratings and gold prices with missing values") {
  const auto presidents = test::read_csv("forecasting/classics/presidents.csv"),
             gold = test::read_csv("forecasting/classics/gold.csv");
  if (!presidents || !gold) {
    WARN("shared data absent");
    return;
  }
  // arima(…, fixed = …, method = "ML") of R 4.2; the mean comes last where there is one. R gives the first values of a differenced
  // series the variance 1e6, by which its likelihood differs a little from the limit.
  struct Case {
    ArimaOrder order;
    std::vector<double> coefficients;
    double mean, expected, within;
    std::size_t rows;
  };
  Rng rng{10};
  Model model{rng, 0, 0};
  for (const Case& c : {Case{{1, 0, 0}, {0.8242}, 56.1505, -416.8922736287, 1e-6, 114},
                        Case{{3, 0, 0}, {0.75, 0.2, -0.18}, 56, -414.4007740111, 1e-6, 114},
                        Case{{2, 0, 2}, {0.4, 0.3, 0.35, 0.2}, 56, -413.9983668844, 1e-6, 114},
                        Case{{1, 0, 1, 1, 0, 1, 4}, {0.8, 0.1, 0.5, -0.6}, 56, -421.5090945459, 1e-6, 114},
                        Case{{1, 1, 1}, {0.7, -0.8}, 0, -415.5969819436, 0.02, 113},
                        Case{{0, 1, 1, 0, 1, 1, 4}, {-0.15, -0.9}, 0, -405.3752270878, 0.02, 109},
                        Case{{1, 1, 1, 0, 1, 1, 4}, {0.6, -0.7, -0.9}, 0, -405.7730231367, 0.02, 109}}) {
    model.order = c.order;
    model.coefficients = c.coefficients;
    std::vector<double> y = test::column(*presidents, 1);
    for (double& v : y) v -= c.mean;
    const auto filter = filtered(model, streams(y));
    CAPTURE(to_string(c.order));
    CHECK(filter.rows() == c.rows);
    CHECK_THAT(log_likelihood(filter, product(filter, 0, 0)), WithinAbs(c.expected, c.within));
  }
  // auto.arima's model with drift, and its drift.
  model.order = {2, 1, 1};
  model.coefficients = {0.3367845252412, 0.1193544083316, -0.6742619765733};
  const std::vector<double> y = test::column(*gold, 1);
  std::vector<double> time(y.size());
  for (std::size_t t = 0; t < time.size(); ++t) time[t] = static_cast<double>(t);
  Regressors x;
  x.add("time", time);
  const auto filter = filtered(model, streams(y, x));
  CHECK(filter.rows() == 1073);
  CHECK_THAT(log_likelihood(filter, sum_of_squares(gram(filter, 2))), WithinAbs(-3408.9952652, 0.02));
  CHECK_THAT(product(filter, 0, 1) / product(filter, 1, 1),
             WithinRel(0.0725824863847, 5e-3));  // R stops a little before the optimum
}
