#define CATCH_CONFIG_MAIN  // NOLINT: the name is Catch2's
#include <catch2/catch.hpp>
