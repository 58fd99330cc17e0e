#include "shared_blas.hpp"

#include <string>

#include "mmlcore/core/shared_blas.hpp"

namespace mmlcore::bindings {

namespace py = pybind11;

namespace {

py::list described() {
  py::list all;
  for (const LoadedBlas& blas : loaded_blas()) {
    py::dict one;
    one["path"] = blas.path;
    one["config"] = blas.config;
    one["layer"] = blas.layer;
    one["threads"] = blas.threads;
    one["own_threads"] = blas.own_threads;
    one["takes_function"] = blas.takes_function;
    one["shared"] = blas.shared;
    all.append(std::move(one));
  }
  return all;
}

py::list names() {
  py::list all;
  for (const std::string& name : loaded_libraries()) all.append(name);
  return all;
}

}  // namespace

void bind_shared_blas(py::module_& m) {
  m.def("loaded_blas", &described, "Every OpenBLAS in this process, as a dictionary.");
  m.def("loaded_libraries", &names, "The paths of the libraries in this process.");
  m.def("share_blas", &share_blas, py::arg("path"), py::arg("most_threads"), py::arg("processors"),
        "Lets an OpenBLAS run its jobs on the pool; false where it cannot.");
  m.def("unshare_blas", &unshare_blas, py::arg("path"), "Lets it use threads of its own again.");
  m.def("restart_blas_threads", &restart_blas_threads, py::arg("path"),
        "Ends a shared OpenBLAS's own threads; new ones read the environment.");
  m.def("blas_threads", &blas_threads, py::arg("path"), "Threads that a shared OpenBLAS may use.");
  m.def("set_blas_threads", &set_blas_threads, py::arg("path"), py::arg("count"), "Threads of a shared OpenBLAS.");
  m.def("shared_blas_calls", &shared_blas_calls, "Groups of jobs that the pool has run for other libraries.");
}

}  // namespace mmlcore::bindings
