# marquee_module(NAME SOURCES file... [TESTS file...] [DEPENDS module...] [LIBS target...] [TEST_DEPENDS module...])
#
# One folder of src/ = one static library marquee_NAME, and one test program NAME_test of its *_test.cc files.
#   DEPENDS       modules whose headers this one includes: lower rank only
#   LIBS          third-party libraries, private: their types stay behind the module's headers
#   TEST_DEPENDS  modules that only the tests use
function(marquee_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;TESTS;DEPENDS;LIBS;TEST_DEPENDS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "module ${name}: unknown words ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  list(TRANSFORM ARG_DEPENDS PREPEND marquee_ OUTPUT_VARIABLE depends)
  list(TRANSFORM ARG_TEST_DEPENDS PREPEND marquee_ OUTPUT_VARIABLE test_depends)
  add_library(marquee_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(marquee_${name} PUBLIC marquee_flags ${depends} PRIVATE ${ARG_LIBS})
  if(ARG_TESTS)
    add_executable(${name}_test ${ARG_TESTS})
    target_link_libraries(${name}_test PRIVATE marquee_${name} ${test_depends} GTest::gmock_main)
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES TIMEOUT 600)
  endif()
endfunction()
