#pragma once
/// @file
/// Reading linear programs in MPS format, fixed and free.

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <utility>

#include "kilter/core/error.hpp"
#include "kilter/lp/mps_program.hpp"
#include "kilter/lp/mps_reader.hpp"

namespace kilter::lp {

/// How the fields of a line are told apart: by white space, or by the columns of a punched card (names may then hold spaces).
enum class MpsFormat : std::uint8_t { automatic, free, fixed };

/// Reads a program in MPS format: sections NAME, OBJSENSE, OBJNAME, ROWS, COLUMNS (with integer markers), RHS, RANGES, BOUNDS,
/// ENDATA. Time and memory O(text).
///
/// Where readers differ, this one decides as follows.
///  - `automatic` reads free format and, where that fails, fixed; of two errors the one further down is told.
///  - The objective is the first row of kind N, or the one that OBJNAME names; other rows of kind N are left out.
///  - A right-hand side of the objective is minus its constant.
///  - A range R makes [rhs − |R|, rhs] of a row of kind L, [rhs, rhs + |R|] of kind G, and of kind E [rhs, rhs + R] or, for a
///    negative one, [rhs + R, rhs].
///  - A negative upper bound of a column to which no lower one has been given yet makes it free below; of MI the upper bound stays
///    as it is; an integer column without any bound lies in [0, 1].
///  - Where a section holds several sets, only the first one is read, with the cards that name no set; `skipped_cards` counts the
///    others. The name of the set may be left out in free format. Of two cards for the same thing the last one counts.
///  - Values of size 1e30 and above are infinite: allowed for bounds, ranges, and right-hand sides on the open side of a row.
///  - Numbers are those of C or Fortran (1d5). Lines beginning with `*` and empty ones are skipped, and so is all behind ENDATA.
///
/// Throws `ParseError` with `file`, the line and the column for all else: unknown sections, rows, columns and kinds, SC bounds, two
/// rows of a name, a column in two places, two entries in one place, what is not a number, bounds that cross, a missing ENDATA.
[[nodiscard]] inline MpsProgram parse_mps(std::string_view text, std::string_view file = "mps",
                                          MpsFormat format = MpsFormat::automatic) {
  MpsProgram program;
  detail::MpsReader reader(text, file, format == MpsFormat::fixed);
  if (reader.read(program)) return program;
  if (format != MpsFormat::automatic) KILTER_THROW(*reader.error());
  MpsProgram second;
  detail::MpsReader fixed(text, file, true);
  if (fixed.read(second)) return second;
  KILTER_THROW(fixed.error()->where().line > reader.error()->where().line ? *fixed.error() : *reader.error());
}

/// Reads a program in MPS format from a stream, to its end. Throws as `parse_mps` does, and where the stream cannot be read.
[[nodiscard]] inline MpsProgram read_mps(std::istream& in, std::string_view file = "mps", MpsFormat format = MpsFormat::automatic) {
  std::string text;
  constexpr std::size_t block = std::size_t{1} << 16;
  while (in) {
    const std::size_t size = text.size();
    text.resize(size + block);
    in.read(text.data() + size, static_cast<std::streamsize>(block));
    text.resize(size + static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) KILTER_THROW(ParseError(Position{std::string{file}}, "cannot be read"));
  return parse_mps(text, file, format);
}

}  // namespace kilter::lp
