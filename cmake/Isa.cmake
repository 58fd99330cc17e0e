# MSVC has no vector types such as the kernels are written with: on Windows, clang-cl builds them (`-T ClangCL`).
if(MSVC AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "mmlcore is built by GCC, Clang or clang-cl, not by ${CMAKE_CXX_COMPILER_ID}: with Visual Studio's "
                      "generator add -T ClangCL (CMAKE_GENERATOR_TOOLSET).")
endif()

# Sets `level` to the level of this processor.
function(mmlcore_host_level level)
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(${level} generic PARENT_SCOPE)
    return()
  endif()
  try_run(MMLCORE_HOST_LEVEL mmlcore_host_compiled "${CMAKE_BINARY_DIR}/host_level"
          "${PROJECT_SOURCE_DIR}/cmake/host_level.c")
  if(NOT MMLCORE_HOST_LEVEL MATCHES "^[234]$")
    message(FATAL_ERROR "mmlcore needs an x86-64-v2 processor (SSE4.2) at least; this one does not report it.")
  endif()
  set(${level} v${MMLCORE_HOST_LEVEL} PARENT_SCOPE)
endfunction()

# Instruction levels. Each is an extension module of its own (_core_v2, _core_v3, _core_v4): linked into one module,
# the levels would share Eigen's weak symbols, the linker would keep one copy, and the dispatch would do nothing or
# crash on an older processor. The loader opens the best module that the processor supports.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND NOT CMAKE_OSX_ARCHITECTURES MATCHES "arm64")
  set(MMLCORE_FLAGS_v2 -march=x86-64-v2 -mtune=generic)
  set(MMLCORE_FLAGS_v3 -march=x86-64-v3 -mtune=generic)
  set(MMLCORE_FLAGS_v4 -march=x86-64-v4 -mtune=generic -mprefer-vector-width=512)
  set(MMLCORE_NAME_v2 "x86-64-v2")
  set(MMLCORE_NAME_v3 "x86-64-v3")
  set(MMLCORE_NAME_v4 "x86-64-v4")
  if(MMLCORE_ISA_LEVELS STREQUAL "all")
    set(MMLCORE_LEVELS v2 v3 v4)
  elseif(MMLCORE_ISA_LEVELS STREQUAL "host")
    mmlcore_host_level(MMLCORE_LEVELS)
  else()
    set(MMLCORE_LEVELS ${MMLCORE_ISA_LEVELS})
  endif()
  foreach(level IN LISTS MMLCORE_LEVELS)
    if(NOT DEFINED MMLCORE_NAME_${level})
      message(FATAL_ERROR "MMLCORE_ISA_LEVELS: '${level}' is none of host, all, v2, v3, v4.")
    endif()
  endforeach()
else()
  set(MMLCORE_LEVELS generic)
  set(MMLCORE_FLAGS_generic "")
  string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" MMLCORE_NAME_generic)
  if(MMLCORE_NAME_generic STREQUAL "arm64")
    set(MMLCORE_NAME_generic "aarch64")
  endif()
endif()
message(STATUS "mmlcore: instruction levels ${MMLCORE_LEVELS}")

