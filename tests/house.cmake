# Tests of the library as a whole: the layers, each header alone, every way to embed it. Included by tests/CMakeLists.txt.
set(house ${CMAKE_CURRENT_SOURCE_DIR})
get_target_property(eigen_include Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
set(house_compile ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror
  -I${PROJECT_SOURCE_DIR}/include -isystem ${eigen_include})

# Layers.
add_test(NAME "house: the headers keep the rules of the house" COMMAND ${house}/layers/check ${PROJECT_SOURCE_DIR}/include)
add_test(NAME "house: the check of the rules notices every breach" COMMAND ${house}/layers/self_test)

# Each header compiles alone, without a warning.
set(house_adapters "")
if(NOT GLPK_FOUND)
  list(APPEND house_adapters glpk.hpp)
endif()
if(NOT GMP_FOUND)
  list(APPEND house_adapters certify.hpp exact_basis.hpp exact_lifting.hpp exact_number.hpp exact_system.hpp)
endif()
string(REPLACE ";" " " house_adapters "${house_adapters}")
add_test(NAME "house: each header compiles alone"
  COMMAND ${house}/layers/compile_alone ${PROJECT_SOURCE_DIR}/include "${house_adapters}" ${house_compile})
set_tests_properties("house: each header compiles alone" PROPERTIES TIMEOUT 900)

# Two translation units with every header in one program: no symbol is defined twice.
add_executable(house_odr odr/main.cpp odr/other.cpp)
target_link_libraries(house_odr PRIVATE kilter::kilter)
kilter_warnings(house_odr)
if(GLPK_FOUND)
  target_link_libraries(house_odr PRIVATE GLPK::GLPK)
  target_compile_definitions(house_odr PRIVATE KILTER_HAVE_GLPK)
endif()
add_test(NAME "house: two translation units make one program" COMMAND house_odr)

# Without exceptions everything compiles, works, and ends the program with a message where a contract is broken.
add_executable(house_no_exceptions no_exceptions/main.cpp)
target_link_libraries(house_no_exceptions PRIVATE kilter::kilter)
target_compile_options(house_no_exceptions PRIVATE -fno-exceptions)
kilter_warnings(house_no_exceptions)
add_test(NAME "house: works without exceptions" COMMAND house_no_exceptions)
add_test(NAME "house: ends with a message where exceptions are off"
  COMMAND ${house}/no_exceptions/expect_abort $<TARGET_FILE:house_no_exceptions> "count = 5: must end inside the series")

# What must not compile: each case of each file, and the file with no case as the control.
file(GLOB files CONFIGURE_DEPENDS compile_fail/*.cpp)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  set(command ${house}/compile_fail/check ${file})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  add_test(NAME "house: compiles: ${name}, no wrong line" COMMAND ${command} 0 ${house_compile})
  file(STRINGS ${file} cases REGEX "^#if WRONG == [0-9]+  // ")
  foreach(case IN LISTS cases)
    string(REGEX MATCH "== ([0-9]+)  // (.*)" match "${case}")
    add_test(NAME "house: does not compile: ${name}, ${CMAKE_MATCH_2}" COMMAND ${command} ${CMAKE_MATCH_1} ${house_compile})
  endforeach()
endforeach()

# Projects that use kilter: installed and found, as a subfolder, and through FetchContent.
set(consumers ${CMAKE_CURRENT_BINARY_DIR}/consumer)
add_test(NAME "house: install" COMMAND ${house}/consumer/install ${CMAKE_COMMAND} ${PROJECT_BINARY_DIR} ${consumers}/prefix)
set_tests_properties("house: install" PROPERTIES FIXTURES_SETUP kilter_installed)

function(kilter_consumer name)
  add_test(NAME "house: consumer by ${name}" COMMAND ${CMAKE_CTEST_COMMAND}
    --build-and-test ${house}/consumer/${name} ${consumers}/${name} --build-generator ${CMAKE_GENERATOR} --build-noclean
    --build-options -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_BUILD_TYPE=Debug ${ARGN}
    --test-command ${house}/consumer/expect_output ${consumers}/${name}/consumer)
  set_tests_properties("house: consumer by ${name}" PROPERTIES TIMEOUT 600)
endfunction()
kilter_consumer(find_package -DCMAKE_PREFIX_PATH=${consumers}/prefix)
set_tests_properties("house: consumer by find_package" PROPERTIES FIXTURES_REQUIRED kilter_installed)
kilter_consumer(add_subdirectory -DKILTER_CHECKOUT=${PROJECT_SOURCE_DIR})
kilter_consumer(fetch_content -DFETCHCONTENT_SOURCE_DIR_KILTER=${PROJECT_SOURCE_DIR})
