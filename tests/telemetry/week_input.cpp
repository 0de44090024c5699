#include <numeric>
#include <sstream>

#include "../../examples/week/input.hpp"
#include "kilter/telemetry/synthetic.hpp"
#include "support.hpp"

using namespace kilter;
using namespace kilter::telemetry;
using kilter::test::contains;
using kilter::test::refusal;
using kilter::test::TemporaryFolder;
using kilter::test::WithinAbs;

namespace {

std::string csv(std::vector<std::string> names, std::vector<Series> columns) {
  std::ostringstream out;
  write_series_csv(out, {std::move(names), std::move(columns), {}});
  return out.str();
}

/// Writes a workload as the folder that `read_folder` reads.
void write_folder(const TemporaryFolder& folder, const Workload& w) {
  std::vector<std::string> names;
  std::vector<Series> price, carbon, temperature;
  for (const auto& site : w.sites) {
    names.push_back(site.name);
    price.push_back(site.price);
    carbon.push_back(site.carbon);
    temperature.push_back(site.temperature);
  }
  folder.write("inference_demand.csv", csv({"requests", "gpu_seconds"}, {w.requests, w.gpu_seconds}));
  folder.write("price_usd_per_mwh.csv", csv(names, price));
  folder.write("carbon_g_per_kwh.csv", csv(names, carbon));
  folder.write("temperature_c.csv", csv(names, temperature));
  std::ostringstream jobs;
  write_jobs_csv(jobs, w.jobs);
  folder.write("jobs.csv", jobs.str());
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

std::string without_line(const std::string& text, std::size_t line) {
  std::istringstream in(text);
  std::string out, row;
  for (std::size_t i = 1; std::getline(in, row); ++i) {
    if (i != line) out += row + "\n";
  }
  return out;
}

/// A good folder in which one file is spoilt; says what reading it is refused with.
class Spoilt {
 public:
  Spoilt() { write_folder(folder_, synthetic_workload({.days = 9, .training_gpus = 20})); }

  std::string operator()(const std::string& name, const std::string& text) const {
    const std::string good = folder_.read(name);
    folder_.write(name, text);
    const auto error = refusal([&] { static_cast<void>(week::read_folder(folder_.path())); });
    folder_.write(name, good);
    return error ? std::string(error->what()).substr((folder_.path() / "").string().size()) : "accepted";
  }
  [[nodiscard]] std::string read(const std::string& name) const { return folder_.read(name); }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }

 private:
  TemporaryFolder folder_;
};

double sum(const Series& s) { return std::accumulate(s.values.begin(), s.values.end(), 0.0); }

}  // namespace

TEST_CASE("week input: a folder gives back the workload that was written to it") {
  const TemporaryFolder folder;
  const Workload w = synthetic_workload();
  write_folder(folder, w);
  const Workload back = week::read_folder(folder.path());
  CHECK(back.requests.values == w.requests.values);
  CHECK(back.gpu_seconds.values == w.gpu_seconds.values);
  REQUIRE(back.jobs.size() == w.jobs.size());
  CHECK(back.jobs.back().group == w.jobs.back().group);
  REQUIRE(back.sites.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(back.sites[i].name == w.sites[i].name);
    CHECK(back.sites[i].price.values == w.sites[i].price.values);
    CHECK(back.sites[i].carbon.values == w.sites[i].carbon.values);
    CHECK(back.sites[i].temperature.values == w.sites[i].temperature.values);
  }
  CHECK(back.repairs == Repairs{});
}

TEST_CASE("week input: a missing folder or file is named") {
  const auto gone = refusal([] { static_cast<void>(week::read_folder("/no/such/place")); });
  REQUIRE(gone);
  CHECK(gone->what() == std::string("/no/such/place: no such folder"));
  const Spoilt spoilt;
  const auto file = spoilt.folder().path() / "jobs.csv";
  const auto not_folder = refusal([&] { static_cast<void>(week::read_folder(file)); });
  REQUIRE(not_folder);
  CHECK(not_folder->what() == file.string() + ": is not a folder");
  for (const char* name :
       {"inference_demand.csv", "jobs.csv", "price_usd_per_mwh.csv", "carbon_g_per_kwh.csv", "temperature_c.csv"}) {
    const auto path = spoilt.folder().path() / name;
    const std::string good = spoilt.read(name);
    std::filesystem::remove(path);
    auto error = refusal([&] { static_cast<void>(week::read_folder(spoilt.folder().path())); });
    REQUIRE(error);
    CHECK(error->what() == path.string() + ": no such file");
    std::filesystem::create_directory(path);
    error = refusal([&] { static_cast<void>(week::read_folder(spoilt.folder().path())); });
    REQUIRE(error);
    CHECK(error->what() == path.string() + ": is a folder, and a file is wanted");
    std::filesystem::remove(path);
    spoilt.folder().write(name, good);
  }
  CHECK_NOTHROW(static_cast<void>(week::read_folder(spoilt.folder().path())));
}

