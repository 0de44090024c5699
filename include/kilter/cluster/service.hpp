#pragma once
/// @file
/// An inference service and its model variants: what one GPU of a pool can serve of it, at which power and quality.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

#include "kilter/cluster/fleet.hpp"
#include "kilter/compress/profile.hpp"
#include "kilter/core/contract.hpp"

namespace kilter::cluster {

/// A service whose demand is counted in GPU-seconds of the reference GPU running the fp16 model.
struct Service {
  std::string name = "image generation";
  double parameters = 12e9;                 ///< weights of the model
  double activation_gib_per_request = 1.5;  ///< device memory that each request of a batch needs beside the weights
  int largest_batch = 8;                    ///< the latency target allows no larger one
  double half_batch = 0.5;                  ///< batch at which fp16 reaches half of its best throughput
  double quality_floor = 0.99;              ///< mean quality over the requests of an hour
  std::vector<compress::VariantProfile> variants{};
};

/// Throws `std::invalid_argument` naming the first field that makes no sense.
inline void check(const Service& service) {
  require(service.parameters > 0 && std::isfinite(service.parameters), "parameters", service.parameters,
          "must be positive and finite");
  require(service.activation_gib_per_request > 0, "activation_gib_per_request", service.activation_gib_per_request,
          "must be positive");
  require(service.largest_batch > 0, "largest_batch", service.largest_batch, "must be positive");
  require(service.half_batch >= 0, "half_batch", service.half_batch, "must not be negative");
  require(service.quality_floor >= 0 && service.quality_floor <= 1, "quality_floor", service.quality_floor, "must lie in [0, 1]");
  for (const auto& variant : service.variants) {
    require(variant.quality >= 0 && variant.quality <= 1, "quality", variant.quality, "must lie in [0, 1] (" + variant.name + ")");
    require(variant.bytes_per_weight > 0, "bytes_per_weight", variant.bytes_per_weight, "must be positive (" + variant.name + ")");
  }
}

/// One way to serve: a variant on the GPUs of a pool under a power level.
struct ServingOption {
  std::size_t pool = 0;
  std::size_t variant = 0;
  std::size_t level = 0;
  int batch = 0;       ///< largest batch that memory and latency allow
  double speed = 0;    ///< reference GPU-seconds of demand served by one GPU in one second
  double quality = 1;  ///< of the variant, 0 … 1
  Watts cap{};         ///< power limit of the device
};

/// Device memory left for a batch when the weights of `variant` are loaded, in requests.
[[nodiscard]] inline int batch_in_memory(const Service& service, const compress::VariantProfile& variant, const GpuType& type) {
  const double weights_gib = service.parameters * variant.bytes_per_weight / (1024.0 * 1024.0 * 1024.0);
  const double room = (type.memory_gib - weights_gib) / service.activation_gib_per_request;
  return static_cast<int>(std::clamp(std::floor(room), 0.0, static_cast<double>(service.largest_batch)));
}

/// Throughput at `batch` relative to the best: b / (b + half), the saturation of a fixed cost per step shared by the batch.
[[nodiscard]] inline double batch_efficiency(const Service& service, int batch) { return batch / (batch + service.half_batch); }

/// Every variant × power level that fits the memory of each pool's GPUs, without those that another option of the same pool beats
/// or equals in speed, power and quality at once. Throws `std::invalid_argument` for a service that makes no sense.
[[nodiscard]] inline std::vector<ServingOption> serving_options(const Fleet& fleet, const Service& service) {
  check(service);
  std::vector<ServingOption> all;
  const double full = batch_efficiency(service, service.largest_batch);
  for (std::size_t p = 0; p < fleet.pools.size(); ++p) {
    const Pool& pool = fleet.pools[p];
    for (std::size_t v = 0; v < service.variants.size(); ++v) {
      const auto& variant = service.variants[v];
      const int batch = batch_in_memory(service, variant, pool.type);
      if (batch == 0) continue;
      const double rate = pool.speed * batch_efficiency(service, batch) / full * compress::speedup(variant, batch);
      for (std::size_t l = 0; l < pool.levels.size(); ++l) {
        all.push_back({p, v, l, batch, rate * pool.levels[l].speed, variant.quality, pool.levels[l].cap});
      }
    }
  }
  const auto beaten = [&](const ServingOption& a) {
    return std::any_of(all.begin(), all.end(), [&](const ServingOption& b) {
      const bool no_worse = b.pool == a.pool && b.speed >= a.speed && b.cap <= a.cap && b.quality >= a.quality;
      return no_worse && (b.speed > a.speed || b.cap < a.cap || b.quality > a.quality || &b < &a);
    });
  };
  std::vector<ServingOption> kept;
  std::copy_if(all.begin(), all.end(), std::back_inserter(kept), [&](const ServingOption& o) { return !beaten(o); });
  return kept;
}

}  // namespace kilter::cluster
