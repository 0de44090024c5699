#pragma once
/// @file
/// Readers of job shops and flexible job shops in the formats of the public benchmark sets.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/schedule/read_text.hpp"
#include "kilter/schedule/shop.hpp"

namespace kilter::schedule {

namespace detail {

constexpr std::int64_t read_most_time = std::numeric_limits<std::int32_t>::max();
/// No machine park of a file is larger: what is flat per machine stays small even for a wrong number.
constexpr std::int64_t read_most_machines = 1'000'000;

/// `n m`, and what else the first line of a flexible shop may hold: the mean number of machines an operation can go to.
inline std::size_t read_shop_size(ReadText& in, Shop& shop) {
  const std::size_t jobs = in.count("the number of jobs");
  shop.machines = static_cast<std::size_t>(in.number("the number of machines", jobs == 0 ? 0 : 1, read_most_machines));
  return jobs;
}

inline Alternative read_alternative(ReadText& in, std::int64_t first, std::size_t machines) {
  const auto last = first + static_cast<std::int64_t>(machines) - 1;
  const std::int64_t machine = in.number("the machine", first, last) - first;
  return {static_cast<std::uint32_t>(machine), in.number("the duration", 0, read_most_time)};
}

[[nodiscard]] inline Shop read_one_job_shop(ReadText& in) {
  Shop shop;
  const std::size_t jobs = read_shop_size(in, shop);
  in.end_row("the line `jobs machines`");
  for (std::size_t j = 0; j < jobs; ++j) {
    in.begin_row("the row of a job");
    ShopJob job;
    for (std::size_t k = 0; k < shop.machines; ++k) job.operations.push_back({{read_alternative(in, 0, shop.machines)}});
    in.end_row("a job, which has an operation for each machine");
    shop.jobs.push_back(std::move(job));
  }
  in.end_instance();
  return shop;
}

[[nodiscard]] inline Operation read_operation(ReadText& in, std::size_t machines) {
  Operation operation;
  const std::size_t ways = in.count("the number of machines of an operation", 4);
  if (ways == 0) in.fail("an operation needs at least one machine");
  std::vector<std::uint32_t> machines_named;
  for (std::size_t k = 0; k < ways; ++k) {
    operation.alternatives.push_back(read_alternative(in, 1, machines));
    machines_named.push_back(operation.alternatives.back().machine);
  }
  std::sort(machines_named.begin(), machines_named.end());
  const auto twice = std::adjacent_find(machines_named.begin(), machines_named.end());
  if (twice != machines_named.end()) in.fail("machine " + std::to_string(*twice + 1) + " is named twice in an operation");
  return operation;
}

[[nodiscard]] inline Shop read_one_flexible_shop(ReadText& in) {
  Shop shop;
  const std::size_t jobs = read_shop_size(in, shop);
  if (!in.at_line_end()) static_cast<void>(in.word());  // the mean, which follows from the rest
  in.end_row("the line `jobs machines mean`");
  for (std::size_t j = 0; j < jobs; ++j) {
    in.begin_row("the row of a job");
    ShopJob job;
    const std::size_t operations = in.count("the number of operations", 6);
    for (std::size_t k = 0; k < operations; ++k) job.operations.push_back(read_operation(in, shop.machines));
    in.end_row("a job");
    shop.jobs.push_back(std::move(job));
  }
  in.end_instance();
  return shop;
}

}  // namespace detail

/// The job shops of a text in the standard format: `jobs machines`, then a line a job of pairs `machine duration`, machines from 0,
/// one operation for each machine. A text holds one instance, or many, each begun by a line `instance NAME`; lines of `#` are
/// comments. A single one without a name is called as `file` without its ending. Throws `ParseError` with line and column for what
/// is not in that format, and for what `check` refuses. O(text).
[[nodiscard]] inline std::vector<Shop> read_job_shop(std::string_view text, std::string_view file = {}) {
  return detail::read_instances<Shop>(text, file, detail::read_one_job_shop);
}

/// The flexible job shops of a text in the format of Brandimarte's and Hurink's sets (`.fjs`): `jobs machines [mean]`, then a line
/// a job: the number of operations, and for each the number of its machines and pairs `machine duration`, machines from 1. Names,
/// many instances and errors as `read_job_shop`.
[[nodiscard]] inline std::vector<Shop> read_flexible_job_shop(std::string_view text, std::string_view file = {}) {
  return detail::read_instances<Shop>(text, file, detail::read_one_flexible_shop);
}

}  // namespace kilter::schedule
