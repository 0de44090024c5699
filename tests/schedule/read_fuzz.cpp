/// Damaged benchmark files are read or refused, never worse. More rounds: -DKILTER_FUZZ_ROUNDS=1000000.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "kilter/core/rng.hpp"
#include "kilter/schedule/read.hpp"

#ifndef KILTER_FUZZ_ROUNDS
#define KILTER_FUZZ_ROUNDS 10000
#endif

using namespace kilter;
using namespace kilter::schedule;

namespace {

constexpr std::string_view absurd[] = {"0",
                                       "-1",
                                       "1",
                                       "2",
                                       "3",
                                       "7",
                                       "1.5",
                                       "1e9",
                                       "nan",
                                       "inf",
                                       "0x10",
                                       "+",
                                       "-",
                                       "--1",
                                       "+-1",
                                       "+3",
                                       "",
                                       " ",
                                       "\n",
                                       "\r",
                                       "\t",
                                       "\0",
                                       "instance",
                                       "#",
                                       "# x\n",
                                       "instance a\n",
                                       "9999",
                                       "65536",
                                       "1000001",
                                       "2147483647",
                                       "2147483648",
                                       "4294967296",
                                       "9223372036854775807",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "99999999999999999999999999999999",
                                       ":",
                                       "****",
                                       "PRECEDENCE RELATIONS:",
                                       "REQUESTS/DURATIONS:",
                                       "RESOURCEAVAILABILITIES:",
                                       "jobs ( ): 2000000000\n",
                                       "  - renewable : 900000000 R\n",
                                       "  - doubly constrained : 3 D\n"};

struct Piece {
  std::size_t begin, length;
};
Piece line(const std::string& text, Rng& rng) {
  const std::size_t at = rng.index(text.size());
  const std::size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return {begin, std::min(text.find('\n', begin), text.size() - 1) + 1 - begin};
}
Piece word(const std::string& text, Rng& rng) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(blanks, rng.index(text.size())), text.size());
  return {begin, std::min(text.find_first_of(blanks, begin), text.size()) - begin};
}

/// Two words change their places.
void swap_words(std::string& text, Rng& rng) {
  Piece a = word(text, rng), b = word(text, rng);
  if (b.begin < a.begin) std::swap(a, b);
  if (a.begin + a.length > b.begin) return;
  const std::string first = text.substr(a.begin, a.length), second = text.substr(b.begin, b.length);
  text.replace(b.begin, b.length, first).replace(a.begin, a.length, second);
}

void damage(std::string& text, Rng& rng) {
  const Piece l = line(text, rng), w = word(text, rng);
  const std::size_t at = rng.index(text.size());
  switch (rng.index(12)) {
    case 0: text[at] = static_cast<char>(rng.index(256)); break;
    case 1: text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << rng.index(8))); break;
    case 2: text.erase(l.begin, l.length); break;
    case 3: text.insert(l.begin, text.substr(l.begin, l.length)); break;
    case 4: text.insert(line(text, rng).begin, text.substr(l.begin, l.length)); break;
    case 5: text.resize(at); break;
    case 6:
    case 7: text.replace(w.begin, w.length, absurd[rng.index(std::size(absurd))]); break;
    case 8: text.insert(at, absurd[rng.index(std::size(absurd))]); break;
    case 9:
    case 10: swap_words(text, rng); break;
    default: text.replace(w.begin, w.length, text.substr(at, 1 + rng.index(12)));
  }
}

std::string number(Rng& rng, std::size_t low, std::size_t high) { return std::to_string(low + rng.index(high - low + 1)) + ' '; }

std::string job_shop(Rng& rng) {
  const std::size_t n = rng.index(4), m = 1 + rng.index(4);
  std::string text = std::to_string(n) + ' ' + std::to_string(m) + '\n';
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < m; ++k) text += number(rng, 0, m - 1) + number(rng, 0, 99);
    text += '\n';
  }
  return text;
}

std::string flexible_shop(Rng& rng) {
  const std::size_t n = rng.index(4), m = 1 + rng.index(4);
  std::string text = std::to_string(n) + ' ' + std::to_string(m) + (rng.bernoulli(0.5) ? " 1.25\n" : "\n");
  for (std::size_t j = 0; j < n; ++j) {
    const std::size_t operations = 1 + rng.index(4);
    text += std::to_string(operations) + "  ";
    for (std::size_t k = 0; k < operations; ++k) {
      const std::size_t ways = 1 + rng.index(m);
      text += std::to_string(ways) + ' ';
      for (std::size_t w = 0; w < ways; ++w) text += std::to_string(w + 1) + ' ' + number(rng, 1, 99);
    }
    text += '\n';
  }
  return text;
}

/// The successors of activity `i` of `n`: later ones, counted from 1, behind their number.
std::string successors(Rng& rng, std::size_t i, std::size_t n) {
  std::string list;
  std::size_t count = 0;
  for (std::size_t k = i + 1; k < n; ++k) {
    if (!rng.bernoulli(0.4)) continue;
    list += ' ' + std::to_string(k + 1);
    ++count;
  }
  return std::to_string(count) + list;
}

