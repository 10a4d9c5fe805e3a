# Third-party libraries, from the distribution's packages (tools/packages/) but for DuckDB (tools/fetch_duckdb.sh).
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED)
if(MARQUEE_TESTS)
  find_package(GTest REQUIRED)
endif()
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(Boost 1.75 REQUIRED COMPONENTS json)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)

set(DUCKDB_ROOT ${CMAKE_SOURCE_DIR}/build/third_party/duckdb CACHE PATH "Folder with lib/libduckdb.so and include/duckdb.h")
if(NOT EXISTS ${DUCKDB_ROOT}/lib/libduckdb.so)
  message(FATAL_ERROR "no DuckDB in ${DUCKDB_ROOT}: run tools/fetch_duckdb.sh")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${DUCKDB_ROOT}/lib/libduckdb.so
  INTERFACE_INCLUDE_DIRECTORIES ${DUCKDB_ROOT}/include)
