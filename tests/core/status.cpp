#include "kilter/core/status.hpp"

#include <set>
#include <string_view>

#include "catch.hpp"

using kilter::Status;

TEST_CASE("each status has a name of its own, and only two are ok") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Status::numerical_failure); ++i) {
    const auto status = static_cast<Status>(i);
    names.insert(name(status));
    CHECK(ok(status) == (status == Status::optimal || status == Status::feasible));
  }
  CHECK(names.size() == 8);
  CHECK(names.count("unknown") == 0);
  CHECK(name(Status::optimal) == "optimal");
  CHECK(name(Status::time_limit) == "time limit");
  CHECK(name(Status::numerical_failure) == "numerical failure");
  CHECK(name(static_cast<Status>(200)) == "unknown");
}

static_assert(name(Status::infeasible) == "infeasible");
static_assert(sizeof(Status) == 1);
