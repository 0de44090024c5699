#include "kilter/compress/quantise.hpp"

#include <limits>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "refused.hpp"

using namespace kilter;
using namespace kilter::compress;
using kilter::test::WithinAbs;
using kilter::test::WithinRel;

namespace {

Tensor random_tensor(Rng& rng, std::size_t rows, std::size_t cols, double scale = 1) {
  Tensor t = make_tensor(rows, cols);
  for (float& v : t.values) v = static_cast<float>(scale * rng.normal());
  return t;
}

/// Every weight within half a step of what comes back.
bool within_half_a_step(const Tensor& t, const QuantizedTensor& q) {
  const Tensor back = dequantise(q);
  for (std::size_t r = 0; r < t.rows; ++r) {
    for (std::size_t c = 0; c < t.cols; ++c) {
      const double step = static_cast<double>(q.step(r, c));
      const double error = std::abs(static_cast<double>(t(r, c)) - static_cast<double>(back(r, c)));
      if (error > step * (0.5 + 2e-5)) {
        UNSCOPED_INFO("weight " << t(r, c) << " came back as " << back(r, c) << ", step " << step);
        return false;
      }
    }
  }
  return true;
}

constexpr std::size_t groups[] = {1, 5, 32, 64, 100, 128, 1000, whole_row};
}  // namespace

TEST_CASE("no weight is off by more than half a step, for any bits, group and shape") {
  Rng rng{1};
  for (int bits = 2; bits <= 8; ++bits) {
    for (const std::size_t group : groups) {
      for (const bool symmetric : {true, false}) {
        const std::size_t rows = 1 + rng.index(4), cols = 1 + rng.index(300);
        Tensor t = random_tensor(rng, rows, cols, std::exp(rng.uniform(-9, 9)));
        for (int i = 0; i < 3; ++i) t.values[rng.index(t.size())] *= 8;
        const auto q = quantise(t, {.bits = bits, .group = group, .symmetric = symmetric});
        CHECK(within_half_a_step(t, q));
      }
    }
  }
}

TEST_CASE("one sided, constant and tiny weights stay within half a step") {
  Rng rng{2};
  for (const bool symmetric : {true, false}) {
    for (const int bits : {2, 3, 4, 8}) {
      for (const double scale : {1e-42, 1e-30, 1e-8, 1e-6, 1.0, 1e4}) {
        Tensor positive = random_tensor(rng, 2, 70, scale), constant = positive;
        for (float& v : positive.values) v = std::abs(v);
        for (float& v : constant.values) v = -static_cast<float>(scale);
        const QuantizeOptions options{.bits = bits, .group = 32, .symmetric = symmetric};
        CHECK(within_half_a_step(positive, quantise(positive, options)));
        CHECK(within_half_a_step(constant, quantise(constant, options)));
      }
    }
  }
}

TEST_CASE("zeros come back as zeros, beside other weights too") {
  const Tensor zeros = make_tensor(3, 50);
  for (const bool symmetric : {true, false}) {
    CHECK(dequantise(quantise(zeros, {.symmetric = symmetric})) == zeros);
    Rng rng{3};
    for (int bits = 2; bits <= 8; ++bits) {
      Tensor t = random_tensor(rng, 2, 64);
      for (std::size_t i = 0; i < t.size(); i += 3) t.values[i] = 0;
      const Tensor back = dequantise(quantise(t, {.bits = bits, .group = 32, .symmetric = symmetric}));
      for (std::size_t i = 0; i < t.size(); i += 3) CHECK(back.values[i] == 0.0F);
    }
  }
}

TEST_CASE("integers that fit the codes come back exactly") {
  for (int bits = 2; bits <= 8; ++bits) {
    const int top = (1 << (bits - 1)) - 1;
    Tensor t{1, 0, {}};
    for (int v = -top; v <= top; ++v) t.values.push_back(static_cast<float>(v) * 0.25F);
    t.cols = t.values.size();
    CHECK(dequantise(quantise(t, {.bits = bits, .group = whole_row})) == t);
    // Affine: all 2^bits codes.
    Tensor u{1, std::size_t{1} << bits, {}};
    for (int v = 0; v < 1 << bits; ++v) u.values.push_back(static_cast<float>(v - 1) * 2);
    CHECK(dequantise(quantise(u, {.bits = bits, .group = whole_row, .symmetric = false})) == u);
  }
}