TEST_CASE("week input: bad contents are refused by file, line and field") {
  const Spoilt spoilt;
  const std::string demand = spoilt.read("inference_demand.csv"), price = spoilt.read("price_usd_per_mwh.csv");
  const std::string carbon = spoilt.read("carbon_g_per_kwh.csv"), jobs = spoilt.read("jobs.csv");
  const auto bad_demand = [&](const std::string& what, const std::string& by) {
    return spoilt("inference_demand.csv", replaced(demand, what, by));
  };
  CHECK(bad_demand("requests", "calls") ==
        "inference_demand.csv:1: missing column 'requests'; found 'time', 'calls', 'gpu_seconds'");
  CHECK(bad_demand("time", "when") == "inference_demand.csv:1:1: when: the first column must be called 'time'");
  const std::string row = "2024-11-19T05:00:00Z,0,0";
  CHECK(bad_demand(row, "2024-11-19T05:00:00Z,-4,0") == "inference_demand.csv:7:22: requests: '-4' is negative");
  CHECK(bad_demand(row, "2024-11-19T05:00:00Z,0,none") == "inference_demand.csv:7:24: gpu_seconds: 'none' is not a finite number");
  CHECK(bad_demand(row, "2024-11-19T05:00:00Z,0,inf") == "inference_demand.csv:7:24: gpu_seconds: 'inf' is not a finite number");
  CHECK(bad_demand(row, "2024-11-19T05:00:00Z,0") == "inference_demand.csv:7: expected 3 fields, found 2");
  CHECK(bad_demand(row, "2024-11-19T04:00:00Z,0,0") ==
        "inference_demand.csv:7:1: time: 2024-11-19T04:00:00Z repeats the time of line 6");
  CHECK(bad_demand(row, "2024-11-19T03:00:00Z,0,0") ==
        "inference_demand.csv:7:1: time: 2024-11-19T03:00:00Z is earlier than the time of line 6");
  CHECK(bad_demand(row, "2024-11-19T05:30:00Z,0,0") ==
        "inference_demand.csv:7:1: time: 2024-11-19T04:00:00Z to 2024-11-19T05:30:00Z is "
        "not a whole number of steps of 3600 s");
  CHECK(spoilt("inference_demand.csv", "") == "inference_demand.csv: is empty: a header is wanted");
  CHECK(spoilt("inference_demand.csv", "time,requests,gpu_seconds\n") == "inference_demand.csv: has a header and no rows");
  CHECK(spoilt("jobs.csv", "") == "jobs.csv: is empty: a header is wanted");
  CHECK(spoilt("jobs.csv", jobs + "778000,60,1,a\n") ==
        "jobs.csv:" + std::to_string(std::count(jobs.begin(), jobs.end(), '\n') + 1) +
            ":1: submit_s: '778000' is not before the end of the calendar, 777600 s");
  CHECK(spoilt("jobs.csv", replaced(jobs, "gpus", "devices")) ==
        "jobs.csv:1: missing column 'gpus'; found 'submit_s', 'duration_s', 'devices', 'virtual_cluster'");
  CHECK(spoilt("price_usd_per_mwh.csv", replaced(price, "plains", "hills")) ==
        "carbon_g_per_kwh.csv:1: missing column 'hills'; found 'time', 'coast', 'plains', 'north'");
  CHECK(spoilt("carbon_g_per_kwh.csv", replaced(carbon, "plains", "hills")) ==
        "carbon_g_per_kwh.csv:1: missing column 'plains'; found 'time', 'coast', 'hills', 'north'");
  CHECK(spoilt("price_usd_per_mwh.csv", "time\n2024-11-19T00:00:00Z\n") ==
        "price_usd_per_mwh.csv:1: no column for a site beside 'time'");
}

TEST_CASE("week input: calendars must agree and be long enough") {
  const Spoilt spoilt;
  const Workload w = week::read_folder(spoilt.folder().path());
  const auto names = std::vector<std::string>{"coast", "plains", "north"};
  const auto part = [&](std::size_t first, std::size_t count) {
    std::vector<Series> columns;
    for (const auto& site : w.sites) columns.push_back(site.temperature.slice(first, count));
    return csv(names, columns);
  };
  CHECK(spoilt("temperature_c.csv", part(0, 215)) ==
        "temperature_c.csv: time: covers 215 hours from 2024-11-19T00:00:00Z, but "
        "inference_demand.csv covers 216 hours from 2024-11-19T00:00:00Z");
  CHECK(contains(spoilt("temperature_c.csv", part(1, 215)), "covers 215 hours from 2024-11-19T01:00:00Z, but"));
  std::vector<Series> four{w.sites[0].carbon, w.sites[1].carbon, w.sites[2].carbon, w.sites[0].carbon};
  CHECK(spoilt("carbon_g_per_kwh.csv", csv({"coast", "plains", "north", "moon"}, four)) ==
        "carbon_g_per_kwh.csv:1: column 'moon' is no site of price_usd_per_mwh.csv");
  CHECK(spoilt("inference_demand.csv", csv({"requests", "gpu_seconds"}, {w.requests.head(191), w.gpu_seconds.head(191)})) ==
        "inference_demand.csv: covers 191 hours from 2024-11-19T00:00:00Z; at least 192 are needed (a day of history and seven to "
        "plan)");
}

