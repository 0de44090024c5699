#include "kilter/compress/profile.hpp"

#include "catch.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::compress;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

TEST_CASE("Wilson's interval meets its closed form and published values") {
  // p = 0 and p = 1: z^2 / (n + z^2).
  const double z2 = 1.959963984540054 * 1.959963984540054;
  CHECK_THAT(wilson_interval(0, 20).high, WithinRel(z2 / (20 + z2), 1e-12));
  CHECK(wilson_interval(0, 20).low == 0);
  CHECK_THAT(wilson_interval(20, 20).low, WithinRel(20 / (20 + z2), 1e-12));
  CHECK(wilson_interval(20, 20).high == 1);
  // Newcombe 1998, Table I: 81 of 263 gives 0.2553 to 0.3662; 15 of 148 gives 0.0624 to 0.1605.
  CHECK_THAT(wilson_interval(81, 263).low, WithinAbs(0.2553, 5e-5));
  CHECK_THAT(wilson_interval(81, 263).high, WithinAbs(0.3662, 5e-5));
  CHECK_THAT(wilson_interval(15, 148).low, WithinAbs(0.0624, 5e-5));
  CHECK_THAT(wilson_interval(15, 148).high, WithinAbs(0.1605, 5e-5));
  for (std::size_t k = 0; k <= 37; ++k) {
    const Proportion p = wilson_interval(k, 37);
    CHECK(p.low <= p.value);
    CHECK(p.value <= p.high);
    // The ends solve |p - q| = z sqrt(q (1 - q) / n).
    for (const double q : {p.low, p.high}) CHECK_THAT((p.value - q) * (p.value - q), WithinAbs(z2 * q * (1 - q) / 37, 1e-12));
  }
  CHECK_REFUSED(wilson_interval(0, 0), "trials = 0");
  CHECK_REFUSED(wilson_interval(3, 2), "successes = 3");
}

TEST_CASE("throughput is interpolated in the logarithm of the batch") {
  const auto table = published_batch_table(4);
  CHECK(speedup(table, 1) == 1.33);
  CHECK_THAT(speedup(table, 8), WithinRel(0.75, 1e-12));
  CHECK(speedup(table, 64) == 0.83);
  CHECK(speedup(table, 1000) == 0.83);
  CHECK_THAT(speedup(table, 2), WithinRel(1.33 + (0.75 - 1.33) / 3, 1e-12));
  CHECK_THAT(speedup(table, 16), WithinRel(0.75 + 0.08 / 3, 1e-12));
  CHECK(speedup(std::vector<BatchPoint>{}, 5) == 1);
  CHECK(speedup(published_batch_table(16), 7) == 1);
  CHECK(speedup(published_batch_table(8), 1) == 1.41);
  CHECK_REFUSED(speedup(table, 0.5), "batch = 0.5");
  CHECK_REFUSED(speedup(table, std::nan("")), "batch");
  CHECK_REFUSED(published_batch_table(3), "bits = 3");
  CHECK_REFUSED(speedup(std::vector<BatchPoint>{{8, 1}, {1, 2}}, 4), "batch of a point = 1");
  CHECK_REFUSED(speedup(std::vector<BatchPoint>{{1, 0}}, 4), "speedup = 0");
}

TEST_CASE("a forward pass by hand") {
  Network n;
  n.layers.push_back({Tensor{2, 2, {1, -1, 2, 0}}, {0, 1}});
  n.layers.push_back({Tensor{2, 2, {1, 1, -1, 3}}, {0.5F, 0}});
  // x = (1, 2): hidden relu(-1, 3) = (0, 3); scores (3.5, 9).
  const Tensor scores = forward(n, Tensor{1, 2, {1, 2}});
  CHECK(scores == Tensor{1, 2, {3.5F, 9}});
  CHECK(top_classes(scores) == std::vector<std::size_t>{1});
  CHECK(top_classes(Tensor{1, 3, {2, 2, 1}}) == std::vector<std::size_t>{0});
  CHECK(forward(n, make_tensor(0, 2)).values.empty());
  CHECK(n.weights() == 8);
}

TEST_CASE("a forward pass agrees with plain loops in double precision") {
  const Network n = reference_network({.inputs = 20, .hidden = 30, .hidden_layers = 2, .classes = 5});
  const Tensor inputs = random_inputs(n, 16, 3);
  const Tensor scores = forward(n, inputs);
  for (std::size_t r = 0; r < inputs.rows; ++r) {
    std::vector<double> x(inputs.row(r).begin(), inputs.row(r).end());
    for (std::size_t l = 0; l < n.layers.size(); ++l) {
      const auto& [w, b] = n.layers[l];
      std::vector<double> y(w.rows);
      for (std::size_t i = 0; i < w.rows; ++i) {
        y[i] = static_cast<double>(b[i]);
        for (std::size_t j = 0; j < w.cols; ++j) y[i] += static_cast<double>(w(i, j)) * x[j];
        if (l + 1 < n.layers.size()) y[i] = std::max(y[i], 0.0);
      }
      x = y;
    }
    for (std::size_t k = 0; k < 5; ++k)
      CHECK_THAT(static_cast<double>(scores(r, k)), WithinRel(x[k], 1e-4) || WithinAbs(x[k], 1e-2));
  }
}

