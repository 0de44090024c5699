#pragma once
/// One include for Catch2 2 (Debian 12) and Catch2 3 (Ubuntu 24.04, vcpkg). Compare doubles with `WithinRel` / `WithinAbs`.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
#include <cmath>

namespace kilter::test {
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
}  // namespace kilter::test
