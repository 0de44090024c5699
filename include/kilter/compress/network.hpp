#pragma once
/// @file
/// A small dense network on which the quality of compressed weights is measured.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "kilter/compress/tensor.hpp"
#include "kilter/core/contract.hpp"
#include "kilter/core/rng.hpp"

namespace kilter::compress {

/// One layer: `y = weights x + bias`, `weights` of shape outputs x inputs.
struct DenseLayer {
  Tensor weights;
  std::vector<float> bias;
};

/// Where the inputs of a network come from: a centre (a row) at random, plus normal noise in each coordinate. No centres: around 0.
struct InputModel {
  Tensor centres{};
  double noise = 1;
};

/// Dense layers with a ReLU between each two; the last one gives the scores of the classes.
struct Network {
  std::vector<DenseLayer> layers{};
  InputModel source{};

  [[nodiscard]] std::size_t inputs() const { return layers.empty() ? 0 : layers.front().weights.cols; }
  [[nodiscard]] std::size_t outputs() const { return layers.empty() ? 0 : layers.back().weights.rows; }
  [[nodiscard]] std::size_t weights() const {
    std::size_t count = 0;
    for (const auto& layer : layers) count += layer.weights.size();
    return count;
  }
};

/// Shape and seed of the reference network.
struct ReferenceOptions {
  std::size_t inputs = 256;
  std::size_t hidden = 256;
  std::size_t hidden_layers = 2;
  std::size_t classes = 16;
  double noise = 2;            ///< of inputs around the standard normal centre of their class; at 2 full precision is right on 91 %
  int degrees_of_freedom = 6;  ///< of Student's t for the weights: even, at least 4; 6 has the kurtosis of a Laplace distribution
  std::uint64_t seed = 1;
};

namespace detail {

/// Student's t with an even number of degrees of freedom: a normal over the root of a chi-square, which is a sum of exponentials.
inline double student(Rng& rng, int pairs) {
  const double normal = rng.normal();
  double chi_square = 0;
  for (int i = 0; i < pairs; ++i) chi_square += rng.exponential(2);
  return normal / std::sqrt(chi_square / (2 * pairs));
}

inline DenseLayer random_layer(std::size_t outputs, std::size_t inputs, int pairs, Rng rng) {
  // He et al. 2015: variance 2 / inputs keeps the scale through a ReLU. The variance of t with nu degrees is nu / (nu - 2).
  const double scale = std::sqrt(2.0 / static_cast<double>(inputs) * (pairs - 1) / pairs);
  DenseLayer layer{make_tensor(outputs, inputs), std::vector<float>(outputs)};
  for (float& w : layer.weights.values) w = static_cast<float>(scale * student(rng, pairs));
  for (float& b : layer.bias) b = static_cast<float>(rng.normal(0, 0.1));
  return layer;
}

inline void check(const Network& network) {
  require(!network.layers.empty(), "layers", network.layers.size(), "must not be empty");
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const auto& [weights, bias] = network.layers[i];
    require(weights.rows > 0 && weights.cols > 0, "weights of layer", i, "must not be empty");
    require(weights.values.size() == weights.size(), "weights of layer", i, "must hold rows * cols values");
    require(bias.size() == weights.rows, "bias of layer", i, "must hold one value for each output");
    require(i == 0 || weights.cols == network.layers[i - 1].weights.rows, "inputs of layer", i, "must be the outputs before it");
  }
}

}  // namespace detail

namespace detail {

/// `x wᵀ + b`, one input a row. Each row is a sum of scaled columns of `w`, four at a time: the inner loop runs over neighbouring
/// outputs and vectorises, and a reader of this header is spared the compile time of a general matrix product.
inline Tensor affine(TensorView x, const DenseLayer& layer) {
  const std::size_t outputs = layer.weights.rows, inputs = layer.weights.cols;
  Tensor columns = make_tensor(inputs, outputs);
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t i = 0; i < inputs; ++i) columns(i, o) = layer.weights(o, i);
  }
  Tensor y = make_tensor(x.rows, outputs);
  for (std::size_t r = 0; r < x.rows; ++r) {
    const float* in = x.row(r).data();
    float* out = y.row(r).data();
    std::copy(layer.bias.begin(), layer.bias.end(), out);
    std::size_t i = 0;
    for (; i + 4 <= inputs; i += 4) {
      const float *c0 = columns.row(i).data(), *c1 = c0 + outputs, *c2 = c1 + outputs, *c3 = c2 + outputs;
      for (std::size_t o = 0; o < outputs; ++o) out[o] += in[i] * c0[o] + in[i + 1] * c1[o] + in[i + 2] * c2[o] + in[i + 3] * c3[o];
    }
    for (; i < inputs; ++i) {
      const float* c = columns.row(i).data();
      for (std::size_t o = 0; o < outputs; ++o) out[o] += in[i] * c[o];
    }
  }
  return y;
}

}  // namespace detail

/// The scores of each input (one a row): shape inputs x classes. Refuses shapes that do not fit.
[[nodiscard]] inline Tensor forward(const Network& network, TensorView inputs) {
  detail::check(network);
  require(inputs.cols == network.inputs(), "inputs.cols", inputs.cols, "must be the inputs of the network");
  Tensor x = detail::affine(inputs, network.layers.front());
  for (std::size_t i = 1; i < network.layers.size(); ++i) {
    for (float& v : x.values) v = std::max(v, 0.0F);
    x = detail::affine(x, network.layers[i]);
  }
  return x;
}

