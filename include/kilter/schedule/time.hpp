#pragma once
/// @file
/// `Time`: the unit-free integral time of benchmark shops, projects and pipelines.

#include <cstdint>

namespace kilter::schedule {

/// A moment or a duration in whole steps of whatever unit the instance is written in.
using Time = std::int64_t;

}  // namespace kilter::schedule
