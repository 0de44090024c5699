# kilter_warnings(target): the warnings kilter's own programs are built with; PRIVATE, so a user's target never sees them.
option(KILTER_WERROR "Treat warnings in kilter's own targets as errors" OFF)

function(kilter_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow)
  # g++ 12 sees overlapping copies in every `"text" + std::string` (GCC bug 105651).
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(KILTER_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
