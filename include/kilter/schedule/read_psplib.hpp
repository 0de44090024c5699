#pragma once
/// @file
/// Reader of PSPLIB's own format of projects (`.sm`, `.mm`), which MMLIB shares.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kilter/schedule/project.hpp"
#include "kilter/schedule/read_project.hpp"
#include "kilter/schedule/read_text.hpp"

namespace kilter::schedule {

namespace detail {

/// One instance: a header of lines `name : value`, and three tables, each behind a line that names it and one of column titles.
class PsplibReader {
 public:
  explicit PsplibReader(ReadText& in) : in_(in) {}

  [[nodiscard]] Project read() {
    do {
      read_line();
    } while (in_.next_line());
    require_all();
    return std::move(project_);
  }

 private:
  void read_line() {
    const std::string_view line = read_strip(in_.line_in_hand());
    if (line.starts_with("jobs")) {
      header("the number of jobs", jobs_, 6);
    } else if (line.starts_with("- renewable")) {
      header("the number of renewable resources", renewable_, 1);
    } else if (line.starts_with("- nonrenewable")) {
      header("the number of non-renewable resources", nonrenewable_, 1);
    } else if (line.starts_with("- doubly constrained")) {
      header("the number of doubly constrained resources", doubly_, 1);
      if (doubly_.value > 0) in_.fail("doubly constrained resources cannot be read");
    } else if (line.starts_with("PRECEDENCE RELATIONS")) {
      read_precedence();
    } else if (line.starts_with("REQUESTS/DURATIONS")) {
      read_requests();
    } else if (line.starts_with("RESOURCEAVAILABILITIES")) {
      read_availability();
    }
  }

  /// A number of the header; `seen` tells zero from missing.
  struct Count {
    std::size_t value = 0;
    bool seen = false;
  };
  void header(std::string_view what, Count& out, std::size_t width) {
    if (out.seen) in_.fail_at(in_.line(), 1, std::string{what} + " is given twice");
    while (true) {
      const std::string_view word = in_.word();
      if (word.empty()) in_.fail(std::string{what} + " is missing: no colon");
      if (word.back() == ':') break;
    }
    out = {in_.count(what, width), true};
  }
  void need(const Count& count, std::string_view what) {
    if (!count.seen) in_.fail_at(in_.line(), 1, "this table stands before the line of " + std::string{what});
  }

  void read_precedence() {
    need(jobs_, "jobs");
    if (!project_.activities.empty()) in_.fail_at(in_.line(), 1, "a second table of precedence relations");
    in_.begin_row("the line of titles");
    for (std::size_t i = 0; i < jobs_.value; ++i) {
      in_.begin_row("the row of a job");
      const auto number = static_cast<std::int64_t>(i + 1);
      static_cast<void>(in_.number("the job", number, number));
      Activity activity;
      modes_.push_back(in_.count("the number of modes", 1));
      if (modes_.back() == 0) in_.fail("a job needs at least one mode");
      read_successors(in_, in_.count("the number of successors"), jobs_.value, activity);
      in_.end_row("a job");
      project_.activities.push_back(std::move(activity));
    }
  }

  void read_requests() {
    need(renewable_, "renewable resources");
    need(nonrenewable_, "non-renewable resources");
    if (project_.activities.empty() && jobs_.value > 0) in_.fail_at(in_.line(), 1, "the precedence relations have to come first");
    if (requests_) in_.fail_at(in_.line(), 1, "a second table of requests");
    requests_ = true;
    in_.begin_row("the line of titles");
    bool first = true;
    for (std::size_t i = 0; i < project_.activities.size(); ++i) {
      for (std::size_t m = 0; m < modes_[i]; ++m) {
        in_.begin_row("the row of a mode");
        if (first && in_.line_in_hand().find_first_not_of("- \t\r") == std::string_view::npos) in_.begin_row("the row of a mode");
        first = false;
        read_request(i, m);
      }
    }
  }
  /// `job mode duration demand…`; the job stands only at its first mode.
  void read_request(std::size_t i, std::size_t m) {
    const auto job = static_cast<std::int64_t>(i + 1), number = static_cast<std::int64_t>(m + 1);
    if (m == 0) static_cast<void>(in_.number("the job", job, job));
    static_cast<void>(in_.number("the mode", number, number));
    ProjectMode mode{in_.number("the duration", 0, read_most_amount), {}};
    for (std::size_t k = 0; k < renewable_.value + nonrenewable_.value; ++k) {
      mode.demand.push_back(static_cast<int>(in_.number("the demand", 0, read_most_amount)));
    }
    in_.end_row("a mode");
    project_.activities[i].modes.push_back(std::move(mode));
  }

  void read_availability() {
    need(renewable_, "renewable resources");
    need(nonrenewable_, "non-renewable resources");
    if (available_) in_.fail_at(in_.line(), 1, "a second table of availabilities");
    available_ = true;
    in_.begin_row("the line of titles");
    in_.begin_row("the row of availabilities");
    for (std::size_t k = 0; k < renewable_.value + nonrenewable_.value; ++k) {
      auto& list = k < renewable_.value ? project_.renewable : project_.nonrenewable;
      list.push_back(static_cast<int>(in_.number("the availability", 0, read_most_amount)));
    }
    in_.end_row("the availabilities");
  }

  void require_all() {
    const auto missing = [&](std::string_view what) { in_.fail_at(in_.line(), 0, std::string{what} + " is missing"); };
    if (!jobs_.seen) missing("the line `jobs (incl. supersource/sink ): …`");
    if (project_.activities.empty() && jobs_.value > 0) missing("the table PRECEDENCE RELATIONS");
    if (!requests_) missing("the table REQUESTS/DURATIONS");
    if (!available_) missing("the table RESOURCEAVAILABILITIES");
  }

  ReadText& in_;
  Project project_{};
  std::vector<std::size_t> modes_{};
  Count jobs_{}, renewable_{}, nonrenewable_{}, doubly_{};
  bool requests_ = false, available_ = false;
};

}  // namespace detail

/// The projects of a text in PSPLIB's format (Kolisch and Sprecher 1996), with one mode an activity (`.sm`) or several (`.mm`, also
/// MMLIB's). Read are the numbers of jobs and resources and the tables of precedence, of requests and of availabilities; release
/// and due dates and the penalties of tardiness are not part of the problem and are passed over. Doubly constrained resources are
/// refused. Names, many instances and errors as `read_project`.
[[nodiscard]] inline std::vector<Project> read_psplib_multi_mode(std::string_view text, std::string_view file = {}) {
  return detail::read_instances<Project>(text, file, [](detail::ReadText& in) { return detail::PsplibReader{in}.read(); });
}

}  // namespace kilter::schedule
