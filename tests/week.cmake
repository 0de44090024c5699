# The example programs and the main job, run as a user runs them. Included by tests/CMakeLists.txt; where the examples are not built
# there is nothing to test.
set(week_tests ${CMAKE_CURRENT_SOURCE_DIR}/week)

# kilter_example(NAME PATTERN…): the example ends with 0 and prints a line like each pattern.
function(kilter_example name)
  if(TARGET example_${name})
    add_test(NAME "example: ${name}" COMMAND ${week_tests}/example.sh $<TARGET_FILE:example_${name}> ${ARGN})
    set_tests_properties("example: ${name}" PROPERTIES TIMEOUT 90)
  endif()
endfunction()
kilter_example(01_forecast "^Coverage of the held-out day: (1[89]|2[0-4]) of 24 hours")
kilter_example(02_linear_program "^Cheapest plan: 165.75 USD" "power in kW +at +190.0 +-0.657 USD")
kilter_example(03_forecast_to_plan "^Reserve [1-9][0-9]+ GPUs for the day")
kilter_example(04_gang_schedule "^EASY backfilling: [0-9.]+ USD" "^Genetic search: [0-9.]+ USD")
kilter_example(05_compress "^int8 +1.016 +0.[0-9]+%" "^int4 +0.516 +1[0-9].[0-9]+%")
kilter_example(06_energy "^ +60% .* USD .* USD" "at 17:00 +216.00 USD")
kilter_example(07_monitor "^requests_total[{]site=\"north\"[}] [0-9]+$" "by CUSUM +in hour 2[5-9][0-9]")
kilter_example(08_own_forecaster "^SameHour [(]yours[)] +[0-9.]+")
kilter_example(09_own_policy "^yesterday [(]yours[)] +[0-9]+")
kilter_example(10_arima_fan "^ARIMA[(]0,1,1[)][(]0,1,1[)][[]12[]] of the logarithms" "^  ma1 +-0.342 . 0.101" "^1960-07 +547 .* 622$")
kilter_example(11_live_forecast "a change is noticed: [1-9] hours of it were seen" "^Mean absolute error since the change, 24 hours ahead: [12][0-9]")
kilter_example(13_plan_with_prices "^Cheapest day: 9354.18 USD with 289 reserved GPUs" "^  18 .* .2.60 USD +-3.71 USD" "the whole bill: 9354.18 USD")
kilter_example(14_resolve_loop "^    0   120 +3730.26" "^   11   121 +3618.21 +[0-9] ")
kilter_example(15_why_infeasible "^These 5 of its 7 rows .*proven, and none can be left out" "^The cheapest repair costs 76.00 USD .*76.00" "gets 19.0 less"
  "^With it the plan is optimal and uses 210 GPUs")
if(TARGET example_12_thousand_series)
  # Sixty of the thousand: without optimisation or under a sanitizer all of them take minutes.
  add_test(NAME "example: 12_thousand_series" COMMAND example_12_thousand_series 60)
  set_tests_properties("example: 12_thousand_series" PROPERTIES TIMEOUT 120 PASS_REGULAR_EXPRESSION "60 fits converged. 9[1-9]")
endif()

if(TARGET week)
  foreach(group IN ITEMS files values times options plays)
    add_test(NAME "week: command line, ${group}" COMMAND ${week_tests}/cli.sh ${group} $<TARGET_FILE:week>)
    set_tests_properties("week: command line, ${group}" PROPERTIES TIMEOUT 600)
  endforeach()
  add_test(NAME "week: one thread and two give the same files" COMMAND ${week_tests}/determinism.sh $<TARGET_FILE:week>)
  add_test(NAME "week: the report opens in a browser"
    COMMAND ${week_tests}/report.sh $<TARGET_FILE:week> ${PROJECT_SOURCE_DIR}/scripts)
  set_tests_properties("week: the report opens in a browser" PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77)
  set_tests_properties("week: command line, plays" "week: one thread and two give the same files" PROPERTIES TIMEOUT 600 PROCESSORS 2)
endif()
