#pragma once
/// @file
/// GPU types: what a data sheet says of them, and a small documented catalogue.

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "kilter/core/contract.hpp"
#include "kilter/core/units.hpp"

namespace kilter::cluster {

/// A kind of GPU with its share of the server around it.
struct GpuType {
  std::string name{};
  double memory_gib = 0;      ///< device memory
  double fp16_tflops = 0;     ///< dense FP16/BF16 tensor rate
  double bandwidth_gb_s = 0;  ///< memory bandwidth
  Watts idle{};               ///< device power when on and idle
  Watts peak{};               ///< device power at its default limit (TDP)
  Watts host{};               ///< the GPU's share of the server's processors, fans and network while the server is on
  Rate capital{};             ///< straight-line depreciation for each hour in which the GPU is held

  friend bool operator==(const GpuType&, const GpuType&) = default;
};

/// Throws `std::invalid_argument` naming the first field that makes no sense.
inline void check(const GpuType& type) {
  require(type.memory_gib > 0, "memory_gib", type.memory_gib, "must be positive (" + type.name + ")");
  require(type.fp16_tflops > 0, "fp16_tflops", type.fp16_tflops, "must be positive (" + type.name + ")");
  require(type.bandwidth_gb_s > 0, "bandwidth_gb_s", type.bandwidth_gb_s, "must be positive (" + type.name + ")");
  require(type.idle.base() >= 0, "idle", type.idle.base(), "must not be negative (" + type.name + ")");
  require(type.peak > type.idle, "peak", type.peak.base(), "must exceed idle power (" + type.name + ")");
  require(type.host.base() >= 0, "host", type.host.base(), "must not be negative (" + type.name + ")");
  require(type.capital.base() >= 0, "capital", type.capital.base(), "must not be negative (" + type.name + ")");
}

/// Three current GPUs. Memory, rates, bandwidth and peak power are those of NVIDIA's data sheets (A100 80GB SXM 2021, H100 SXM
/// 2023, L40S 2023; dense rates, without sparsity). Idle and host power and the purchase prices (11,000, 27,000 and 8,000 USD over
/// four years) are round assumptions; replace them by your own.
[[nodiscard]] inline std::vector<GpuType> catalogue() {
  using namespace units;
  const auto over_four_years = [](double price) { return price * usd / (4 * 8760 * h); };
  return {
      {"A100-80GB", 80, 312, 2039, 55 * W, 400 * W, 100 * W, over_four_years(11000)},
      {"H100-80GB", 80, 989, 3350, 70 * W, 700 * W, 100 * W, over_four_years(27000)},
      {"L40S-48GB", 48, 362, 864, 35 * W, 350 * W, 100 * W, over_four_years(8000)},
  };
}

/// The catalogue's entry of that name; throws `std::invalid_argument` when there is none.
[[nodiscard]] inline GpuType gpu_type(std::string_view name) {
  for (auto& type : catalogue()) {
    if (type.name == name) return type;
  }
  KILTER_THROW(std::invalid_argument("name = '" + std::string{name} + "': no such GPU type in the catalogue"));
}

/// How much faster `type` runs a mixed load than `reference`: the geometric mean of the ratios of compute rate and bandwidth, which
/// lies between the two ends of the roofline (Williams, Waterman, Patterson 2009).
[[nodiscard]] inline double relative_speed(const GpuType& type, const GpuType& reference) {
  return std::sqrt(type.fp16_tflops / reference.fp16_tflops * (type.bandwidth_gb_s / reference.bandwidth_gb_s));
}

}  // namespace kilter::cluster
