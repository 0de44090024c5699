# The suites' programs on small files. Included by tests/CMakeLists.txt; where the benchmarks are not built there is nothing to test.
if(TARGET suite_forecast)
  add_test(NAME "suite: forecast" COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/suites/forecast $<TARGET_FILE:suite_forecast>)
  set_tests_properties("suite: forecast" PROPERTIES TIMEOUT 300)
endif()
if(TARGET suite_lp)
  add_test(NAME "suite: lp" COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/suites/lp $<TARGET_FILE:suite_lp> $<TARGET_FILE:suite_mcf>)
  set_tests_properties("suite: lp" PROPERTIES TIMEOUT 300)
endif()
