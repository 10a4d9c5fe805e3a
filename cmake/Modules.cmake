# marquee_module(NAME SOURCES file... [TESTS file...] [FUZZ file...] [DEPENDS module...] [LIBS target...]
#                [TEST_DEPENDS module...] [THREADED] [HOT] [SEPARATE])
#
# One folder of src/ = one static library marquee_NAME, and one test program NAME_test of its *_test.cc files.
#   DEPENDS       modules whose headers this one includes: lower rank only
#   LIBS          third-party libraries, private: their types stay behind the module's headers
#   TEST_DEPENDS  modules that only the tests use
#   FUZZ          libFuzzer targets, one program a file, built with MARQUEE_FUZZ
#   THREADED      threads meet in it: its tests run under ThreadSanitizer too
#   HOT           it computes: optimised with sanitizers too, where the rest is not (that halves their build)
#   SEPARATE      its files are compiled one by one: they share names in their unnamed namespaces (tests stand in one by name)
option(MARQUEE_TESTS "Build the tests" ON)
add_custom_target(unit_tests)
add_custom_target(threaded_tests)
add_custom_target(fuzz_targets)
add_custom_target(benchmarks)

function(marquee_module name)
  cmake_parse_arguments(ARG "THREADED;HOT;SEPARATE" "" "SOURCES;TESTS;FUZZ;DEPENDS;LIBS;TEST_DEPENDS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "module ${name}: unknown words ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  list(TRANSFORM ARG_DEPENDS PREPEND marquee_ OUTPUT_VARIABLE depends)
  list(TRANSFORM ARG_TEST_DEPENDS PREPEND marquee_ OUTPUT_VARIABLE test_depends)
  add_library(marquee_${name} STATIC ${ARG_SOURCES})
  # Most of compiling is the headers and their templates: once for eight files.
  if(NOT ARG_SEPARATE)
    set_target_properties(marquee_${name} PROPERTIES UNITY_BUILD ON)
  endif()
  if(MARQUEE_SANITIZE AND NOT ARG_HOT)
    target_compile_options(marquee_${name} PRIVATE -O0)
  endif()
  target_link_libraries(marquee_${name} PUBLIC marquee_flags ${depends} PRIVATE ${ARG_LIBS})
  if(MARQUEE_TESTS AND ARG_TESTS)
    add_executable(${name}_test ${ARG_TESTS})
    target_link_libraries(${name}_test PRIVATE marquee_${name} ${test_depends} GTest::gmock_main)
    set_target_properties(${name}_test PROPERTIES UNITY_BUILD ON)
    # The code under test is optimised; its tests are long to optimise and quick to run.
    target_compile_options(${name}_test PRIVATE -O0)
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES TIMEOUT 900 LABELS unit)
    add_dependencies(unit_tests ${name}_test)
    if(ARG_THREADED)
      set_tests_properties(${name} PROPERTIES LABELS "unit;threaded")
      add_dependencies(threaded_tests ${name}_test)
    endif()
  endif()
  if(MARQUEE_FUZZ)
    foreach(file IN LISTS ARG_FUZZ)
      get_filename_component(target ${file} NAME_WE)
      add_executable(${target} ${file})
      target_link_libraries(${target} PRIVATE marquee_${name})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
      add_dependencies(fuzz_targets ${target})
    endforeach()
  endif()
endfunction()

# marquee_bench(NAME file... DEPENDS module... [LIBS target...]): built on request, by the target `benchmarks`.
function(marquee_bench name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBS" ${ARGN})
  list(TRANSFORM ARG_DEPENDS PREPEND marquee_ OUTPUT_VARIABLE depends)
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${depends} ${ARG_LIBS})
  add_dependencies(benchmarks ${name})
endfunction()
