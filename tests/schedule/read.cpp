/// Readers of benchmark files: what they read, and the place and the word they name when they refuse.
#include "kilter/schedule/read.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

using namespace kilter;
using namespace kilter::schedule;

namespace {

/// What a reader says of a text that it refuses; empty when it reads it.
template <class Read>
std::string refusal(Read read, const std::string& text) {
  try {
    static_cast<void>(read(text, "f.txt"));
  } catch (const ParseError& error) {
    return error.what();
  }
  return {};
}
std::string job_shop(const std::string& text) { return refusal(read_job_shop, text); }
std::string flexible(const std::string& text) { return refusal(read_flexible_job_shop, text); }
std::string project(const std::string& text) { return refusal(read_project, text); }
std::string multi_mode(const std::string& text) { return refusal(read_multi_mode, text); }
std::string psplib(const std::string& text) { return refusal(read_psplib_multi_mode, text); }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

bool says(const std::string& message, std::string_view text) {
  UNSCOPED_INFO("message: " << message);
  return message.find(text) != std::string::npos;
}

const std::string two_shops = R"(# two of them
instance first
2 3
0 3  1 2  2 2
2 1	0 4  1 5
instance second one

1 1
0 7
)";

const std::string flexible_shop = "2 3 1.5\n2  1 1 4  2 2 5 3 6\n1  3 1 1 2 2 3 3\n";

const std::string patterson = R"(5 2
4 3
0 0 0 2 2 3
3 2 0 1 4
2 1 3 1
5
4 4 1 1 5
0 0 0 0
)";

const std::string two_modes = R"(3 1 1
4 9
1 1 2
0 0 0
2 1 3
3 2 5
5 1 0
1 0
0 0 0
)";

const std::string mm = R"(************************************************************************
file with basedata            : mm_.bas
initial value random generator: 1
************************************************************************
projects                      :  1
jobs (incl. supersource/sink ):  4
horizon                       :  20
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  1   N
  - doubly constrained        :  0   D
************************************************************************
PROJECT INFORMATION:
pronr.  #jobs rel.date duedate tardcost  MPM-Time
    1      2      0       10        9       10
************************************************************************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        2          1           4
   3        1          1           4
   4        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2  N 1
------------------------------------------------------------------------
  1      1     0       0    0    0
  2      1     3       6    0    9
         2     9       5    1    0
  3      1     1       0    4    2
  4      1     0       0    0    0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1  R 2  N 1
    9    4   29
************************************************************************
)";

}  // namespace

TEST_CASE("job shops: many with names, one without") {
  const auto shops = read_job_shop(two_shops, "x");
  REQUIRE(shops.size() == 2);
  CHECK(shops[0].name == "first");
  CHECK(shops[1].name == "second one");
  CHECK(shops[0].machines == 3);
  REQUIRE(shops[0].jobs.size() == 2);
  REQUIRE(shops[0].jobs[1].operations.size() == 3);
  REQUIRE(shops[0].jobs[1].operations[1].alternatives.size() == 1);
  CHECK(shops[0].jobs[1].operations[1].alternatives[0].machine == 0);
  CHECK(shops[0].jobs[1].operations[1].alternatives[0].duration == 4);
  const auto bare = read_job_shop("\n# a comment\n1 2\r\n1 5 0 6\r\n\r\n", "dir/ft 06.x.txt");
  REQUIRE(bare.size() == 1);
  CHECK(bare[0].name == "ft 06.x");
  CHECK(bare[0].jobs[0].operations[1].alternatives[0].duration == 6);
  CHECK(read_job_shop("1 1\n0 1")[0].name.empty());
}