std::string row(Rng& rng, std::size_t resources) {
  std::string text = number(rng, 0, 10);
  for (std::size_t r = 0; r < resources; ++r) text += number(rng, 0, 5);
  return text;
}

std::string project(Rng& rng) {
  const std::size_t n = 1 + rng.index(5), resources = rng.index(3);
  std::string text = std::to_string(n) + ' ' + std::to_string(resources) + '\n';
  for (std::size_t r = 0; r < resources; ++r) text += number(rng, 5, 9);
  text += '\n';
  for (std::size_t i = 0; i < n; ++i) text += row(rng, resources) + successors(rng, i, n) + '\n';
  return text;
}

std::string multi_mode(Rng& rng) {
  const std::size_t n = 1 + rng.index(5);
  std::string text = std::to_string(n) + " 1 1\n6 30\n";
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t modes = 1 + rng.index(3);
    text += std::to_string(modes) + ' ' + successors(rng, i, n) + '\n';
    for (std::size_t k = 0; k < modes; ++k) text += row(rng, 2) + '\n';
  }
  return text;
}

std::string psplib(Rng& rng) {
  const std::size_t n = 1 + rng.index(5);
  std::string first, second;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t modes = 1 + rng.index(3);
    first += std::to_string(i + 1) + ' ' + std::to_string(modes) + ' ' + successors(rng, i, n) + '\n';
    for (std::size_t k = 0; k < modes; ++k) {
      second += (k == 0 ? std::to_string(i + 1) : std::string{}) + ' ' + std::to_string(k + 1) + ' ' + row(rng, 2) + '\n';
    }
  }
  return "****\njobs (incl. supersource/sink ): " + std::to_string(n) +
         "\n - renewable : 1 R\n - nonrenewable : 1 N\n - doubly constrained : 0 D\n****\nPRECEDENCE RELATIONS:\njobnr.\n" + first +
         "****\nREQUESTS/DURATIONS:\njobnr.\n----\n" + second + "****\nRESOURCEAVAILABILITIES:\n R 1 N 1\n 6 30\n****\n";
}

/// How many things came out of a text: not more than it has characters, whatever numbers stand in it.
std::size_t size(const Shop& shop) {
  std::size_t total = shop.jobs.size();
  for (const ShopJob& job : shop.jobs) {
    for (const Operation& operation : job.operations) total += operation.alternatives.size();
  }
  return total;
}
std::size_t size(const Project& p) {
  std::size_t total = p.renewable.size() + p.nonrenewable.size();
  for (const Activity& activity : p.activities) {
    total += activity.successors.size();
    for (const ProjectMode& mode : activity.modes) total += mode.demand.size();
  }
  return total;
}

template <class Make, class Read>
void fuzz(Make make, Read read, std::uint64_t rounds) {
  std::uint64_t refused = 0, right = 0;
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    Rng rng{seed};
    std::string text = make(rng);
    if (rng.bernoulli(0.5)) text = "instance a\n" + text + "instance b\n" + make(rng);
    for (std::size_t k = rng.index(4); k > 0 && !text.empty(); --k) damage(text, rng);
    try {
      std::size_t total = 0;
      for (const auto& instance : read(text, "f")) total += size(instance);
      if (total > text.size()) FAIL_CHECK("seed " << seed << ": more than the text holds");
      ++right;
    } catch (const ParseError& error) {
      ++refused;
      if (error.where().file != "f") FAIL_CHECK("seed " << seed);
    }
  }
  CHECK(refused > rounds / 4);
  CHECK(right > rounds / 5);
}

}  // namespace

TEST_CASE("damaged files of shops and projects are read or refused, never worse") {
  SECTION("job shop") { fuzz(job_shop, read_job_shop, KILTER_FUZZ_ROUNDS); }
  SECTION("flexible job shop") { fuzz(flexible_shop, read_flexible_job_shop, KILTER_FUZZ_ROUNDS); }
  SECTION("Patterson") { fuzz(project, read_project, KILTER_FUZZ_ROUNDS); }
  SECTION("multi-mode") { fuzz(multi_mode, read_multi_mode, KILTER_FUZZ_ROUNDS); }
  SECTION("PSPLIB") { fuzz(psplib, read_psplib_multi_mode, KILTER_FUZZ_ROUNDS); }
}

TEST_CASE("a format read as another, and noise, are read or refused") {
  std::size_t refused = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Rng rng{seed};
    std::string text;
    switch (rng.index(4)) {
      case 0: text = job_shop(rng); break;
      case 1: text = multi_mode(rng); break;
      case 2: text = psplib(rng); break;
      default:
        for (std::size_t k = rng.index(200); k > 0; --k) text += static_cast<char>(rng.index(256));
    }
    const auto attempt = [&](auto read) {
      try {
        static_cast<void>(read(text, "f"));
      } catch (const ParseError&) {
        ++refused;
      }
    };
    attempt(read_job_shop);
    attempt(read_flexible_job_shop);
    attempt(read_project);
    attempt(read_multi_mode);
    attempt(read_psplib_multi_mode);
  }
  CHECK(refused > 6000);
}
