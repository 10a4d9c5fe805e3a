# Language level, warnings and sanitizers for every target of ours.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(MARQUEE_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")
option(MARQUEE_FUZZ "Build the fuzz targets (clang only)" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
# Quick, but not for what is shipped: where GCC leaves a function empty, lld 14 lets the unwinder find that one in place of
# the next at the same address, and an exception thrown there ends the program (tests/blackbox/usage_test.py looks for such).
find_program(LLD ld.lld)
if(LLD AND MARQUEE_SANITIZE)
  add_link_options(-fuse-ld=lld)
endif()

add_library(marquee_flags INTERFACE)
target_compile_options(marquee_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  # GCC 12 sees overlaps in std::string operations that are not there (GCC bug 105651).
  # Files compiled together are headers in its eyes, whose unnamed namespaces it warns of.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-psabi;-Wno-restrict;-Wno-subobject-linkage>)
target_include_directories(marquee_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
if(MARQUEE_SANITIZE)
  target_compile_options(marquee_flags INTERFACE
    -fsanitize=${MARQUEE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(marquee_flags INTERFACE -fsanitize=${MARQUEE_SANITIZE})
endif()
if(MARQUEE_FUZZ)
  target_compile_options(marquee_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