TEST_CASE("job shops: what is refused, and where") {
  CHECK(job_shop("") == "f.txt: there is no instance in it");
  CHECK(job_shop("# nothing\n \n") == "f.txt: there is no instance in it");
  CHECK(job_shop("1 1 1\n0 1\n") == "f.txt:1:5: '1' stands behind the end of the line `jobs machines`");
  CHECK(job_shop("1\n0 1\n") == "f.txt:1:2: the number of machines is missing in instance 'f'");
  CHECK(job_shop("1 2\n0 1 1\n") == "f.txt:2:6: the duration is missing in instance 'f'");
  CHECK(says(job_shop("1 2\n0 1\n1 1\n"), "f.txt:2:4: the machine is missing"));
  CHECK(says(job_shop("1 2\n0 1 1 1 0 1\n"), "f.txt:2:9: '0' stands behind the end of a job"));
  CHECK(says(job_shop("2 1\n0 1\n"), "f.txt:3: the row of a job is missing"));
  CHECK(says(job_shop("1 1\n0 1\n0 2\n"), "f.txt:3:1: '0' stands behind the end of the instance"));
  CHECK(says(job_shop("1 1\n1 1\n"), "f.txt:2:1: the machine = 1: must lie in 0 … 0"));
  CHECK(says(job_shop("1 1\n0 -1\n"), "f.txt:2:3: the duration = -1: must lie in 0 … 2147483647"));
  CHECK(says(job_shop("1 1\n0 99999999999999999999999\n"), "f.txt:2:3: the duration: '99999999999999999999999' is too large"));
  CHECK(says(job_shop("1 1\n0 4294967296\n"), "f.txt:2:3: the duration = 4294967296"));
  CHECK(says(job_shop("1 1\n0 2147483647\n"), "f.txt:1: instance 'f': "));
  CHECK(says(job_shop("1 1\n0 1.5\n"), "f.txt:2:3: the duration: '1.5' is not a whole number"));
  CHECK(says(job_shop("1 1\n0 +\n"), "'+' is not a whole number"));
  CHECK(says(job_shop("1 1\n0 x" + std::string(50, 'y') + "\n"), "'x" + std::string(39, 'y') + "…' is not"));
  CHECK(says(job_shop("1000000 1\n0 1\n"), "f.txt:1:1: the number of jobs = 1000000: more than the text that follows can hold"));
  CHECK(says(job_shop("1 2000000000\n0 1\n"), "f.txt:1:3: the number of machines = 2000000000: must lie in"));
  CHECK(says(job_shop("-1 1\n"), "f.txt:1:1: the number of jobs = -1"));
  CHECK(says(job_shop("1 0\n\n"), "f.txt:1:3: the number of machines = 0"));
}

TEST_CASE("names of instances: missing, twice, numbers before the first") {
  CHECK(job_shop("instance a\n1 1\n0 1\ninstance b\n1 1\n0 1\ninstance a\n1 1\n0 1\n") ==
        "f.txt:7:1: instance 'a' is there already, on line 1");
  CHECK(job_shop("instance \n1 1\n0 1\n") == "f.txt:1: the name behind `instance` is missing");
  CHECK(job_shop("1 1\n0 1\ninstance a\n1 1\n0 1\n") == "f.txt:1: stands before the first line `instance NAME`");
  CHECK(job_shop("instance a\n1 1\n0 1\ninstance b\n") == "f.txt:4: the instance is empty");
  CHECK(says(job_shop("instances a\n1 1\n0 1\n"), "f.txt:1:1: the number of jobs: 'instances' is not a whole number"));
  CHECK(says(job_shop("instance a\n1 1\n0\ninstance b\n1 1\n0 1\n"), "f.txt:3:2: the duration is missing in instance 'a'"));
}

TEST_CASE("flexible job shops") {
  const auto shops = read_flexible_job_shop(flexible_shop);
  REQUIRE(shops.size() == 1);
  CHECK(shops[0].machines == 3);
  REQUIRE(shops[0].jobs.size() == 2);
  REQUIRE(shops[0].jobs[0].operations.size() == 2);
  REQUIRE(shops[0].jobs[0].operations[1].alternatives.size() == 2);
  CHECK(shops[0].jobs[0].operations[1].alternatives[1].machine == 2);
  CHECK(shops[0].jobs[0].operations[1].alternatives[1].duration == 6);
  CHECK(shops[0].jobs[1].operations[0].alternatives.size() == 3);
  CHECK(says(flexible(replaced(flexible_shop, "3 6", "4 6")), "f.txt:2:17: the machine = 4: must lie in 1 … 3"));
  CHECK(says(flexible(replaced(flexible_shop, "1 1 4", "1 0 4")), "f.txt:2:6: the machine = 0"));
  CHECK(says(flexible(replaced(flexible_shop, "2 2 5 3 6", "2 2 5 2 6")), "machine 2 is named twice in an operation"));
  CHECK(says(flexible(replaced(flexible_shop, "2 2 5 3 6", "0 2 5 3 6")), "f.txt:2:11: an operation needs at least one machine"));
  CHECK(says(flexible(replaced(flexible_shop, "3 1 1", "9 1 1")), "f.txt:3:4: the number of machines of an operation = 9: more"));
  CHECK(says(flexible(replaced(flexible_shop, "2 2 3 3\n", "2 2\n")), "f.txt:3:13: the machine is missing"));
  CHECK(says(flexible(replaced(flexible_shop, "3 3\n", "3 3 1\n")), "f.txt:3:18: '1' stands behind the end of a job"));
  CHECK(says(flexible(replaced(flexible_shop, "1.5", "1.5 2")), "f.txt:1:9: '2' stands behind the end"));
}

