#pragma once
/// @file
/// All readers of benchmark files: job shops, flexible job shops, projects with one mode or several.

#include "kilter/schedule/read_project.hpp"
#include "kilter/schedule/read_psplib.hpp"
#include "kilter/schedule/read_shop.hpp"
