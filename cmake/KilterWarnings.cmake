# kilter_warnings(target): the warnings kilter's own programs are built with; PRIVATE, so a user's target never sees them.
option(KILTER_WERROR "Treat warnings in kilter's own targets as errors" OFF)

function(kilter_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow)
  if(KILTER_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
