#pragma once
#include <kilter/kilter.hpp>
#if defined(KILTER_HAVE_GLPK) && __has_include(<kilter/lp/glpk.hpp>)
#include <kilter/lp/glpk.hpp>
#endif

/// What two translation units must agree on: values that depend on inline variables, functions and statics of the headers.
struct Seen {
  double draw;
  std::string text;
  const void* address;

  friend bool operator==(const Seen&, const Seen&) = default;
};

inline Seen look() {
  kilter::Rng rng{42};
  return {rng.split(3).normal(), kilter::to_string(kilter::Time{1'700'000'000}) + kilter::fixed(2.5, 2), &kilter::units::kWh};
}

Seen look_in_other();
