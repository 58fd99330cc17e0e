# What costs nothing that can be measured and makes a fault harder to use: canaries in functions with arrays on the stack,
# checked versions of the C library's functions, tables that are read-only once the module is loaded.
function(mmlcore_harden target)
  if(MSVC)
    return()
  endif()
  target_compile_options(${target} PRIVATE -fstack-protector-strong)
  if(NOT MMLCORE_SANITIZE AND CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$")
    target_compile_options(${target} PRIVATE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    target_link_options(${target} PRIVATE LINKER:-z,relro LINKER:-z,now)
  endif()
endfunction()

# A module exports its PyInit function alone: symbols of the C++ library that were compiled into it would meet those of other
# modules.
function(mmlcore_export_init_only target)
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    set(script "${CMAKE_CURRENT_BINARY_DIR}/${target}.map")
    file(WRITE "${script}" "{ global: PyInit_*; local: *; };\n")
    target_link_options(${target} PRIVATE "LINKER:--version-script=${script}")
  endif()
endfunction()
