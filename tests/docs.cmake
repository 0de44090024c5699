# Tests of the documents: their programs compile and print what is shown, their links lead somewhere, and the reference is complete.
# Included by tests/CMakeLists.txt.
set(docs ${CMAKE_CURRENT_SOURCE_DIR}/docs)
get_target_property(docs_eigen Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
set(docs_compile ${CMAKE_CXX_COMPILER} -std=c++20 -Wall -Wextra -Werror -I${PROJECT_SOURCE_DIR}/include -isystem ${docs_eigen})
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND docs_compile -Wno-restrict)  # as in KilterWarnings
endif()

add_test(NAME "docs: the programs compile and print what is shown"
  COMMAND ${docs}/programs ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR}/docs ${docs_compile})
add_test(NAME "docs: links and headers exist" COMMAND ${docs}/links ${PROJECT_SOURCE_DIR})
add_test(NAME "docs: the reference names every public name" COMMAND ${docs}/reference ${PROJECT_SOURCE_DIR})
add_test(NAME "docs: the checks notice every mistake"
  COMMAND ${docs}/self_test ${CMAKE_CURRENT_BINARY_DIR}/docs_self_test ${docs_compile})
set_tests_properties("docs: the programs compile and print what is shown" PROPERTIES TIMEOUT 600)
