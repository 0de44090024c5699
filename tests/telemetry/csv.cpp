#include "kilter/telemetry/csv.hpp"

#include <clocale>
#include <sstream>
#include <streambuf>
#include <string>
#include <vector>

#include "support.hpp"

using namespace kilter;
using namespace kilter::telemetry;
using kilter::test::contains;
using kilter::test::misuse;
using kilter::test::refusal;

namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(const std::string& text, const CsvOptions& options = {.header = false}) {
  std::istringstream in(text);
  CsvReader csv(in, "t.csv", options);
  Rows rows;
  while (csv.next()) {
    rows.emplace_back();
    for (std::size_t i = 0; i < csv.size(); ++i) rows.back().emplace_back(csv[i]);
  }
  return rows;
}

void check_refused(const std::string& text, std::size_t line, std::size_t column, const std::string& part,
                   const CsvOptions& options = {.header = false}) {
  INFO(text);
  const auto error = refusal([&] { rows_of(text, options); });
  REQUIRE(error);
  CHECK(error->where().file == "t.csv");
  CHECK(error->where().line == line);
  CHECK(error->where().column == column);
  INFO(error->what());
  CHECK(contains(error->what(), part));
}

/// Delivers something and then breaks, as a disk does.
class Breaking : public std::streambuf {
 protected:
  std::streamsize xsgetn(char*, std::streamsize) override { throw std::runtime_error("broken"); }
};

}  // namespace

