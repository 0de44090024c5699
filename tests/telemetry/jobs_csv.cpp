#include "kilter/telemetry/jobs_csv.hpp"

#include <sstream>
#include <string>

#include "support.hpp"

using namespace kilter;
using namespace kilter::telemetry;
using kilter::test::damaged;
using kilter::test::refusal;

namespace {

const std::string header = "submit_s,duration_s,gpus,virtual_cluster\n";

JobTable read(const std::string& text, const JobsCsvOptions& options = {}) {
  std::istringstream in(text);
  return read_jobs_csv(in, "j.csv", options);
}

void check_refused(const std::string& text, const std::string& what, const JobsCsvOptions& options = {}) {
  INFO(text);
  const auto error = refusal([&] { static_cast<void>(read(text, options)); });
  REQUIRE(error);
  CHECK(error->what() == what);
}

}  // namespace

TEST_CASE("jobs csv: columns are found by name and others ignored") {
  const auto table = read("user,gpus,virtual_cluster,duration_s,submit_s\nann,8,\"a, b\",3600,0.5\nbob,1,c,60,0.5\n");
  REQUIRE(table.jobs.size() == 2);
  CHECK(table.jobs[0].id == 0);
  CHECK(table.jobs[0].submit == Seconds{0.5});
  CHECK(table.jobs[0].duration == units::h);
  CHECK(table.jobs[0].gpus == 8);
  CHECK(table.jobs[0].group == "a, b");
  CHECK(table.jobs[0].gpu_seconds() == 8 * 3600);
  CHECK(table.jobs[1].id == 1);
  CHECK(table.reordered == 0);
  CHECK(read(header).jobs.empty());
}

TEST_CASE("jobs csv: bad input is refused by line and field") {
  check_refused("", "j.csv: is empty: a header is wanted");
  check_refused("submit_s,gpus,virtual_cluster\n",
                "j.csv:1: missing column 'duration_s'; found 'submit_s', 'gpus', 'virtual_cluster'");
  check_refused(header + "-1,60,1,a\n", "j.csv:2:1: submit_s: '-1' is negative");
  check_refused(header + "1,0,1,a\n", "j.csv:2:3: duration_s: '0' is not positive");
  check_refused(header + "1,-60,1,a\n", "j.csv:2:3: duration_s: '-60' is not positive");
  check_refused(header + "1,nan,1,a\n", "j.csv:2:3: duration_s: 'nan' is not a finite number");
  check_refused(header + "inf,60,1,a\n", "j.csv:2:1: submit_s: 'inf' is not a finite number");
  check_refused(header + ",60,1,a\n", "j.csv:2:1: submit_s: '' is not a finite number");
  check_refused(header + "1,60,0,a\n", "j.csv:2:6: gpus: '0' is not between 1 and 1048576");
  check_refused(header + "1,60,1.5,a\n", "j.csv:2:6: gpus: '1.5' is not a whole number");
  check_refused(header + "1,60,two,a\n", "j.csv:2:6: gpus: 'two' is not a whole number");
  check_refused(header + "1,60,4294967297,a\n", "j.csv:2:6: gpus: '4294967297' is not between 1 and 1048576");
  check_refused(header + "1,60,64,a\n", "j.csv:2:6: gpus: '64' is not between 1 and 32", {.max_gpus = 32});
  check_refused(header + "1,60,1,a\n7200,60,1,a\n", "j.csv:3:1: submit_s: '7200' is not before the end of the calendar, 7200 s",
                {.horizon = 2 * units::h});
  check_refused(header + "5,60,1,a\n4,60,1,a\n", "j.csv:3:1: submit_s: '4' is earlier than a job above it");
  check_refused(header + "1,60,1\n", "j.csv:2: expected 4 fields, found 3");
}

TEST_CASE("jobs csv: unordered jobs can be sorted, stably, and are counted") {
  const auto table = read(header + "5,60,1,a\n9,60,1,b\n5,60,1,c\n1,60,1,d\n", {.sort_unordered = true});
  CHECK(table.reordered == 2);
  std::string groups, ids;
  for (const auto& job : table.jobs) {
    groups += job.group;
    ids += std::to_string(job.id);
  }
  CHECK(groups == "dacb");
  CHECK(ids == "3021");
}

TEST_CASE("jobs csv: what is written reads back") {
  Rng rng(3);
  std::vector<JobRecord> jobs;
  double submit = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    submit += rng.exponential(100);
    jobs.push_back({i, Seconds{submit}, Seconds{rng.lognormal(5, 2)}, 1 << rng.index(8), i % 2 == 0 ? "x" : "y \"z\", \n"});
  }
  std::ostringstream out;
  write_jobs_csv(out, jobs);
  const auto back = read(out.str()).jobs;
  REQUIRE(back.size() == jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    REQUIRE(back[i].id == i);
    REQUIRE(back[i].submit == jobs[i].submit);
    REQUIRE(back[i].duration == jobs[i].duration);
    REQUIRE(back[i].gpus == jobs[i].gpus);
    REQUIRE(back[i].group == jobs[i].group);
  }
}

TEST_CASE("jobs csv: damaged files are read or refused, never anything else") {
  std::string text = header;
  for (int i = 0; i < 20; ++i)
    text += std::to_string(100 * i) + "," + std::to_string(60 + i) + ",4,\"team " + std::to_string(i % 3) + "\"\n";
  Rng rng(77);
  std::size_t accepted = 0, refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string bad = damaged(text, rng);
    const auto error = refusal([&] {
      Seconds latest{};
      for (const auto& job : read(bad).jobs) {
        REQUIRE(job.submit >= latest);
        REQUIRE((job.duration.base() > 0 && job.gpus >= 1));
        latest = job.submit;
      }
    });
    ++(error ? refused : accepted);
  }
  CHECK(accepted > 500);
  CHECK(refused > 5000);
}
