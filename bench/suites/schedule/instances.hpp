#pragma once
/// The instances of a run: which of the files' are wanted.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../common.hpp"
#include "kilter/schedule/read.hpp"
#include "kilter/telemetry/csv.hpp"

namespace kilter::bench {

/// Which instances: those named where any are, of these every so-many-th, the first among them.
struct Choice {
  std::vector<std::string> only{};
  std::size_t every = 1;
};

/// A project is read in PSPLIB's own format where it has that format's tables, in rows else.
inline bool is_psplib(std::string_view text) { return text.find("PRECEDENCE RELATIONS") != std::string_view::npos; }

inline std::vector<schedule::Project> read_single_mode(std::string_view text, std::string_view file) {
  return is_psplib(text) ? schedule::read_psplib_multi_mode(text, file) : schedule::read_project(text, file);
}
inline std::vector<schedule::Project> read_modes(std::string_view text, std::string_view file) {
  return is_psplib(text) ? schedule::read_psplib_multi_mode(text, file) : schedule::read_multi_mode(text, file);
}

/// The instances of all files that were chosen, in their order. A name that is in none of them is refused.
template <class Read>
auto read_chosen(const std::vector<std::string>& files, const Choice& choice, Read read) {
  decltype(read(std::string_view{}, std::string_view{})) all, out;
  for (const std::string& file : files) {
    for (auto& instance : read(read_file(file), file)) all.push_back(std::move(instance));
  }
  for (const std::string& name : choice.only) {
    if (std::any_of(all.begin(), all.end(), [&](const auto& instance) { return instance.name == name; })) continue;
    throw std::invalid_argument("--only " + name + ": no instance of this name in the files");
  }
  std::size_t count = 0;
  for (auto& instance : all) {
    const bool named = choice.only.empty() || std::count(choice.only.begin(), choice.only.end(), instance.name) > 0;
    if (named && count++ % choice.every == 0) out.push_back(std::move(instance));
  }
  return out;
}

/// Seeds as `3`, `1-3` or `1,5-7`.
inline std::vector<std::uint64_t> parse_seeds(const std::string& text) {
  std::vector<std::uint64_t> out;
  const auto refuse = [&] { throw std::invalid_argument("--seeds " + text + ": must be as 3, 1-3 or 1,5-7"); };
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    const std::size_t dash = part.find('-');
    const auto first = telemetry::parse_whole_number(part.substr(0, dash));
    const auto last = dash == std::string::npos ? first : telemetry::parse_whole_number(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first || *last - *first > 100000) refuse();
    for (std::int64_t seed = *first; seed <= *last; ++seed) out.push_back(static_cast<std::uint64_t>(seed));
    at = end + 1;
  }
  return out;
}

}  // namespace kilter::bench