TEST_CASE("quantising what was dequantised changes nothing") {
  Rng rng{4};
  for (int bits = 2; bits <= 8; ++bits) {
    const QuantizeOptions options{.bits = bits, .group = 32};
    const Tensor once = dequantise(quantise(random_tensor(rng, 4, 96), options));
    const auto again = quantise(once, options);
    CHECK(approximation_error(once, dequantise(again)).relative_rmse < 1e-6);
  }
}

TEST_CASE("more bits and smaller groups give smaller errors") {
  Rng rng{5};
  const Tensor t = random_tensor(rng, 64, 512);
  for (const bool symmetric : {true, false}) {
    double last = 10;
    for (int bits = 2; bits <= 8; ++bits) {
      const double e = approximation_error(t, dequantise(quantise(t, {.bits = bits, .symmetric = symmetric}))).rmse;
      CHECK(e < last);
      last = e;
    }
    last = 0;
    for (const std::size_t group : {32U, 64U, 128U, 512U}) {
      const double e = approximation_error(t, dequantise(quantise(t, {.bits = 4, .group = group, .symmetric = symmetric}))).rmse;
      CHECK(e > last);
      last = e;
    }
  }
}

TEST_CASE("the error of uniform weights is that of uniform rounding: step / sqrt(12)") {
  Rng rng{6};
  Tensor t = make_tensor(64, 1024);
  for (float& v : t.values) v = static_cast<float>(rng.uniform(-1, 1));
  for (const int bits : {4, 6, 8}) {
    const auto q = quantise(t, {.bits = bits, .group = whole_row});
    const double step = static_cast<double>(q.step(0, 0));
    CHECK_THAT(approximation_error(t, dequantise(q)).rmse, WithinRel(step / std::sqrt(12.0), 0.02));
  }
}

TEST_CASE("bytes are those that are held") {
  Rng rng{7};
  const Tensor t = random_tensor(rng, 3, 200);
  // 8 bits: 200 bytes a row and two scales of two bytes.
  CHECK(quantise(t).bytes() == 3 * (200 + 2 * 2));
  CHECK(quantise(t, {.bits = 4, .group = 32}).bytes() == 3 * (100 + 7 * 2));
  CHECK(quantise(t, {.bits = 3, .group = 64, .symmetric = false}).bytes() == 3 * (75 + 4 * 3));
  CHECK(quantise(t, {.bits = 5, .group = whole_row}).bytes() == 3 * (125 + 2));
  CHECK(quantise(random_tensor(rng, 3, 201), {.bits = 3, .group = whole_row}).bytes() == 3 * (76 + 2));
  CHECK_THAT(quantise(random_tensor(rng, 2, 256), {.bits = 4, .group = 128}).bits_per_weight(), WithinAbs(4.125, 1e-12));
  CHECK_THAT(quantise(random_tensor(rng, 2, 256), {.bits = 8, .group = 32}).bits_per_weight(), WithinAbs(8.5, 1e-12));
  const auto q = quantise(t, {.bits = 6, .group = 64, .symmetric = false});
  CHECK(q.bytes() ==
        q.codes.size() * sizeof q.codes[0] + q.scales.size() * sizeof q.scales[0] + q.zeros.size() * sizeof q.zeros[0]);
}

