#pragma once
/// @file
/// What a planner has to know of a compressed model: bytes, error, quality with its interval, and throughput over the batch.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kilter/compress/half.hpp"
#include "kilter/compress/network.hpp"
#include "kilter/compress/quantise.hpp"
#include "kilter/compress/tensor.hpp"
#include "kilter/core/contract.hpp"

namespace kilter::compress {

/// Throughput relative to 16-bit weights at the same batch.
struct BatchPoint {
  int batch = 1;
  double speedup = 1;
};

/// A share that was counted, with its 95 % interval.
struct Proportion {
  double value = 0;
  double low = 0;
  double high = 1;
};

/// Wilson's score interval (Wilson 1927) for `successes` out of `trials`, at `z` standard deviations (1.96 for 95 %).
/// Refuses no trials and more successes than trials.
[[nodiscard]] inline Proportion wilson_interval(std::size_t successes, std::size_t trials, double z = 1.959963984540054) {
  require(trials > 0, "trials", trials, "must be positive");
  require(successes <= trials, "successes", successes, "must not exceed the trials");
  require(z > 0 && std::isfinite(z), "z", z, "must be positive and finite");
  const double n = static_cast<double>(trials), p = static_cast<double>(successes) / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half_width = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  // At p = 0 and p = 1 one end is exact; rounding must not push it past the share itself.
  return {p, std::clamp(centre - half_width, 0.0, p), std::clamp(centre + half_width, p, 1.0)};
}

/// A compressed form of a model, as a planner chooses among them.
struct VariantProfile {
  std::string name;
  int bits = 16;
  double bytes_per_weight = 2;      ///< held, scales and zero points counted
  double relative_error = 0;        ///< of the weights: root mean square error over root mean square
  double quality = 1;               ///< share of inputs on which the best class is that of the full-precision model, 0 to 1
  std::vector<BatchPoint> batch{};  ///< throughput against fp16, by rising batch
  double quality_low = 0;           ///< 95 % interval of `quality`
  double quality_high = 1;
  std::size_t inputs = 0;  ///< on how many inputs it was measured
};

/// Throughput against fp16 at `batch`: the table interpolated linearly in log2(batch), constant outside; 1 for an empty table.
/// Refuses a batch below 1 and tables whose batches do not rise.
[[nodiscard]] inline double speedup(std::span<const BatchPoint> table, double batch) {
  require(batch >= 1 && std::isfinite(batch), "batch", batch, "must be at least 1");
  if (table.empty()) return 1;
  for (std::size_t i = 0; i < table.size(); ++i) {
    require(table[i].batch >= 1 && (i == 0 || table[i - 1].batch < table[i].batch), "batch of a point", table[i].batch,
            "must be at least 1 and larger than the one before");
    require(table[i].speedup > 0 && std::isfinite(table[i].speedup), "speedup", table[i].speedup, "must be positive and finite");
  }
  if (batch <= table.front().batch) return table.front().speedup;
  if (batch >= table.back().batch) return table.back().speedup;
  std::size_t i = 1;
  while (table[i].batch < batch) ++i;
  const double left = std::log2(table[i - 1].batch), right = std::log2(table[i].batch);
  const double t = (std::log2(batch) - left) / (right - left);
  return (1 - t) * table[i - 1].speedup + t * table[i].speedup;
}
[[nodiscard]] inline double speedup(const VariantProfile& variant, double batch) { return speedup(variant.batch, batch); }

/// Published throughput against BF16 at batch 1, 8 and 64: Llama-3.1-8B on one H200 (NVIDIA TensorRT Model Optimizer,
/// examples/benchmark.md). Weights of 4 bits are INT4-AWQ, faster at batch 1 where reading weights is the limit and slower beyond;
/// weights of 8 bits are FP8, which stands in for INT8 here. More than 8 bits: no difference. Refuses bits below 4, for which that
/// table has nothing; 5 to 8 read the 8-bit row.
[[nodiscard]] inline std::vector<BatchPoint> published_batch_table(int bits) {
  require(bits >= 4, "bits", bits, "must be at least 4: nothing below was published");
  if (bits > 8) return {{1, 1.0}, {8, 1.0}, {64, 1.0}};
  if (bits > 4) return {{1, 1.41}, {8, 1.31}, {64, 1.30}};
  return {{1, 1.33}, {8, 0.75}, {64, 0.83}};
}

/// A variant to be made and measured. 16 bits round each weight to a half; 2 to 8 bits quantise with `group` and `symmetric`.
struct VariantSpec {
  std::string name;
  int bits = 16;
  std::size_t group = 128;
  bool symmetric = true;
  std::vector<BatchPoint> batch{};  ///< throughput against fp16
};

/// fp16, int8 and int4 in symmetric groups of 128, with the published throughput.
[[nodiscard]] inline std::vector<VariantSpec> standard_variants() {
  return {{.name = "fp16", .bits = 16, .batch = published_batch_table(16)},
          {.name = "int8", .bits = 8, .batch = published_batch_table(8)},
          {.name = "int4", .bits = 4, .batch = published_batch_table(4)}};
}

/// How quality is measured.
struct ProfileOptions {
  std::size_t inputs = 4096;  ///< how many
  std::uint64_t seed = 2;     ///< of the inputs
};

namespace detail {

/// Weights as a variant gives them back, and the bytes it holds for them.
inline std::pair<Tensor, std::size_t> compressed(const Tensor& weights, const VariantSpec& spec) {
  if (spec.bits == 16) return {round_to_half(weights), 2 * weights.size()};
  const QuantizedTensor q = quantise(weights, {.bits = spec.bits, .group = spec.group, .symmetric = spec.symmetric});
  return {dequantise(q), q.bytes()};
}

inline VariantProfile profile_one(const Network& network, const VariantSpec& spec, const Tensor& inputs,
                                  std::span<const std::size_t> reference) {
  Network variant = network;
  ErrorSum error;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    auto [weights, held] = compressed(network.layers[i].weights, spec);
    error.add(network.layers[i].weights, weights);
    bytes += held;
    variant.layers[i].weights = std::move(weights);
  }
  const auto top = top_classes(forward(variant, inputs));
  std::size_t agreed = 0;
  for (std::size_t i = 0; i < top.size(); ++i) agreed += top[i] == reference[i] ? 1U : 0U;
  const Proportion quality = wilson_interval(agreed, top.size());
  return {.name = spec.name,
          .bits = spec.bits,
          .bytes_per_weight = static_cast<double>(bytes) / static_cast<double>(network.weights()),
          .relative_error = error.error().relative_rmse,
          .quality = quality.value,
          .batch = spec.batch,
          .quality_low = quality.low,
          .quality_high = quality.high,
          .inputs = top.size()};
}

}  // namespace detail

/// Makes each variant of a network and measures it on `inputs` (one a row): bytes held, error of the weights, and the share of
/// inputs on which the best class agrees with full precision, with Wilson's 95 % interval. Biases stay in full precision and are
/// not counted. Refuses no inputs, bits other than 16 and 2 to 8, and whatever `quantise` and `forward` refuse.
[[nodiscard]] inline std::vector<VariantProfile> profile_variants(const Network& network, std::span<const VariantSpec> specs,
                                                                  const Tensor& inputs) {
  require(inputs.rows > 0, "inputs", inputs.rows, "must not be empty");
  const auto reference = top_classes(forward(network, inputs));
  std::vector<VariantProfile> out;
  for (const VariantSpec& spec : specs) out.push_back(detail::profile_one(network, spec, inputs, reference));
  return out;
}

/// The same on seeded inputs drawn from the network's own input model.
[[nodiscard]] inline std::vector<VariantProfile> profile_variants(const Network& network, std::span<const VariantSpec> specs,
                                                                  const ProfileOptions& options = {}) {
  detail::check(network);
  return profile_variants(network, specs, random_inputs(network, options.inputs, options.seed));
}

}  // namespace kilter::compress
