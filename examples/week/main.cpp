/// A week in the life of an AI data centre: forecast, plan, schedule, simulate and learn, hour by hour, beside what people do
/// today.

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

#include "input.hpp"
#include "kilter/core/error.hpp"
#include "kilter/core/text.hpp"
#include "kilter/telemetry/synthetic.hpp"
#include "output.hpp"
#include "policies.hpp"
#include "report.hpp"
#include "scenario.hpp"

namespace {

struct Arguments {
  std::string data;
  std::string out = "week-report";
  double scale = 1;
  std::uint64_t seed = 1;
  unsigned threads = 2;
  double quantile = 0.9;
  week::ScenarioOptions scenario{};
  bool quiet = false;
};

void describe(CLI::App& app, Arguments& arguments) {
  app.add_option("--data", arguments.data,
                 "Folder with inference_demand.csv, jobs.csv and the three site files; default: a synthetic week");
  app.add_option("--out", arguments.out, "Folder for report.html, result.json and CSV files")->capture_default_str();
  app.add_option("--scale", arguments.scale, "Multiplies the inference demand")->capture_default_str();
  app.add_option("--seed", arguments.seed, "Seed of the synthetic week and of the genetic search")
      ->check([](const std::string& text) { return std::string{text.rfind('-', 0) == 0 ? "must not be negative" : ""}; })
      ->capture_default_str();
  app.add_option("--threads", arguments.threads, "Threads; the results do not depend on it")->capture_default_str();
  app.add_option("--quantile", arguments.quantile, "Quantile of demand that the interval planner is ready for")
      ->capture_default_str();
  app.add_option("--power-cap", arguments.scenario.power_cap, "Power cap of a site as a fraction of its peak draw")
      ->capture_default_str();
  app.add_option("--quality", arguments.scenario.quality_floor, "Lowest mean quality of the service, 0 to 1")
      ->capture_default_str();
  app.add_option("--slack-hours", arguments.scenario.slack_hours, "Hours a training job may wait, beside half of its limit")
      ->capture_default_str();
  app.add_flag("--quiet", arguments.quiet, "No progress line");
}

void check(const Arguments& arguments) {
  kilter::require(arguments.scale > 0 && arguments.scale < 1e6, "--scale", arguments.scale, "must lie between 0 and 1,000,000");
  kilter::require(arguments.threads > 0 && arguments.threads <= 1024, "--threads", arguments.threads,
                  "must lie between 1 and 1024");
  kilter::require(arguments.quantile >= 0.5 && arguments.quantile <= 0.99, "--quantile", arguments.quantile,
                  "must lie between 0.5 and 0.99");
}

kilter::telemetry::Workload read_workload(const Arguments& arguments) {
  if (arguments.data.empty()) {
    return kilter::telemetry::scaled(kilter::telemetry::synthetic_workload({.seed = arguments.seed}), arguments.scale);
  }
  return kilter::telemetry::scaled(week::read_folder(arguments.data), arguments.scale);
}

/// Makes the output folder and tries to write into it, before a week is spent on it.
void prepare(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto probe = folder / "result.json";
  if (error || !std::ofstream{probe}) {
    throw std::invalid_argument("--out = '" + folder.string() +
                                "': " + (error ? error.message() : probe.string() + " cannot be written"));
  }
}

int run(const Arguments& arguments) {
  check(arguments);
  const auto begin = std::chrono::steady_clock::now();
  const auto workload = read_workload(arguments);
  week::ScenarioOptions options = arguments.scenario;
  if (!arguments.data.empty()) options.jobs_file = (std::filesystem::path{arguments.data} / "jobs.csv").string();
  const week::Scenario scenario = week::make_scenario(workload, options);
  const std::string name =
      arguments.data.empty() ? "synthetic" : std::filesystem::weakly_canonical(arguments.data).filename().string();
  const week::Source source{name, arguments.scale, arguments.seed, arguments.quantile, workload.repairs};
  if (workload.repairs.filled > 0) std::cout << "repaired: " << workload.repairs.filled << " missing values were filled\n";
  prepare(arguments.out);
  const auto result =
      week::run_week(scenario, {arguments.threads, arguments.quantile, arguments.seed}, [&](std::size_t done, std::size_t of) {
        if (arguments.quiet || (done % 12 != 0 && done != of)) return;
        std::cerr << "\rplaying the week: " << done << " of " << of << " hours" << (done == of ? "\n" : "") << std::flush;
      });
  week::write_results(arguments.out, source, scenario, result);
  week::write_report(std::filesystem::path{arguments.out} / "report.html", source, scenario, result);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  week::print_table(std::cout, result);
  std::cout << "\nreport: " << (std::filesystem::absolute(arguments.out) / "report.html").string() << "   ("
            << kilter::fixed(seconds, 1) << " s)\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A week in the life of an AI data centre: what kilter plans, beside what people do today"};
  Arguments arguments;
  describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return run(arguments);
  } catch (const kilter::ParseError& error) {
    std::cerr << "week: " << error.what() << '\n';
    return 2;
  } catch (const std::invalid_argument& error) {
    std::cerr << "week: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "week: " << error.what() << '\n';
    return 1;
  }
}