# What every target of a level is compiled with.
function(mmlcore_level_options target level)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/cpp/include")
  target_link_libraries(${target} PRIVATE mmlcore_eigen Threads::Threads)
  target_compile_definitions(${target} PRIVATE "MMLCORE_ISA_NAME=\"${MMLCORE_NAME_${level}}\"" EIGEN_DONT_PARALLELIZE
                             EIGEN_MPL2_ONLY)
  if(MSVC)  # clang-cl: Clang's own options go behind /clang:
    list(TRANSFORM MMLCORE_FLAGS_${level} PREPEND "/clang:" OUTPUT_VARIABLE flags)
    target_compile_options(${target} PRIVATE ${flags} /clang:-fno-math-errno /clang:-ffp-contract=fast /bigobj)
  else()
    target_compile_options(${target} PRIVATE ${MMLCORE_FLAGS_${level}} -Wall -Wextra -fno-math-errno -ffp-contract=fast
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-psabi>)
  endif()
  if(MMLCORE_ASSERTIONS OR MMLCORE_SANITIZE)
    target_compile_definitions(${target} PRIVATE MMLCORE_ASSERTIONS)
  endif()
  if(MMLCORE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(MMLCORE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${MMLCORE_SANITIZE} -fno-omit-frame-pointer -g1 -O1)
    target_link_options(${target} PRIVATE -fsanitize=${MMLCORE_SANITIZE})
  endif()
  mmlcore_harden(${target})
endfunction()

# Headers that most files begin with are read once for a target. Left out under ccache (a launcher), which then keeps each
# file by its own contents; such builds also see that every file includes what it uses.
function(mmlcore_precompile target)
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER AND NOT MMLCORE_SANITIZE)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# The kernels of a level know nothing of Python: a library, tested on its own in tests/cpp.
function(mmlcore_add_kernels level)
  add_library(mmlcore_kernels_${level} OBJECT ${MMLCORE_KERNELS})
  mmlcore_level_options(mmlcore_kernels_${level} ${level})
  mmlcore_precompile(mmlcore_kernels_${level} <algorithm> <cmath> <complex> <vector> <Eigen/Core>
                     "${PROJECT_SOURCE_DIR}/cpp/include/mmlcore/core/parallel.hpp"
                     "${PROJECT_SOURCE_DIR}/cpp/include/mmlcore/core/simd.hpp")
endfunction()

# GCC puts less in place once a unit is large, and of a template's copies in several units the linker takes one: that of
# run_f64.cpp for copies that turn a matrix, which took 1.7 times the instructions. So such units are told to be no exception,
# without a precompiled header, which would bring its own options.
set(MMLCORE_LARGE_UNIT "$<$<CXX_COMPILER_ID:GNU>:--param=large-unit-insns=1000000>")
set_source_files_properties(cpp/src/calculus/run_f32.cpp cpp/src/calculus/run_f64.cpp
                            PROPERTIES COMPILE_OPTIONS "${MMLCORE_LARGE_UNIT}" SKIP_PRECOMPILE_HEADERS ON)

# Bindings are compiled several files at a time: what pybind11 has in its headers is most of what a compiler does for them, and
# was two thirds of their time. A file that only registers functions has a namespace of its own (module.hpp); those with a
# header, whose functions others call, are one unit. Left out under ccache, as the headers are.
function(mmlcore_unite target)
  if(CMAKE_CXX_COMPILER_LAUNCHER OR MMLCORE_SANITIZE)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  target_compile_options(${target} PRIVATE ${MMLCORE_LARGE_UNIT})
  set(number 0)
  foreach(file IN LISTS MMLCORE_BINDINGS)
    string(REGEX REPLACE "cpp$" "hpp" header "${file}")
    if(EXISTS "${header}")
      set(group shared)
    else()
      math(EXPR group "${number} / 8")
      math(EXPR number "${number} + 1")
    endif()
    set_source_files_properties("${file}" PROPERTIES UNITY_GROUP "${group}")
  endforeach()
  set_source_files_properties("${PROJECT_SOURCE_DIR}/cpp/bindings/module.cpp" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# The extension module of a level: its kernels behind the bindings.
function(mmlcore_add_module level)
  pybind11_add_module(_core_${level} MODULE NO_EXTRAS ${MMLCORE_BINDINGS})
  mmlcore_level_options(_core_${level} ${level})
  # It makes the table of numpy's functions that the others only name, and so reads their header in another way.
  set_source_files_properties("${PROJECT_SOURCE_DIR}/cpp/bindings/module.cpp" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  mmlcore_precompile(_core_${level} "${PROJECT_SOURCE_DIR}/cpp/bindings/door.hpp"
                     "${PROJECT_SOURCE_DIR}/cpp/bindings/results.hpp")
  mmlcore_unite(_core_${level})
  mmlcore_export_init_only(_core_${level})
  target_link_libraries(_core_${level} PRIVATE mmlcore_kernels_${level} Python::NumPy)
  target_compile_definitions(_core_${level} PRIVATE MMLCORE_MODULE=_core_${level})
  install(TARGETS _core_${level} LIBRARY DESTINATION mmlcore)
endfunction()
