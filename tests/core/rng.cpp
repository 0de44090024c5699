#include "kilter/core/rng.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

#include "catch.hpp"

using namespace kilter;
using test::WithinAbs;
using test::WithinRel;

static_assert(std::uniform_random_bit_generator<Rng>);

namespace {

/// Pearson's chi-square of counts against equal expectation, as a standard normal by Wilson and Hilferty (1931).
double chi_square_z(std::span<const std::size_t> counts) {
  const auto cells = static_cast<double>(counts.size());
  const double expected = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::size_t{0})) / cells;
  double sum = 0;
  for (const std::size_t count : counts) sum += std::pow(static_cast<double>(count) - expected, 2) / expected;
  const double freedom = cells - 1;
  return (std::cbrt(sum / freedom) - (1 - 2 / (9 * freedom))) / std::sqrt(2 / (9 * freedom));
}

struct Moments {
  double mean = 0;
  double variance = 0;
  double skewness = 0;
};

template <class Draw>
Moments moments(std::size_t n, Draw draw) {
  std::vector<double> values(n);
  std::generate(values.begin(), values.end(), draw);
  const auto count = static_cast<double>(n);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double second = 0, third = 0;
  for (const double v : values) {
    second += (v - mean) * (v - mean);
    third += (v - mean) * (v - mean) * (v - mean);
  }
  return {mean, second / count, third / count / std::pow(second / count, 1.5)};
}

constexpr std::size_t many = 200'000;
/// Four and a half standard errors of a mean over `many` draws.
double allowed(double deviation) { return 4.5 * deviation / std::sqrt(static_cast<double>(many)); }

}  // namespace

TEST_CASE("splitmix64 gives the published numbers") {
  std::uint64_t state = 1234567;
  for (const std::uint64_t expected :
       {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL, 4593380528125082431ULL, 16408922859458223821ULL}) {
    CHECK(detail::splitmix64(state) == expected);
  }
}

TEST_CASE("xoshiro256++ seeded by splitmix64 gives the published numbers") {
  Rng rng{0};
  for (const std::uint64_t expected :
       {5987356902031041503ULL, 7051070477665621255ULL, 6633766593972829180ULL, 211316841551650330ULL, 9136120204379184874ULL,
        379361710973160858ULL, 15813423377499357806ULL, 15596884590815070553ULL, 5439680534584881407ULL, 1369371744833522710ULL}) {
    CHECK(rng() == expected);
  }
}

static_assert(
    [] {
      Rng rng{0};
      return rng();
    }() == 5987356902031041503ULL,
    "an engine may run at compile time");

TEST_CASE("every bit is set half of the time") {
  Rng rng{3};
  std::array<std::size_t, 64> ones{};
  for (std::size_t i = 0; i < many; ++i) {
    const std::uint64_t word = rng();
    for (std::size_t bit = 0; bit < 64; ++bit) ones[bit] += (word >> bit) & 1U;
  }
  const double half = static_cast<double>(many) / 2;
  for (const std::size_t count : ones) CHECK(std::abs(static_cast<double>(count) - half) < 4.5 * std::sqrt(half / 2));
}

TEST_CASE("uniform numbers fill the unit interval evenly, in pairs too") {
  Rng rng{5};
  std::vector<std::size_t> cells(100), squares(100);
  for (std::size_t i = 0; i < many; ++i) {
    const double x = rng.uniform(), y = rng.uniform();
    REQUIRE((x >= 0 && x < 1));
    ++cells[static_cast<std::size_t>(x * 100)];
    ++squares[static_cast<std::size_t>(x * 10) * 10 + static_cast<std::size_t>(y * 10)];
  }
  CHECK(std::abs(chi_square_z(cells)) < 4);
  CHECK(std::abs(chi_square_z(squares)) < 4);
}

TEST_CASE("uniform on an interval never reaches its end") {
  Rng rng{9};
  const double next = std::nextafter(1.0, 2.0);
  std::set<double> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(rng.uniform(1, next));
  CHECK(seen == std::set<double>{1.0});
  for (int i = 0; i < 1000; ++i) {
    const double x = rng.uniform(-3, 5);
    REQUIRE((x >= -3 && x < 5));
  }
  CHECK(rng.uniform(2, 2) == 2);
  CHECK_THROWS_AS(rng.uniform(2, 1), std::invalid_argument);
  CHECK_THROWS_AS(rng.uniform(std::nan(""), 1), std::invalid_argument);
}

