/// LEMON on DIMACS minimum cost flow files: the same rows as `mcf` prints. Not part of the build; compile it with -std=c++17
/// (LEMON 1.3.1 needs allocators that C++20 dropped), -O3 -DNDEBUG, -llemon -lz.
///
///     lp_lemon [--repeat N] [--algorithm network|scaling] FILE.min[.gz]…
///
/// CPU seconds of `run()` alone, best of the repeats, measured as `mcf` does; the graph stands ready.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include <lemon/cost_scaling.h>
#include <lemon/dimacs.h>
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>
#include <zlib.h>

#include "../suites/lp/clock.hpp"

namespace {

using Graph = lemon::SmartDigraph;

struct Instance {
  Graph graph{};
  Graph::ArcMap<long long> lower{graph}, capacity{graph}, cost{graph};
  Graph::NodeMap<long long> supply{graph};
};

std::string read_file(const char* name) {
  std::string text;
  gzFile file = gzopen(name, "rb");
  if (file == nullptr) return text;
  char buffer[65536];
  for (int got = 1; (got = gzread(file, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
  gzclose(file);
  return text;
}

/// Small numbers are solved with `int`, as LEMON's own benchmarks do; it is the faster type.
bool fits_int(const Instance& in) {
  long long largest = 0, total = 0;
  for (Graph::ArcIt a(in.graph); a != lemon::INVALID; ++a) {
    largest = std::max({largest, std::llabs(in.cost[a]), std::llabs(in.capacity[a])});
  }
  for (Graph::NodeIt v(in.graph); v != lemon::INVALID; ++v) total += std::llabs(in.supply[v]);
  return largest * lemon::countNodes(in.graph) < 1'000'000'000 && total < 1'000'000'000;
}

struct Answer {
  const char* status = "failed";
  double objective = 0, seconds = 0;
};

template <class Algorithm>
Answer solve(const Instance& in, int repeat) {
  Answer best;
  Algorithm algorithm(in.graph);
  algorithm.lowerMap(in.lower).upperMap(in.capacity).costMap(in.cost).supplyMap(in.supply);
  typename Algorithm::ProblemType status = Algorithm::INFEASIBLE;
  best.seconds = kilter::bench::best_seconds(static_cast<std::size_t>(repeat), [&] { status = algorithm.run(); });
  best.status = status == Algorithm::OPTIMAL ? "optimal" : status == Algorithm::INFEASIBLE ? "infeasible" : "unbounded";
  if (status == Algorithm::OPTIMAL) best.objective = algorithm.template totalCost<double>();
  return best;
}

Answer solve(const Instance& in, bool scaling, int repeat) {
  if (fits_int(in)) {
    return scaling ? solve<lemon::CostScaling<Graph, int, int>>(in, repeat)
                   : solve<lemon::NetworkSimplex<Graph, int, int>>(in, repeat);
  }
  return scaling ? solve<lemon::CostScaling<Graph, long long, long long>>(in, repeat)
                 : solve<lemon::NetworkSimplex<Graph, long long, long long>>(in, repeat);
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string base_name(std::string path) {
  path = path.substr(path.find_last_of('/') + 1);
  for (const char* end : {".gz", ".min"}) {
    if (ends_with(path, end)) path.resize(path.size() - std::strlen(end));
  }
  return path;
}

}  // namespace

int main(int argc, char** argv) {
  int repeat = 3;
  bool scaling = false;
  std::puts("name,nodes,arcs,status,objective,relative_error,primal_residual,dual_residual,iterations,seconds");
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--repeat") == 0 && i + 1 < argc) {
      repeat = std::max(1, std::atoi(argv[++i]));
    } else if (std::strcmp(argv[i], "--algorithm") == 0 && i + 1 < argc) {
      scaling = std::strcmp(argv[++i], "scaling") == 0;
    } else {
      Instance in;
      std::istringstream text(read_file(argv[i]));
      lemon::readDimacsMin(text, in.graph, in.lower, in.capacity, in.cost, in.supply);
      const Answer answer = solve(in, scaling, repeat);
      std::printf("%s,%d,%d,%s,%.17g,,,,,%.9f\n", base_name(argv[i]).c_str(), lemon::countNodes(in.graph),
                  lemon::countArcs(in.graph), answer.status, answer.objective, answer.seconds);
    }
  }
}
