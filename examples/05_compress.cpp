// Quantises weights to 8 and 4 bits and measures what that does: bytes, error, quality, and the table a planner chooses from.
#include <cstdio>

#include "kilter/compress/network.hpp"
#include "kilter/compress/profile.hpp"
#include "kilter/compress/quantise.hpp"
#include "kilter/compress/tensor.hpp"

using namespace kilter;

int main() {
  const compress::Network network = compress::reference_network();
  const compress::Tensor& weights = network.layers.front().weights;

  std::printf("A layer of %zu x %zu weights, %zu bytes as 16-bit floats\n\n", weights.rows, weights.cols, 2 * weights.size());
  std::printf("bits  group     bytes  bits/weight  relative error  largest error\n");
  for (const int bits : {8, 4}) {
    for (const std::size_t group : {compress::whole_row, std::size_t{128}, std::size_t{32}}) {
      const compress::QuantizedTensor small = compress::quantise(weights, {.bits = bits, .group = group});
      const auto error = compress::approximation_error(weights, compress::dequantise(small));
      std::printf("%4d  %5zu %9zu %12.2f %14.2f%% %14.5f\n", bits, small.group_size(), small.bytes(), small.bits_per_weight(),
                  100 * error.relative_rmse, error.max);
    }
  }

  const compress::ProfileOptions questions{.inputs = 2048};
  std::printf("\nVariants of the whole network, each asked the same %zu questions\n\n", questions.inputs);
  std::printf("variant  bytes/weight  relative error  agrees with full precision   speed at batch 1, 8, 64\n");
  for (const auto& v : compress::profile_variants(network, compress::standard_variants(), questions)) {
    std::printf("%-7s %13.3f %14.2f%%  %8.2f%% (%.2f%% … %.2f%%) %12.2f %5.2f %5.2f\n", v.name.c_str(), v.bytes_per_weight,
                100 * v.relative_error, 100 * v.quality, 100 * v.quality_low, 100 * v.quality_high, compress::speedup(v, 1),
                compress::speedup(v, 8), compress::speedup(v, 64));
  }
  std::printf("\nThe network is synthetic: it orders variants, and does not stand for a language model's accuracy.\n");
  return 0;
}
