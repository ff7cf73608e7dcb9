# The target kinds of this project: one library a folder, whose DEPS are the layers it may include.

find_program(HEADGATE_LINKER NAMES mold ld.lld)
if(HEADGATE_LINKER MATCHES "mold$")
  set(HEADGATE_LINKER_FLAG -fuse-ld=mold)
elseif(HEADGATE_LINKER)
  set(HEADGATE_LINKER_FLAG -fuse-ld=lld)
endif()
if(HEADGATE_LTO AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(HEADGATE_LINKER_FLAG "") # GCC's LTO plugin goes with the system linker
endif()

find_program(HEADGATE_CCACHE ccache)
if(HEADGATE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${HEADGATE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HEADGATE_CCACHE})
endif()

add_library(headgate_options INTERFACE)
target_include_directories(headgate_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(headgate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Woverloaded-virtual -Wimplicit-fallthrough -Wundef
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<NOT:$<CONFIG:Release>>:-fno-omit-frame-pointer>)
target_link_options(headgate_options INTERFACE ${HEADGATE_LINKER_FLAG})
if(HEADGATE_SANITIZE)
  target_compile_options(headgate_options INTERFACE -fsanitize=${HEADGATE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(headgate_options INTERFACE -fsanitize=${HEADGATE_SANITIZE})
endif()
if(HEADGATE_FUZZ)
  target_compile_options(headgate_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(HEADGATE_COVERAGE)
  target_compile_options(headgate_options INTERFACE --coverage)
  target_link_options(headgate_options INTERFACE --coverage)
endif()
if(HEADGATE_LTO)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()

# headgate_library(NAME SOURCES a.cc ... DEPS layer ...): the library of one folder, headgate_NAME.
# Without SOURCES it is header-only.
function(headgate_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  list(TRANSFORM ARG_DEPS REPLACE "^@" "headgate_")
  if(ARG_SOURCES)
    add_library(headgate_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(headgate_${name} PUBLIC headgate_options ${ARG_DEPS})
  else()
    add_library(headgate_${name} INTERFACE)
    target_link_libraries(headgate_${name} INTERFACE headgate_options ${ARG_DEPS})
  endif()
endfunction()

# headgate_executable(NAME SOURCES a.cc ... DEPS ...)
function(headgate_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  list(TRANSFORM ARG_DEPS REPLACE "^@" "headgate_")
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE headgate_options ${ARG_DEPS})
endfunction()

# headgate_unit_test(NAME SOURCES a_test.cc ... DEPS ...): one GoogleTest program a folder, test_NAME.
function(headgate_unit_test name)
  if(NOT HEADGATE_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  headgate_executable(test_${name} SOURCES ${ARG_SOURCES} DEPS ${ARG_DEPS} GTest::gmock_main GTest::gtest)
  add_test(NAME ${name} COMMAND test_${name})
endfunction()

# headgate_benchmark(NAME SOURCES a_benchmark.cc ... DEPS ...): bench_NAME.
function(headgate_benchmark name)
  if(NOT HEADGATE_BENCHMARKS)
    return()
  endif()
  headgate_executable(bench_${name} ${ARGN})
  target_link_libraries(bench_${name} PRIVATE benchmark::benchmark benchmark::benchmark_main)
endfunction()

# headgate_fuzzer(NAME SOURCES a_fuzzer.cc DEPS ...): fuzz_NAME with libFuzzer; its corpus is test/fuzz/corpus/NAME.
function(headgate_fuzzer name)
  if(NOT HEADGATE_FUZZ)
    return()
  endif()
  headgate_executable(fuzz_${name} ${ARGN})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()
