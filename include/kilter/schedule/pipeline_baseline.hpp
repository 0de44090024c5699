#pragma once
/// @file
/// The known schedules of a pipeline's step, to compare with and to start from.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kilter/core/contract.hpp"
#include "kilter/schedule/pipeline.hpp"
#include "kilter/schedule/pipeline_timing.hpp"

namespace kilter::schedule {

/// The known schedules.
enum class PipelineRule : std::uint8_t {
  gpipe,           ///< all forward, then all backward (Huang et al. 2019); any number of chunks
  one_f_one_b,     ///< one forward, one backward after warming up (Narayanan et al. 2019; PipeDream-flush 2021); one chunk
  interleaved,     ///< the same over several chunks in a loop (Narayanan et al. 2021); micro-batches a multiple of the stages
  zero_bubble_h1,  ///< weights' gradients fill the end, memory as `one_f_one_b` (Qi et al. 2023, ZB-H1); one chunk
  zero_bubble_h2,  ///< and the beginning is filled by more forward passes, about twice the memory (ZB-H2); one chunk
};

inline constexpr std::array pipeline_rules{PipelineRule::gpipe, PipelineRule::one_f_one_b, PipelineRule::interleaved,
                                           PipelineRule::zero_bubble_h1, PipelineRule::zero_bubble_h2};

[[nodiscard]] constexpr std::string_view name(PipelineRule rule) {
  switch (rule) {
    case PipelineRule::gpipe: return "GPipe";
    case PipelineRule::one_f_one_b: return "1F1B";
    case PipelineRule::interleaved: return "interleaved 1F1B";
    case PipelineRule::zero_bubble_h1: return "ZB-H1";
    case PipelineRule::zero_bubble_h2: return "ZB-H2";
  }
  return "unknown";
}

/// Why a rule says nothing about a pipeline; empty where it does.
[[nodiscard]] inline std::string_view inapplicable(const Pipeline& pipeline, PipelineRule rule) {
  if (rule == PipelineRule::gpipe) return {};
  if (rule != PipelineRule::interleaved) return pipeline.chunks == 1 ? std::string_view{} : "is for one chunk per device";
  if (pipeline.chunks == 1) return "is for several chunks per device";
  if (pipeline.placement != PipelinePlacement::loop) return "is for chunks in a loop";
  return pipeline.microbatches % pipeline.stages == 0 ? std::string_view{} : "needs micro-batches in multiples of the stages";
}

namespace detail {

/// Writes the word of one device.
class PipelineRuleWriter {
 public:
  PipelineRuleWriter(const Pipeline& pipeline, std::size_t device, PipelineWords& out) : p_(pipeline), d_(device), out_(out) {}

  void gpipe() {
    for (std::size_t c = 0; c < p_.chunks; ++c) repeat(c, 0);
    for (std::size_t c = p_.chunks; c-- > 0;) {
      for (std::size_t j = 0; j < p_.microbatches; ++j) {
        put(c, 1);
        put(c, 2);
      }
    }
  }

  /// `warm` forward passes first, then one forward and one backward in turn. Over chunks, p micro-batches at a time go through
  /// each.
  void in_turn(std::size_t warm) {
    const std::size_t all = p_.microbatches * p_.chunks;
    for (std::size_t done = 0, next = 0; done < all; ++done) {
      for (; next < all && next <= done + warm; ++next) put(chunk(next), 0);
      put(p_.chunks - 1 - chunk(done), 1);
      put(p_.chunks - 1 - chunk(done), 2);
    }
  }

  /// The same with weights' gradients put off while fewer than `held` micro-batches are begun and not ended. After the last forward
  /// pass they fill the gaps between the backward passes.
  void put_off(std::size_t warm, std::size_t held) {
    const std::size_t m = p_.microbatches;
    std::size_t next = 0, ended = 0;
    for (std::size_t done = 0; done < m; ++done) {
      const bool draining = next == m;
      for (; next < m && next <= done + warm; ++next) put(0, 0);
      put(0, 1);
      if (draining || next - ended >= held) {
        put(0, 2);
        ++ended;
      }
    }
    for (; ended < m; ++ended) put(0, 2);
  }

 private:
  void put(std::size_t chunk, std::size_t kind) {
    out_.push_back(static_cast<std::uint32_t>(3 * pipeline_part(p_, d_, chunk) + kind));
  }
  void repeat(std::size_t chunk, std::size_t kind) {
    for (std::size_t j = 0; j < p_.microbatches; ++j) put(chunk, kind);
  }
  [[nodiscard]] std::size_t chunk(std::size_t k) const { return p_.chunks == 1 ? 0 : k / p_.stages % p_.chunks; }

  const Pipeline& p_;
  std::size_t d_;
  PipelineWords& out_;
};

inline PipelineWords pipeline_rule_words(const Pipeline& pipeline, PipelineRule rule) {
  PipelineWords words;
  const std::size_t p = pipeline.stages;
  for (std::size_t d = 0; d < p; ++d) {
    PipelineRuleWriter writer{pipeline, d, words};
    switch (rule) {
      case PipelineRule::gpipe: writer.gpipe(); break;
      case PipelineRule::one_f_one_b: writer.in_turn(p - 1 - d); break;
      case PipelineRule::interleaved: writer.in_turn((p - 1 - d) * 2 + (pipeline.chunks - 1) * p); break;
      case PipelineRule::zero_bubble_h1: writer.put_off(p - 1 - d, p); break;
      case PipelineRule::zero_bubble_h2: writer.put_off(2 * (p - 1 - d), 2 * p - 1); break;
    }
  }
  return words;
}

}  // namespace detail

/// The step as a known rule runs it, as early as its order allows; memory limits are not looked at (see `fits`). GPipe, 1F1B and
/// its interleaved form do not split the backward pass: the gradient of a part's input leaves when that of its weights is there.
/// O(stages × chunks × microbatches). Throws `std::invalid_argument` for an invalid pipeline and a rule that is `inapplicable`.
[[nodiscard]] inline PipelineSchedule baseline(const Pipeline& pipeline, PipelineRule rule) {
  check(pipeline);
  const std::string_view why = inapplicable(pipeline, rule);
  require(why.empty(), "rule", name(rule), why);
  const bool fused = rule != PipelineRule::zero_bubble_h1 && rule != PipelineRule::zero_bubble_h2;
  const auto letters = detail::pipeline_letters(pipeline, fused);
  const auto words = detail::pipeline_rule_words(pipeline, rule);
  detail::PipelineTimer timer{letters};
  const Time makespan = timer.run(words);
  return detail::pipeline_schedule(pipeline, letters, words, timer, makespan);
}

}  // namespace kilter::schedule