TEST_CASE("an index is drawn without bias") {
  const std::size_t n = GENERATE(1U, 2U, 3U, 7U, 100U, 1000U);
  Rng rng{n};
  std::vector<std::size_t> counts(n);
  for (std::size_t i = 0; i < many; ++i) ++counts.at(rng.index(n));
  if (n > 1) CHECK(std::abs(chi_square_z(counts)) < 4);
}

TEST_CASE("an index below three quarters of 2^64 leaves each remainder of three equally often") {
  // Four words fall on three indices here: without redrawing, the remainder 0 would come twice as often as the others.
  const std::size_t n = (std::size_t{1} << 63) + (std::size_t{1} << 62);
  Rng rng{13};
  std::array<std::size_t, 3> counts{};
  for (std::size_t i = 0; i < 60'000; ++i) ++counts.at(rng.index(n) % 3);
  CHECK(std::abs(chi_square_z(counts)) < 4);
}

TEST_CASE("no index lies below zero things") {
  CHECK_THROWS_MATCHES(Rng{1}.index(0), std::invalid_argument, Catch::Matchers::Message("n = 0: must be positive"));
}

TEST_CASE("a normal has its moments and its tails") {
  Rng rng{17};
  const Moments m = moments(many, [&] { return rng.normal(10, 3); });
  CHECK_THAT(m.mean, WithinAbs(10, allowed(3)));
  CHECK_THAT(m.variance, WithinAbs(9, allowed(9 * std::sqrt(2))));
  CHECK_THAT(m.skewness, WithinAbs(0, allowed(std::sqrt(6.0))));

  std::vector<std::size_t> cells(20);  // of equal probability under the normal distribution
  double beyond_3 = 0;
  for (std::size_t i = 0; i < many; ++i) {
    const double z = rng.normal();
    beyond_3 += std::abs(z) > 3 ? 1 : 0;
    ++cells[std::min<std::size_t>(19, static_cast<std::size_t>(20 * 0.5 * std::erfc(-z / std::sqrt(2.0))))];
  }
  CHECK(std::abs(chi_square_z(cells)) < 4);
  CHECK_THAT(beyond_3 / static_cast<double>(many), WithinAbs(0.0026998, allowed(std::sqrt(0.0027))));
  CHECK(rng.normal(4, 0) == 4);
}

TEST_CASE("an exponential has its moments and no memory") {
  Rng rng{19};
  const Moments m = moments(many, [&] { return rng.exponential(5); });
  CHECK_THAT(m.mean, WithinAbs(5, allowed(5)));
  CHECK_THAT(m.variance, WithinAbs(25, allowed(25 * std::sqrt(8.0))));
  std::size_t beyond_5 = 0, beyond_10 = 0;
  for (std::size_t i = 0; i < many; ++i) {
    const double x = rng.exponential(5);
    REQUIRE(x >= 0);
    beyond_5 += x > 5 ? 1U : 0U;
    beyond_10 += x > 10 ? 1U : 0U;
  }
  CHECK_THAT(static_cast<double>(beyond_10) / static_cast<double>(beyond_5), WithinAbs(std::exp(-1), 0.01));
}

TEST_CASE("a gamma has its moments on both sides of the change of method") {
  const double shape = GENERATE(0.05, 0.5, 0.999, 1.0, 1.5, 7.0, 100.0, 1e6);
  Rng rng{53};
  const Moments m = moments(many, [&] {
    const double x = rng.gamma(shape);
    REQUIRE(x >= 0);
    return x - shape;
  });
  CAPTURE(shape);
  CHECK_THAT(m.mean, WithinAbs(0, allowed(std::sqrt(shape))));
  CHECK_THAT(m.variance, WithinAbs(shape, allowed(std::sqrt(2 * shape * shape + 6 * shape))));  // fourth moment: 3 a^2 + 6 a
  if (shape >= 1) CHECK_THAT(m.skewness, WithinAbs(2 / std::sqrt(shape), shape < 10 ? 0.15 : allowed(std::sqrt(6.0)) * 1.2));
}

TEST_CASE("a gamma has its distribution where that is known in closed form") {
  struct Known {
    double shape;
    double (*cdf)(double);
  };
  const Known known =
      GENERATE(Known{0.5, [](double x) { return std::erf(std::sqrt(x)); }}, Known{1, [](double x) { return -std::expm1(-x); }},
               Known{1.5, [](double x) { return std::erf(std::sqrt(x)) - 2 * std::sqrt(x / 3.14159265358979324) * std::exp(-x); }},
               Known{3, [](double x) { return 1 - std::exp(-x) * (1 + x + x * x / 2); }});
  Rng rng{59};
  std::vector<double> values(many);
  for (double& v : values) v = known.cdf(rng.gamma(known.shape));
  std::sort(values.begin(), values.end());
  double distance = 0;  // Kolmogorov's
  for (std::size_t i = 0; i < many; ++i) {
    const double below = static_cast<double>(i) / static_cast<double>(many),
                 above = static_cast<double>(i + 1) / static_cast<double>(many);
    distance = std::max({distance, above - values[i], values[i] - below});
  }
  CAPTURE(known.shape);
  CHECK(distance * std::sqrt(static_cast<double>(many)) < 1.95);  // exceeded once in a thousand
}

TEST_CASE("a lognormal has a normal logarithm") {
  Rng rng{23};
  const Moments m = moments(many, [&] { return std::log(rng.lognormal(-2, 0.7)); });
  CHECK_THAT(m.mean, WithinAbs(-2, allowed(0.7)));
  CHECK_THAT(m.variance, WithinAbs(0.49, allowed(0.49 * std::sqrt(2))));
}

TEST_CASE("a Pareto has its survival function and its mean") {
  Rng rng{29};
  double beyond = 0;
  const Moments m = moments(many, [&] {
    const double x = rng.pareto(2, 3);
    REQUIRE(x >= 2);
    beyond += x > 10 ? 1 : 0;
    return x;
  });
  CHECK_THAT(m.mean, WithinAbs(3, allowed(std::sqrt(3.0))));  // a m / (a - 1); variance m^2 a / ((a - 1)^2 (a - 2)) = 3
  CHECK_THAT(beyond / static_cast<double>(many), WithinAbs(0.008, allowed(std::sqrt(0.008))));
}

TEST_CASE("a Bernoulli comes true as often as it says") {
  Rng rng{31};
  for (const double p : {0.0, 0.01, 0.5, 1.0}) {
    double hits = 0;
    for (std::size_t i = 0; i < many; ++i) hits += rng.bernoulli(p) ? 1 : 0;
    CHECK_THAT(hits / static_cast<double>(many), WithinAbs(p, allowed(std::sqrt(p * (1 - p))) + 1e-15));
  }
}

TEST_CASE("a Poisson has its moments at every mean") {
  const double mean = GENERATE(0.01, 0.5, 3.0, 9.99, 10.0, 12.5, 30.0, 100.0, 1e4, 1e9, 1e15);
  Rng rng{static_cast<std::uint64_t>(mean * 100)};
  const Moments m = moments(many, [&] { return static_cast<double>(rng.poisson(mean)) - mean; });
  CAPTURE(mean);
  CHECK_THAT(m.mean, WithinAbs(0, allowed(std::sqrt(mean))));
  CHECK_THAT(m.variance, WithinAbs(mean, allowed(std::sqrt(mean + 2 * mean * mean))));
  CHECK_THAT(m.skewness, WithinAbs(1 / std::sqrt(mean), mean < 1 ? 0.5 : allowed(std::sqrt(6 + 30 / mean))));
}

TEST_CASE("a Poisson has its probabilities on both sides of the change of method") {
  const double mean = GENERATE(4.0, 9.999, 10.001, 25.0, 60.0);
  Rng rng{37};
  std::vector<double> seen(200);
  for (std::size_t i = 0; i < many; ++i) seen.at(rng.poisson(mean)) += 1;
  double chi = 0, cells = 0, probability = std::exp(-mean);
  for (std::size_t k = 0; k < seen.size(); ++k) {
    const double expected = probability * static_cast<double>(many);
    if (expected > 20) {
      chi += (seen[k] - expected) * (seen[k] - expected) / expected;
      ++cells;
    }
    probability *= mean / static_cast<double>(k + 1);
  }
  CAPTURE(mean, chi, cells);
  CHECK(chi < cells + 4.5 * std::sqrt(2 * cells));
  CHECK(chi > cells - 4.5 * std::sqrt(2 * cells));
}

TEST_CASE("the logarithm of the Poisson probabilities agrees with their product form and sums to one") {
  const double mean = GENERATE(10.0, 33.3, 400.0);
  double sum = 0, logarithm = -mean;
  for (int k = 0; k < 1000; ++k) {
    REQUIRE_THAT(detail::log_poisson(k, mean), WithinAbs(logarithm, 1e-9));
    sum += std::exp(detail::log_poisson(k, mean));
    logarithm += std::log(mean / (k + 1));
  }
  CHECK_THAT(sum, WithinRel(1, 1e-10));
}

TEST_CASE("the edges of a Poisson") {
  Rng rng{41};
  for (int i = 0; i < 100; ++i) CHECK(rng.poisson(0) == 0);
  CHECK_THROWS_AS(rng.poisson(-1), std::invalid_argument);
  CHECK_THROWS_AS(rng.poisson(1e16), std::invalid_argument);
  CHECK_THROWS_AS(rng.poisson(std::nan("")), std::invalid_argument);
}

TEST_CASE("parameters that describe no distribution are refused by name") {
  Rng rng{1};
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(rng.normal(0, -1), std::invalid_argument, Message("deviation = -1: must not be negative"));
  CHECK_THROWS_MATCHES(rng.exponential(-2), std::invalid_argument, Message("mean = -2: must not be negative"));
  CHECK_THROWS_MATCHES(rng.lognormal(0, -1), std::invalid_argument, Message("deviation = -1: must not be negative"));
  CHECK_THROWS_MATCHES(rng.pareto(0, 1), std::invalid_argument, Message("minimum = 0: must be positive"));
  CHECK_THROWS_MATCHES(rng.pareto(1, 0), std::invalid_argument, Message("alpha = 0: must be positive"));
  CHECK_THROWS_MATCHES(rng.gamma(0), std::invalid_argument, Message("shape = 0: must be positive"));
  CHECK_THROWS_MATCHES(rng.gamma(-1), std::invalid_argument, Message("shape = -1: must be positive"));
  CHECK_THROWS_AS(rng.gamma(std::nan("")), std::invalid_argument);
}

TEST_CASE("a shuffle makes each order equally likely and loses nothing") {
  Rng rng{43};
  std::vector<std::size_t> counts(24);
  for (std::size_t i = 0; i < 48'000; ++i) {
    std::array<int, 4> items{0, 1, 2, 3};
    rng.shuffle(std::span{items});
    std::size_t order = 0;  // the Lehmer code
    for (std::size_t a = 0; a < 4; ++a) {
      const auto smaller =
          std::count_if(items.begin() + static_cast<std::ptrdiff_t>(a), items.end(), [&](int b) { return b < items[a]; });
      order = order * (4 - a) + static_cast<std::size_t>(smaller);
    }
    ++counts.at(order);
  }
  CHECK(std::abs(chi_square_z(counts)) < 4);
  std::vector<int> none;
  rng.shuffle(std::span{none});
  CHECK(none.empty());
}

TEST_CASE("a split depends on the seed and the stream alone") {
  Rng used{7};
  const Rng fresh{7};
  for (int i = 0; i < 1000; ++i) used();
  for (const std::uint64_t stream : {0ULL, 1ULL, 7ULL, ~0ULL}) {
    Rng a = used.split(stream), b = fresh.split(stream);
    for (int i = 0; i < 100; ++i) REQUIRE(a() == b());
  }
}

TEST_CASE("splits of near seeds and near streams, and splits of splits, are all different") {
  std::set<std::uint64_t> first;
  std::size_t made = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Rng parent{seed};
    first.insert(Rng{parent}());
    ++made;
    for (std::uint64_t stream = 0; stream < 100; ++stream, made += 2) {
      Rng child = parent.split(stream);
      first.insert(child.split(stream)());
      first.insert(child());
    }
  }
  CHECK(first.size() == made);
}

TEST_CASE("neighbouring streams are not correlated, with each other or with their parent") {
  const Rng parent{11};
  constexpr std::size_t streams = 2000, length = 100;
  double neighbours = 0, with_parent = 0;
  std::vector<std::size_t> cells(50);
  for (std::size_t s = 0; s < streams; ++s) {
    Rng a = parent.split(s), b = parent.split(s + 1), p{parent};
    for (std::size_t i = 0; i < length; ++i) {
      const double x = a.uniform() - 0.5;
      neighbours += x * (b.uniform() - 0.5);
      with_parent += x * (p.uniform() - 0.5);
      ++cells[static_cast<std::size_t>((x + 0.5) * 50)];
    }
  }
  const double deviation = std::sqrt(static_cast<double>(streams * length)) / 12;
  CHECK(std::abs(neighbours) < 4.5 * deviation);
  CHECK(std::abs(with_parent) < 4.5 * deviation);
  CHECK(std::abs(chi_square_z(cells)) < 4);
}