/// The class with the highest score in each row; the first of equal ones.
[[nodiscard]] inline std::vector<std::size_t> top_classes(TensorView scores) {
  require(scores.cols > 0 || scores.rows == 0, "scores.cols", scores.cols, "must be positive");
  std::vector<std::size_t> out(scores.rows);
  for (std::size_t r = 0; r < scores.rows; ++r) {
    const auto row = scores.row(r);
    out[r] = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
  }
  return out;
}

namespace detail {

/// `count` inputs of `width` values, one a row.
inline Tensor draw(const InputModel& source, std::size_t count, std::size_t width, std::uint64_t seed) {
  const Tensor& centres = source.centres;
  Rng rng{seed};
  Tensor out = make_tensor(count, width);
  for (std::size_t r = 0; r < count; ++r) {
    const std::size_t centre = centres.rows == 0 ? 0 : rng.index(centres.rows);
    for (std::size_t c = 0; c < width; ++c) {
      const double middle = centres.rows == 0 ? 0 : static_cast<double>(centres(centre, c));
      out(r, c) = static_cast<float>(rng.normal(middle, source.noise));
    }
  }
  return out;
}

inline Tensor relu(Tensor scores) {
  for (float& v : scores.values) v = std::max(v, 0.0F);
  return scores;
}

}  // namespace detail

/// `count` inputs, one a row, drawn from the network's input model. Refuses centres whose width is not that of the network.
[[nodiscard]] inline Tensor random_inputs(const Network& network, std::size_t count, std::uint64_t seed) {
  const Tensor& centres = network.source.centres;
  require(centres.rows == 0 || centres.cols == network.inputs(), "centres.cols", centres.cols, "must be the inputs of the network");
  return detail::draw(network.source, count, network.inputs(), seed);
}

namespace detail {

/// Standard normal centres, one for each class.
inline Tensor random_centres(const ReferenceOptions& o, Rng rng) {
  Tensor out = make_tensor(o.classes, o.inputs);
  for (float& v : out.values) v = static_cast<float>(rng.normal());
  return out;
}

/// The last layer: the linear rule that picks the class whose mean feature is nearest, estimated on `samples` inputs of each class.
/// `score_k = (mu_k - mu) h - (|mu_k|^2 - |mu|^2) / 2`, where subtracting the overall mean `mu` changes no comparison.
inline DenseLayer nearest_mean_layer(Network hidden, std::size_t samples, std::uint64_t seed) {
  const Tensor centres = hidden.source.centres;
  const std::size_t classes = centres.rows, width = hidden.layers.empty() ? centres.cols : hidden.outputs();
  std::vector<double> means(classes * width), overall(width);
  for (std::size_t k = 0; k < classes; ++k) {
    const auto row = centres.row(k);
    hidden.source.centres = Tensor{1, centres.cols, {row.begin(), row.end()}};
    const Tensor inputs = draw(hidden.source, samples, centres.cols, seed + k);
    const Tensor features = hidden.layers.empty() ? inputs : relu(forward(hidden, inputs));
    for (std::size_t r = 0; r < samples; ++r) {
      for (std::size_t j = 0; j < width; ++j)
        means[k * width + j] += static_cast<double>(features(r, j)) / static_cast<double>(samples);
    }
    for (std::size_t j = 0; j < width; ++j) overall[j] += means[k * width + j] / static_cast<double>(classes);
  }
  DenseLayer layer{make_tensor(classes, width), std::vector<float>(classes)};
  for (std::size_t k = 0; k < classes; ++k) {
    double bias = 0;
    for (std::size_t j = 0; j < width; ++j) {
      const double mean = means[k * width + j];
      layer.weights(k, j) = static_cast<float>(mean - overall[j]);
      bias -= (mean * mean - overall[j] * overall[j]) / 2;
    }
    layer.bias[k] = static_cast<float>(bias);
  }
  return layer;
}

}  // namespace detail

/// A network that solves a task of its own: inputs are noisy copies of one of `classes` centres; hidden layers have weights from
/// Student's t (heavy tails, as trained networks have, so that a few outliers stretch the scale of their group), variance 2 /
/// inputs, and small normal biases; the last layer is the nearest-class-mean rule on the last hidden layer, estimated from 64
/// inputs of each class.
///
/// It is synthetic: what is measured on it orders variants and shows the effect of bits and groups, with margins that come from a
/// real decision, and does not stand for a language model's accuracy. Refuses shapes of 0, fewer than two classes, and noise below
/// 0.
[[nodiscard]] inline Network reference_network(const ReferenceOptions& o = {}) {
  require(o.inputs > 0, "inputs", o.inputs, "must be positive");
  require(o.hidden > 0 || o.hidden_layers == 0, "hidden", o.hidden, "must be positive");
  require(o.classes > 1, "classes", o.classes, "must be at least 2");
  require(o.noise >= 0 && std::isfinite(o.noise), "noise", o.noise, "must be finite and not negative");
  require(o.degrees_of_freedom >= 4 && o.degrees_of_freedom % 2 == 0, "degrees_of_freedom", o.degrees_of_freedom,
          "must be even and at least 4");
  const Rng rng{o.seed};
  Network network{.source = {detail::random_centres(o, rng.split(0)), o.noise}};
  std::size_t width = o.inputs;
  for (std::size_t i = 0; i < o.hidden_layers; ++i, width = o.hidden) {
    network.layers.push_back(detail::random_layer(o.hidden, width, o.degrees_of_freedom / 2, rng.split(i + 2)));
  }
  network.layers.push_back(detail::nearest_mean_layer(network, 64, rng.split(1)()));
  return network;
}

}  // namespace kilter::compress