TEST_CASE("projects in Patterson's format, whose rows may wrap") {
  const auto projects = read_project(patterson, "p.rcp");
  REQUIRE(projects.size() == 1);
  const Project& p = projects[0];
  CHECK(p.name == "p");
  CHECK(p.renewable == std::vector<int>{4, 3});
  CHECK(p.nonrenewable.empty());
  REQUIRE(p.activities.size() == 5);
  CHECK(p.activities[0].successors == std::vector<std::uint32_t>{1, 2});
  CHECK(p.activities[2].successors == std::vector<std::uint32_t>{4});
  REQUIRE(p.activities[2].modes.size() == 1);
  CHECK(p.activities[2].modes[0].duration == 2);
  CHECK(p.activities[2].modes[0].demand == std::vector<int>{1, 3});
}

TEST_CASE("projects: what is refused, and where") {
  CHECK(says(project(replaced(patterson, "4 3\n", "4\n")), "f.txt:3:3: '0' stands behind the end of the capacities"));
  CHECK(says(project(replaced(patterson, "2 2 3", "2 2 6")), "f.txt:3:11: the successor = 6: must lie in 1 … 5"));
  CHECK(says(project(replaced(patterson, "2 2 3", "2 0 3")), "f.txt:3:9: the successor = 0"));
  CHECK(says(project(replaced(patterson, "2 2 3", "1 2 3")), "f.txt:3:11: '3' stands behind the end of an activity"));
  CHECK(says(project(replaced(patterson, "2 2 3", "500000 2 3")), "f.txt:3:7: the number of successors = 500000: more"));
  CHECK(says(project(replaced(patterson, "3 2 0 1 4", "3 -2 0 1 4")), "f.txt:4:3: the demand = -2"));
  CHECK(says(project(replaced(patterson, "4 4 1 1 5", "4 4 1 1 2")), "must not hold a cycle"));
  CHECK(says(project(replaced(patterson, "4 4 1 1 5", "4 4 1 1 2")), "f.txt:1: instance 'f': "));
  CHECK(says(project(replaced(patterson, "0 0 0 0\n", "0 0 0\n")), "f.txt:9:1: the number of successors is missing"));
  CHECK(says(project(patterson + "7\n"), "f.txt:9:1: '7' stands behind the end of the instance"));
  CHECK(says(project(replaced(patterson, "5 2", "6 2")), "the row of an activity is missing"));
  CHECK(says(project(replaced(patterson, "5 2", "5 2 1")), "f.txt:1:5: '1' stands behind"));
}

TEST_CASE("projects with several modes") {
  const auto projects = read_multi_mode("instance a\n" + two_modes + "instance b\n" + two_modes, "p");
  REQUIRE(projects.size() == 2);
  const Project& p = projects[1];
  CHECK(p.name == "b");
  CHECK(p.renewable == std::vector<int>{4});
  CHECK(p.nonrenewable == std::vector<int>{9});
  REQUIRE(p.activities.size() == 3);
  REQUIRE(p.activities[1].modes.size() == 2);
  CHECK(p.activities[1].modes[1].duration == 5);
  CHECK(p.activities[1].modes[0].demand == std::vector<int>{2, 5});
  CHECK(says(multi_mode(replaced(two_modes, "5 1 0\n", "")), "f.txt:7:4: the demand is missing"));
  CHECK(says(multi_mode(replaced(two_modes, "2 1 3", "0 1 3")), "f.txt:5:1: an activity needs at least one mode"));
  CHECK(says(multi_mode(replaced(two_modes, "3 2 5", "3 2 5 1")), "f.txt:6:7: '1' stands behind the end of a mode"));
  CHECK(says(multi_mode(replaced(two_modes, "3 2 5", "3 2 2147483648")), "f.txt:6:5: the demand = 2147483648"));
  CHECK(says(multi_mode(replaced(two_modes, "2 1 3", "2 1 2")), "must not hold a cycle"));
}