TEST_CASE("packing is lossless for every width and length") {
  Rng rng{8};
  for (int bits = 2; bits <= 8; ++bits) {
    for (std::size_t n = 0; n < 70; ++n) {
      std::vector<std::uint8_t> codes(n), back(n), packed(kilter::compress::detail::packed_bytes(n, bits) + 1, 0xAA);
      for (auto& c : codes) c = static_cast<std::uint8_t>(rng.index(std::size_t{1} << bits));
      kilter::compress::detail::pack(codes.data(), n, bits, packed.data());
      kilter::compress::detail::unpack(packed.data(), n, bits, back.data());
      CHECK(back == codes);
      CHECK(packed.back() == 0xAA);  // nothing written beyond its bytes
      // Bit by bit, the definition.
      bool same = true;
      for (std::size_t b = 0; b < n * static_cast<std::size_t>(bits); ++b) {
        const auto width = static_cast<std::size_t>(bits);
        same = same && ((packed[b / 8] >> (b % 8)) & 1) == ((codes[b / width] >> (b % width)) & 1);
      }
      CHECK(same);
    }
  }
}

TEST_CASE("empty matrices are matrices") {
  for (const auto& [rows, cols] : {std::pair<std::size_t, std::size_t>{0, 0}, {0, 5}, {5, 0}}) {
    const auto q = quantise(make_tensor(rows, cols), {.symmetric = false});
    CHECK(q.bytes() == 0);
    CHECK(q.bits_per_weight() == 0);
    CHECK(dequantise(q) == make_tensor(rows, cols));
  }
}

TEST_CASE("the executor does not change a bit") {
  Rng rng{9};
  const Tensor t = random_tensor(rng, 600, 512);
  for (const int bits : {3, 4, 8}) {
    const QuantizeOptions options{.bits = bits, .symmetric = bits != 3};
    const auto a = quantise(t, options), b = quantise(t, options, Threads{3});
    CHECK(a.codes == b.codes);
    CHECK(a.scales == b.scales);
    CHECK(a.zeros == b.zeros);
    CHECK(dequantise(a) == dequantise(a, Threads{4}));
  }
}

TEST_CASE("quantise refuses what it cannot hold, by name") {
  Rng rng{10};
  const Tensor good = random_tensor(rng, 2, 40);
  for (const int bits : {-1, 0, 1, 9, 16}) CHECK_REFUSED(quantise(good, {.bits = bits}), "bits = " + std::to_string(bits));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    for (const bool symmetric : {true, false}) {
      Tensor t = good;
      t(1, 33) = bad;
      CHECK_REFUSED(quantise(t, {.group = 32, .symmetric = symmetric}), "weight (1, 33)");
      CHECK_REFUSED(quantise(t, {.symmetric = symmetric}, Threads{2}), "must be finite");
    }
  }
  Tensor large = good;
  large(0, 0) = 1e30F;
  CHECK_REFUSED(quantise(large), "half-precision scale");
  Tensor short_of_values = good;
  short_of_values.values.pop_back();
  CHECK_REFUSED(quantise(short_of_values), "values = 79");
  auto broken = quantise(good);
  broken.codes.pop_back();
  CHECK_REFUSED(dequantise(broken), "codes");
  broken = quantise(good);
  broken.options.bits = 40;
  CHECK_REFUSED(dequantise(broken), "bits = 40");
  broken = quantise(good);
  broken.scales.clear();
  CHECK_REFUSED(dequantise(broken), "scales");
  broken = quantise(good);
  broken.options.symmetric = false;
  CHECK_REFUSED(dequantise(broken), "zeros");
}

TEST_CASE("errors by hand") {
  const Tensor a{1, 4, {3, 0, 0, 4}}, b{1, 4, {3, 1, 0, 2}};
  const auto e = approximation_error(a, b);
  CHECK_THAT(e.rmse, WithinRel(std::sqrt(5.0 / 4), 1e-12));
  CHECK_THAT(e.relative_rmse, WithinRel(std::sqrt(5.0 / 25), 1e-12));
  CHECK(e.max == 2);
  CHECK(approximation_error(make_tensor(2, 2), make_tensor(2, 2)).relative_rmse == 0);
  CHECK(approximation_error(Tensor{}, Tensor{}).rmse == 0);
  CHECK_REFUSED(approximation_error(a, make_tensor(2, 2)), "approximation.rows");
  CHECK_REFUSED(approximation_error(a, make_tensor(1, 3)), "approximation.cols");
}
