#pragma once
/// What the suites' programs share: reading a file whole, cells of a table, where rows go, and how a program begins and ends.

#include <cmath>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

#include "kilter/core/error.hpp"
#include "kilter/core/text.hpp"

namespace kilter::bench {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// A number as a cell; `unknown` is written as NA.
inline std::string cell(double value) { return std::isnan(value) ? "NA" : to_string(value); }
/// The same with so many decimals.
inline std::string cell(double value, int decimals) { return std::isnan(value) ? "NA" : fixed(value, decimals); }

/// The whole text of a file. Throws `ParseError` when it cannot be read.
inline std::string read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file)) throw ParseError({file, 0, 0}, "cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Where rows go: a file or the output.
class Sink {
 public:
  explicit Sink(const std::string& file) {
    if (file.empty()) return;
    file_.open(file);
    if (!file_) throw std::runtime_error(file + ": cannot be written");
  }
  std::ostream& stream() { return file_.is_open() ? file_ : std::cout; }

 private:
  std::ofstream file_;
};

/// The `main` of a program: `describe(app, arguments)` says what may be asked for, `run(arguments)` does it and gives the exit
/// code. 2 for wrong usage and for input that cannot be read, 1 for whatever else goes wrong; the message begins with the program's
/// name.
template <class Arguments>
int run_program(const std::string& name, const std::string& title, int argc, char** argv, void (*describe)(CLI::App&, Arguments&),
                int (*run)(const Arguments&)) {
  CLI::App app{title};
  Arguments arguments;
  describe(app, arguments);
  const auto refuse = [&](const std::exception& error, int code) {
    std::cerr << name << ": " << error.what() << '\n';
    return code;
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return run(arguments);
  } catch (const kilter::ParseError& error) {
    return refuse(error, 2);
  } catch (const std::invalid_argument& error) {
    return refuse(error, 2);
  } catch (const std::exception& error) {
    return refuse(error, 1);
  }
}

}  // namespace kilter::bench