TEST_CASE("week input: sites are matched by name, whatever their order") {
  const Spoilt spoilt;
  const Workload w = week::read_folder(spoilt.folder().path());
  spoilt.folder().write("carbon_g_per_kwh.csv",
                        csv({"north", "coast", "plains"}, {w.sites[2].carbon, w.sites[0].carbon, w.sites[1].carbon}));
  const Workload back = week::read_folder(spoilt.folder().path());
  for (std::size_t i = 0; i < 3; ++i) CHECK(back.sites[i].carbon.values == w.sites[i].carbon.values);
}

TEST_CASE("week input: gaps and missing values are filled by the stated rule and counted") {
  const Spoilt spoilt;
  const Workload w = week::read_folder(spoilt.folder().path());
  auto price = w.sites;
  std::vector<Series> columns;
  for (auto& site : price) columns.push_back(site.price);
  columns[1].values[100] = missing;
  spoilt.folder().write("price_usd_per_mwh.csv", csv({"coast", "plains", "north"}, columns));
  spoilt.folder().write("temperature_c.csv", without_line(spoilt.read("temperature_c.csv"), 52));
  const Workload back = week::read_folder(spoilt.folder().path());
  CHECK(back.repairs == Repairs{.gaps = 1, .missing_values = 1, .filled = 4});
  CHECK(back.sites[1].price[100] == w.sites[1].price[76] / 2 + w.sites[1].price[124] / 2);
  CHECK_THAT(back.sites[2].temperature[50], WithinAbs((w.sites[2].temperature[49] + w.sites[2].temperature[51]) / 2, 1e-12));

  for (std::size_t t = 0; t < 216; ++t) columns[2].values[t] = missing;
  CHECK(spoilt("price_usd_per_mwh.csv", csv({"coast", "plains", "north"}, columns)) ==
        "price_usd_per_mwh.csv:1: north: every value is missing");
  std::string holed = spoilt.read("inference_demand.csv");
  for (int i = 0; i < 25; ++i) holed = without_line(holed, 40);
  CHECK(contains(spoilt("inference_demand.csv", holed), "inference_demand.csv:40:1: time: gap of 25 rows"));
}

TEST_CASE("week input: damaged folders are read or refused, never anything else") {
  const Spoilt spoilt;
  Rng rng(31);
  std::size_t refused = 0;
  const char* names[] = {"inference_demand.csv", "jobs.csv", "price_usd_per_mwh.csv", "carbon_g_per_kwh.csv", "temperature_c.csv"};
  for (int round = 0; round < 500; ++round) {
    const std::string name = names[rng.index(5)];
    refused += spoilt(name, kilter::test::damaged(spoilt.read(name), rng)) == "accepted" ? 0U : 1U;
  }
  CHECK(refused > 50);
  CHECK(refused < 500);
}

TEST_CASE("week input: the real week") {
  const std::filesystem::path folder = std::filesystem::path(KILTER_SHARED_DATA) / "week";
  if (!std::filesystem::exists(folder)) {
    WARN("no folder " << folder.string() << ": skipped");
    return;
  }
  const Workload w = week::read_folder(folder);
  CHECK(to_string(w.requests.start) == "2024-11-19T00:00:00Z");
  CHECK(to_string(w.requests.end()) == "2024-12-08T00:00:00Z");
  CHECK(w.requests.size() == 456);
  CHECK(sum(w.requests) == 26'233);
  CHECK(sum(w.gpu_seconds) == 753'432);
  CHECK_THAT(sum(scaled(w, 200).gpu_seconds) / (456 * 3600.0), WithinAbs(91.8, 0.05));
  CHECK(std::count(w.requests.values.begin(), w.requests.values.end(), 0.0) == 134);
  CHECK(w.repairs == Repairs{});

  REQUIRE(w.jobs.size() == 15'218);
  double busy = 0;
  int largest = 0;
  for (const auto& job : w.jobs) {
    busy += job.gpu_seconds() / (456 * 3600.0);
    largest = std::max(largest, job.gpus);
  }
  CHECK_THAT(busy, WithinAbs(325.3, 0.1));
  CHECK(largest == 32);

  REQUIRE(w.sites.size() == 3);
  CHECK(w.sites[0].name == "US-CAL-CISO");
  CHECK(w.sites[2].name == "DE-LU");
  CHECK(w.sites[0].price[0] == 94.06);
  CHECK(w.sites[1].carbon[1] == 397.17);
  CHECK(w.sites[2].temperature[0] == 5.6);
}
