#pragma once
/// @file
/// Readers of resource-constrained projects, with one mode an activity (Patterson's format) or several.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/schedule/project.hpp"
#include "kilter/schedule/read_text.hpp"

namespace kilter::schedule {

namespace detail {

constexpr std::int64_t read_most_amount = std::numeric_limits<std::int32_t>::max();

inline void read_capacities(ReadText& in, std::size_t resources, std::vector<int>& out) {
  for (std::size_t k = 0; k < resources; ++k) out.push_back(static_cast<int>(in.number("the capacity", 0, read_most_amount)));
}

/// `duration demand…`.
[[nodiscard]] inline ProjectMode read_mode(ReadText& in, std::size_t resources) {
  ProjectMode mode{in.number("the duration", 0, read_most_amount), {}};
  for (std::size_t k = 0; k < resources; ++k) mode.demand.push_back(static_cast<int>(in.number("the demand", 0, read_most_amount)));
  return mode;
}

/// As many successors as `count` says, counted from 1 among `activities`.
inline void read_successors(ReadText& in, std::size_t count, std::size_t activities, Activity& activity) {
  for (std::size_t k = 0; k < count; ++k) {
    const std::int64_t successor = in.number("the successor", 1, static_cast<std::int64_t>(activities));
    activity.successors.push_back(static_cast<std::uint32_t>(successor - 1));
  }
}

[[nodiscard]] inline Project read_one_project(ReadText& in) {
  Project project;
  in.let_rows_wrap();
  const std::size_t activities = in.count("the number of activities", 4);
  const std::size_t resources = in.count("the number of resources");
  in.end_row("the line `activities resources`");
  if (resources > 0) in.begin_row("the row of capacities");
  read_capacities(in, resources, project.renewable);
  in.end_row("the capacities");
  for (std::size_t i = 0; i < activities; ++i) {
    in.begin_row("the row of an activity");
    Activity activity;
    activity.modes.push_back(read_mode(in, resources));
    read_successors(in, in.count("the number of successors"), activities, activity);
    in.end_row("an activity");
    project.activities.push_back(std::move(activity));
  }
  in.end_instance();
  return project;
}

[[nodiscard]] inline Project read_one_multi_mode(ReadText& in) {
  Project project;
  const std::size_t activities = in.count("the number of activities", 6);
  const std::size_t renewable = in.count("the number of renewable resources");
  const std::size_t nonrenewable = in.count("the number of non-renewable resources");
  in.end_row("the line `activities renewable non-renewable`");
  if (renewable + nonrenewable > 0) in.begin_row("the row of capacities");
  read_capacities(in, renewable, project.renewable);
  read_capacities(in, nonrenewable, project.nonrenewable);
  in.end_row("the capacities");
  for (std::size_t i = 0; i < activities; ++i) {
    in.begin_row("the row of an activity");
    Activity activity;
    const std::size_t modes = in.count("the number of modes");
    if (modes == 0) in.fail("an activity needs at least one mode");
    read_successors(in, in.count("the number of successors"), activities, activity);
    in.end_row("an activity");
    for (std::size_t k = 0; k < modes; ++k) {
      in.begin_row("the row of a mode");
      activity.modes.push_back(read_mode(in, renewable + nonrenewable));
      in.end_row("a mode");
    }
    project.activities.push_back(std::move(activity));
  }
  in.end_instance();
  return project;
}

}  // namespace detail

/// The projects of a text in Patterson's format (`.rcp`): `activities resources`, the capacities, and an activity a row: duration,
/// demand of each resource, number of successors, successors counted from 1. A row may wrap, the next begins a new line. A text
/// holds one instance, or many, each begun by a line `instance NAME`; lines of `#` are comments. A single one without a name is
/// called as `file` without its ending. Throws `ParseError` with line and column for what is not in that format, and for what
/// `check` refuses, as a cycle. O(text).
[[nodiscard]] inline std::vector<Project> read_project(std::string_view text, std::string_view file = {}) {
  return detail::read_instances<Project>(text, file, detail::read_one_project);
}

/// The projects with several modes of a text in a format of rows: `activities renewable non-renewable`, the capacities, and for
/// each activity a row `modes successors-count successors…` (from 1) and as many rows `duration demand…` (renewable ones first).
/// Names, many instances and errors as `read_project`.
[[nodiscard]] inline std::vector<Project> read_multi_mode(std::string_view text, std::string_view file = {}) {
  return detail::read_instances<Project>(text, file, detail::read_one_multi_mode);
}

}  // namespace kilter::schedule
