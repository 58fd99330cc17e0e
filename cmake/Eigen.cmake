# Finds the Eigen headers (5.0.1 or newer) and makes the target mmlcore_eigen.
#
# Order: -DMMLCORE_EIGEN_INCLUDE_DIR, then the build requirement `eigency`, which carries the headers without a CMake
# config (asked through the build environment's interpreter), then a system Eigen that the user points to by
# -DEigen3_DIR or CMAKE_PREFIX_PATH.
set(MMLCORE_EIGEN_INCLUDE_DIR "" CACHE PATH "Folder that holds Eigen/Dense")
if(NOT MMLCORE_EIGEN_INCLUDE_DIR)
  execute_process(
    COMMAND "${Python_EXECUTABLE}" -c
            "import importlib.util as u; s = u.find_spec('eigency'); print(s.submodule_search_locations[0] + '/eigen' if s else '', end='')"
    OUTPUT_VARIABLE mmlcore_eigency ERROR_QUIET)
  find_path(mmlcore_eigen_found Eigen/Dense PATHS "${mmlcore_eigency}" NO_DEFAULT_PATH NO_CACHE)
  if(mmlcore_eigen_found)
    set(eigen_dir "${mmlcore_eigen_found}")
  else()
    find_package(Eigen3 CONFIG QUIET)
    if(TARGET Eigen3::Eigen)
      get_target_property(eigen_dir Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
    endif()
  endif()
else()
  set(eigen_dir "${MMLCORE_EIGEN_INCLUDE_DIR}")
endif()
if(NOT eigen_dir)
  message(FATAL_ERROR "Eigen 5 was not found: install the build requirement 'eigency>=5.0.1', or point "
                      "-DMMLCORE_EIGEN_INCLUDE_DIR to a folder that holds Eigen/Dense.")
endif()
message(STATUS "mmlcore: Eigen headers from ${eigen_dir}")
add_library(mmlcore_eigen INTERFACE)
target_include_directories(mmlcore_eigen SYSTEM INTERFACE "${eigen_dir}")