TEST_CASE("projects in PSPLIB's format") {
  const auto projects = read_psplib_multi_mode(mm, "c15/j4.mm");
  REQUIRE(projects.size() == 1);
  const Project& p = projects[0];
  CHECK(p.name == "j4");
  CHECK(p.renewable == std::vector<int>{9, 4});
  CHECK(p.nonrenewable == std::vector<int>{29});
  REQUIRE(p.activities.size() == 4);
  CHECK(p.activities[0].successors == std::vector<std::uint32_t>{1, 2});
  REQUIRE(p.activities[1].modes.size() == 2);
  CHECK(p.activities[1].modes[1].duration == 9);
  CHECK(p.activities[1].modes[1].demand == std::vector<int>{5, 1, 0});
  CHECK(p.activities[3].modes.size() == 1);
  // As .sm writes it: no non-renewable resource, columns without the rule of dashes.
  std::string without = replaced(mm, "------------------------------------------------------------------------\n", "");
  CHECK(read_psplib_multi_mode(without).front().activities.size() == 4);
  CHECK(read_psplib_multi_mode("instance a\n" + mm + "instance b\n" + mm).size() == 2);
}

TEST_CASE("PSPLIB's format: what is refused, and where") {
  CHECK(says(psplib(replaced(mm, "0   D", "1   D")), "f.txt:11:34: doubly constrained resources cannot be read"));
  CHECK(says(psplib(replaced(mm, "  4\nhorizon", "  5\nhorizon")), "f.txt:23:1: the job: '***"));
  CHECK(says(psplib(replaced(mm, "  4\nhorizon", "\nhorizon")), "f.txt:6:32: the number of jobs is missing"));
  CHECK(says(psplib(replaced(mm, "): ", ") ")), "the number of jobs is missing: no colon"));
  CHECK(says(psplib(replaced(mm, "jobs (incl", "works (incl")), "this table stands before the line of jobs"));
  CHECK(says(psplib(replaced(mm, "  - nonrenew", "  - nonew")), "f.txt:24:1: this table stands before the line of non-renewable"));
  CHECK(says(psplib(replaced(mm, "2        2          1           4", "2        2          1           5")),
             "f.txt:20:36: the successor = 5: must lie in 1 … 4"));
  CHECK(says(psplib(replaced(mm, "         2     9 ", "         3     9 ")), "f.txt:29:10: the mode = 3: must lie in 2 … 2"));
  CHECK(says(psplib(replaced(mm, "  3      1     1", "  4      1     1")), "f.txt:30:3: the job = 4: must lie in 3 … 3"));
  CHECK(says(psplib(replaced(mm, "5    1    0", "5    1")), "f.txt:29:30: the demand is missing"));
  CHECK(says(psplib(replaced(mm, "   29\n", "\n")), "f.txt:35:11: the availability is missing"));
  CHECK(says(psplib(replaced(mm, "   29\n", "   29 3\n")), "f.txt:35:17: '3' stands behind the end of the availabilities"));
  CHECK(says(psplib(replaced(mm, "REQUESTS/", "REQUEST/")), "the table REQUESTS/DURATIONS is missing"));
  CHECK(says(psplib(replaced(mm, "RESOURCEA", "A")), "the table RESOURCEAVAILABILITIES is missing"));
  CHECK(says(psplib(replaced(mm, "PRECEDENCE", "P")), "f.txt:24:1: the precedence relations have to come first"));
  CHECK(says(psplib(mm + mm), "f.txt:42:1: the number of jobs is given twice"));
  CHECK(says(psplib("nothing of the kind\n"), "the line `jobs (incl. supersource/sink ): …` is missing"));
}

TEST_CASE("the benchmark sets are read whole") {
  const std::filesystem::path folder = std::filesystem::path{KILTER_SHARED_DATA} / "scheduling";
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: the benchmark sets are not here");
    return;
  }
  std::size_t files = 0;
  const auto read = [&](const char* file, auto reader) {
    std::ifstream in(folder / file, std::ios::binary);
    if (!in) return decltype(reader(std::string_view{}, std::string_view{})){};
    ++files;
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return reader(text, file);
  };
  for (const char* file : {"jobshop/ft.txt", "jobshop/la.txt", "jobshop/ta.txt", "jobshop/abz.txt", "jobshop/orb.txt"}) {
    for (const Shop& shop : read(file, read_job_shop)) CHECK(shop.jobs.size() * shop.machines > 0);
  }
  for (const char* file : {"fjsp/brandimarte.txt", "fjsp/kacem.txt", "fjsp/fattahi.txt", "fjsp/hurink_edata.txt"}) {
    for (const Shop& shop : read(file, read_flexible_job_shop)) CHECK(!shop.jobs.empty());
  }
  for (const char* file : {"rcpsp/j30.txt", "rcpsp/j60.txt", "rcpsp/j120.txt"}) {
    for (const Project& p : read(file, read_project)) CHECK(p.activities.size() % 30 == 2);
  }
  for (const Project& p : read("mrcpsp/mmlib50.txt", read_multi_mode)) CHECK(p.activities.size() == 52);
  CHECK(files > 0);
}