TEST_CASE("the reference network is seeded, heavy tailed, and solves its task") {
  const Network a = reference_network(), b = reference_network(), c = reference_network({.seed = 2});
  CHECK(a.layers[0].weights == b.layers[0].weights);
  CHECK(a.layers[2].weights == b.layers[2].weights);
  CHECK_FALSE(a.layers[0].weights == c.layers[0].weights);
  double second = 0, fourth = 0;
  for (const float w : a.layers[0].weights.values) {
    const double square = static_cast<double>(w) * static_cast<double>(w);
    second += square, fourth += square * square;
  }
  const double n = static_cast<double>(a.layers[0].weights.size());
  CHECK_THAT(second / n, WithinRel(2.0 / 256, 0.05));  // variance 2 / inputs
  CHECK(fourth * n / (second * second) > 4);           // kurtosis: 3 would be normal
  std::size_t right = 0, count = 0;
  for (std::size_t k = 0; k < 16; ++k) {
    Network of_class = a;
    of_class.source.centres = {1, 256, {a.source.centres.row(k).begin(), a.source.centres.row(k).end()}};
    for (const std::size_t top : top_classes(forward(a, random_inputs(of_class, 64, 100 + k)))) {
      right += top == k ? 1U : 0U;
      ++count;
    }
  }
  const double accuracy = static_cast<double>(right) / static_cast<double>(count);
  CHECK(accuracy > 0.85);
  CHECK(accuracy < 0.97);
}

TEST_CASE("profiles: fewer bits hold fewer bytes, err more and agree less") {
  const Network network = reference_network();
  auto specs = standard_variants();
  specs.push_back({.name = "int2", .bits = 2, .batch = {}});
  const auto profiles = profile_variants(network, specs, {.inputs = 2048});
  REQUIRE(profiles.size() == 4);
  CHECK(profiles[0].name == "fp16");
  CHECK(profiles[0].bytes_per_weight == 2);
  CHECK_THAT(profiles[1].bytes_per_weight, WithinRel(1 + 2.0 / 128, 1e-12));
  CHECK_THAT(profiles[2].bytes_per_weight, WithinRel(0.5 + 2.0 / 128, 1e-12));
  CHECK(profiles[0].quality > 0.998);
  CHECK(profiles[0].relative_error < 0x1p-11);  // half a unit in the last place of a half
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const VariantProfile& p = profiles[i];
    CHECK(p.quality_low <= p.quality);
    CHECK(p.quality <= p.quality_high);
    CHECK(p.inputs == 2048);
    if (i == 0) continue;
    CHECK(p.relative_error > profiles[i - 1].relative_error);
    CHECK(p.bytes_per_weight < profiles[i - 1].bytes_per_weight);
    CHECK(p.quality_low <= profiles[i - 1].quality_high);
  }
  CHECK(profiles[1].quality_low > profiles[2].quality_high);
  CHECK(profiles[2].quality_low > profiles[3].quality_high);
  CHECK(speedup(profiles[2], 1) == 1.33);
  const auto again = profile_variants(network, specs, {.inputs = 2048});
  for (std::size_t i = 0; i < profiles.size(); ++i) CHECK(profiles[i].quality == again[i].quality);
}

TEST_CASE("finer groups and a zero point are seen in the profile") {
  const std::vector<VariantSpec> specs{
      {.name = "g128", .bits = 4}, {.name = "g32", .bits = 4, .group = 32}, {.name = "affine", .bits = 4, .symmetric = false}};
  const auto p = profile_variants(reference_network(), specs, {.inputs = 64});
  CHECK(p[1].relative_error < p[0].relative_error);
  CHECK(p[2].relative_error < p[0].relative_error);
  CHECK_THAT(p[1].bytes_per_weight, WithinRel(0.5 + 2.0 / 32, 1e-12));
  CHECK_THAT(p[2].bytes_per_weight, WithinRel(0.5 + 3.0 / 128, 1e-12));
}

TEST_CASE("profiles refuse what cannot be measured") {
  const Network n = reference_network({.inputs = 8, .hidden = 8, .hidden_layers = 1, .classes = 2});
  const auto specs = standard_variants();
  CHECK_REFUSED(profile_variants(n, specs, {.inputs = 0}), "inputs = 0");
  CHECK_REFUSED(profile_variants(n, std::vector<VariantSpec>{{.name = "int12", .bits = 12}}, {.inputs = 4}), "bits = 12");
  CHECK_REFUSED(profile_variants(Network{}, specs), "layers = 0");
  CHECK_REFUSED(forward(n, make_tensor(1, 9)), "inputs.cols = 9");
  Network broken = n;
  broken.layers[1].bias.pop_back();
  CHECK_REFUSED(profile_variants(broken, specs), "bias of layer = 1");
  broken = n;
  broken.layers[1].weights = make_tensor(2, 9);
  CHECK_REFUSED(profile_variants(broken, specs), "inputs of layer = 1");
  CHECK_REFUSED(reference_network({.inputs = 0}), "inputs = 0");
  CHECK_REFUSED(reference_network({.classes = 1}), "classes = 1");
  CHECK_REFUSED(reference_network({.degrees_of_freedom = 5}), "degrees_of_freedom = 5");
  CHECK_REFUSED(reference_network({.noise = -1}), "noise = -1");
  CHECK(reference_network({.inputs = 8, .hidden = 0, .hidden_layers = 0, .classes = 2}).layers.size() == 1);
}