TEST_CASE("csv: cells, quotes, separators and line ends follow RFC 4180") {
  CHECK(rows_of("a,b\n1,2\n") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(rows_of("a,b\r\n1,2\r\n") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(rows_of("a,b\n1,2") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(rows_of("\"a,b\",\"say \"\"hi\"\"\"\n") == Rows{{"a,b", "say \"hi\""}});
  CHECK(rows_of("\"two\r\nlines\",x\r\n\"\",y\n") == Rows{{"two\r\nlines", "x"}, {"", "y"}});
  CHECK(rows_of(",\n,\n") == Rows{{"", ""}, {"", ""}});
  CHECK(rows_of("\"\"\n") == Rows{{""}});
  CHECK(rows_of("a;b,c\n", {.separator = ';', .header = false}) == Rows{{"a", "b,c"}});
  CHECK(rows_of("\xEF\xBB\xBF"
                "a,b\n") == Rows{{"a", "b"}});
  CHECK(rows_of("\"\xEF\xBB\xBF\"\n") == Rows{{"\xEF\xBB\xBF"}});
  CHECK(rows_of("").empty());
  CHECK(rows_of("\xEF\xBB\xBF").empty());
  CHECK(rows_of("a\n\n\r\n\n") == Rows{{"a"}});
}

TEST_CASE("csv: cells know their places, across lines and behind a byte order mark") {
  std::istringstream in(
      "\xEF\xBB\xBF"
      "time,\"a \"\"b\"\"\"\r\n1,\"x\ny\"\r\n\"2\",\n");
  CsvReader csv(in, "t.csv");
  CHECK(csv.names() == std::vector<std::string>{"time", "a \"b\""});
  REQUIRE(csv.next());
  CHECK(csv[1] == "x\ny");
  CHECK(csv.line() == 2);
  REQUIRE(csv.next());
  CHECK(csv[0] == "2");
  CHECK(csv[1].empty());
  CHECK(csv.line() == 4);
  CHECK(csv.where(1).column == 5);
  CHECK_FALSE(csv.next());
  CHECK_FALSE(csv.next());
}

TEST_CASE("csv: records of every length across the boundaries of reading") {
  Rng rng(9);
  Rows rows;
  std::string text;
  for (std::size_t longest : {10U, 300U, 5000U, 70'000U, 200'000U}) {
    for (std::size_t bytes = 0; bytes < 400'000;) {
      rows.emplace_back(2);
      for (auto& cell : rows.back()) {
        cell.assign(1 + rng.index(longest), static_cast<char>('a' + rng.index(26)));
        for (int k = 0; k < 5; ++k) cell[rng.index(cell.size())] = "\",\n\rx"[rng.index(5)];
        bytes += cell.size();
      }
      text += csv_cell(rows.back()[0]) + "," + csv_cell(rows.back()[1]) + (rng.bernoulli(0.5) ? "\n" : "\r\n");
    }
  }
  REQUIRE(text.size() > 2'000'000);
  CHECK((rows_of(text) == rows));
}

TEST_CASE("csv: what breaks the rules is refused where it stands") {
  check_refused("a,b\n1,2\n1\n", 3, 0, "expected 2 fields, found 1");
  check_refused("a,b\n1,2,3\n", 2, 0, "expected 2 fields, found 3");
  check_refused("a,b\n1,x\"y\n", 2, 4, "quote inside a cell");
  check_refused("a,b\n\"1\"2,3\n", 2, 4, "behind the closing quote");
  check_refused("a,b\n1,\"never\nclosed\n", 2, 3, "never closed");
  check_refused("a,b\n\"", 2, 1, "never closed");
  check_refused("a,b\r1,2\r", 1, 4, "carriage return without");
  check_refused("a,b\n\n1,2\n", 2, 0, "empty line");
  check_refused("a,b\n\"x\ny\",1\n1,2,3\n", 4, 0, "expected 2 fields");
  check_refused("\"x\ny\"z,1\n", 2, 3, "behind the closing quote");
}

TEST_CASE("csv: a record is bounded, in one line and across lines") {
  const CsvOptions options{.header = false, .max_record = 100};
  CHECK(rows_of(std::string(100, 'x') + "\n", options).size() == 1);
  check_refused("a\n" + std::string(101, 'x') + "\n", 2, 0, "longer than 100 bytes", options);
  std::string lines = "a\n\"";
  for (int i = 0; i < 60; ++i) lines += "x\n";
  check_refused(lines + "\"\n", 2, 0, "longer than 100 bytes", options);
  const auto huge = refusal([] { rows_of("a\n" + std::string(std::size_t{3} << 20, '7') + "\n"); });
  REQUIRE(huge);
  CHECK(huge->what() == std::string("t.csv:2: record longer than 1048576 bytes"));
  CHECK(rows_of(std::string(200'000, 'x') + ",y\n" + std::string(150'000, 'z') + ",\n").size() == 2);
}

TEST_CASE("csv: the header is checked") {
  const CsvOptions options{};
  check_refused("", 0, 0, "is empty", options);
  check_refused("\n\n", 0, 0, "is empty", options);
  check_refused("a,b,a\n", 1, 5, "names two columns", options);
  std::istringstream in("a,b\n1,2\n");
  const CsvReader csv(in, "t.csv");
  CHECK(csv.column("b") == 1);
  const auto error = refusal([&] { static_cast<void>(csv.column("price")); });
  REQUIRE(error);
  CHECK(error->what() == std::string("t.csv:1: missing column 'price'; found 'a', 'b'"));
}

TEST_CASE("csv: a wide header is checked in no time and named in few words") {
  std::string text = "c0";
  for (int i = 1; i < 140000; ++i) text += ",c" + std::to_string(i);
  std::istringstream in(text + "\n");
  const CsvReader csv(in, "t.csv");
  const auto error = refusal([&] { static_cast<void>(csv.column("price")); });
  REQUIRE(error);
  CHECK(std::string(error->what()).size() < 200);
}

TEST_CASE("csv: a number is a finite decimal number and nothing else") {
  CHECK(parse_number("12") == 12);
  CHECK(parse_number("-0.5e-3") == -0.0005);
  CHECK(parse_number("1e308") == 1e308);
  for (const char* text : {"",    " ",     " 1",     "1 ",  "+1", "1,0", "1x", "0x10", "inf",   "-inf", "Infinity",
                           "nan", "1e999", "-1e999", "--1", "1e", "1e+", ".",  "-",    "1_000", "١"}) {
    INFO(text);
    CHECK_FALSE(parse_number(text));
  }
  CHECK_FALSE(parse_number(std::string_view("1\0", 2)));
  CHECK(parse_whole_number("-7") == -7);
  for (const char* text : {"", "1.0", "1e3", "99999999999999999999", "+1", "1 "}) CHECK_FALSE(parse_whole_number(text));
  for (const char* text : {"", "nan", "NaN", "NAN"}) CHECK(means_missing(text));
  for (const char* text : {"na", "nano", "-nan", "null", " "}) CHECK_FALSE(means_missing(text));
}

TEST_CASE("csv: a refused cell is named by file, line, byte and column") {
  std::istringstream in("time,price\n\"a\nb\",12x\n");
  CsvReader csv(in, "folder/p.csv");
  REQUIRE(csv.next());
  const auto error = refusal([&] { static_cast<void>(csv.number(1)); });
  REQUIRE(error);
  CHECK(error->what() == std::string("folder/p.csv:3:4: price: '12x' is not a finite number"));
  const auto whole = refusal([&] { static_cast<void>(csv.whole_number(0)); });
  REQUIRE(whole);
  CHECK(whole->what() == std::string("folder/p.csv:2:1: time: 'a\\x0ab' is not a whole number"));
}

TEST_CASE("csv: a stream that cannot be read is refused, not taken for an empty file") {
  std::istringstream failed("a\n");
  failed.setstate(std::ios::failbit);
  const auto closed = refusal([&] { CsvReader(failed, "t.csv"); });
  REQUIRE(closed);
  CHECK(contains(closed->what(), "cannot be read"));
  Breaking buffer;
  std::istream broken(&buffer);
  const auto error = refusal([&] { CsvReader(broken, "t.csv"); });
  REQUIRE(error);
  CHECK(contains(error->what(), "cannot be read any further"));
}

TEST_CASE("csv: any text survives writing and reading") {
  Rng rng(5);
  const std::string alphabet = "ab,\"\r\n;' \xC3\xA4";
  for (int round = 0; round < 500; ++round) {
    Rows rows(1 + rng.index(4), std::vector<std::string>(2));
    std::string text;
    for (auto& row : rows) {
      for (auto& cell : row) {
        for (std::size_t n = rng.index(8); n > 0; --n) cell += alphabet[rng.index(alphabet.size())];
      }
      text += csv_cell(row[0]) + "," + csv_cell(row[1]) + (rng.bernoulli(0.5) ? "\n" : "\r\n");
    }
    REQUIRE(rows_of(text) == rows);
  }
}
