// Core: threads, interrupt, errors, and what this module was built with.
#include <Eigen/Core>
#include <complex>
#include <string>
#include <utility>

#include "arrays.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/random.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/core/simd.hpp"
#include "module.hpp"
#include "shared_blas.hpp"

static_assert(EIGEN_VERSION_AT_LEAST(5, 0, 1) || EIGEN_MAJOR_VERSION >= 5, "mmlcore needs Eigen 5.0.1 or newer");

namespace mmlcore::bindings::core_py {
namespace {

// Leaves the pending exception (KeyboardInterrupt, or what a handler of signals raised) set. Only the main thread sees
// signals.
bool python_wants_to_stop() {
  if (!from_python()) return false;  // some kernels poll on threads of the pool, which see no signals
  const HeldGil hold;
  return PyErr_CheckSignals() != 0;
}

std::string compiler() {
#if defined(__clang__)
  return "Clang " __clang_version__;
#elif defined(__GNUC__)
  return "GCC " __VERSION__;
#else
  return "unknown";
#endif
}

py::dict build_info() {
  py::dict info;
  info["isa"] = MMLCORE_ISA_NAME;
  info["vector_bytes"] = kVectorBytes;
  info["compiler"] = compiler();
  info["eigen"] = std::to_string(EIGEN_MAJOR_VERSION) + "." + std::to_string(EIGEN_MINOR_VERSION) + "." +
                  std::to_string(EIGEN_PATCH_VERSION);
  info["pybind11"] = PYBIND11_TOSTRING(PYBIND11_VERSION_MAJOR) "." PYBIND11_TOSTRING(PYBIND11_VERSION_MINOR);
  return info;
}

py::array_t<double> random_numbers(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, index_t size,
                                   bool normal) {
  py::array_t<double> out(size);
  double* data = out.mutable_data();
  const Philox generator(seed, stream);
  const ReleasedGil released;
  parallel_ranges(size, 1 << 14, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) data[i] = normal ? generator.normal(first + i) : generator.uniform(first + i);
  });
  return out;
}

// f(data, n) of all numbers of an array without gaps.
template <class F>
auto over_all(const py::array& x, F&& f) {
  return by_dtype(x, [&](auto zero) {
    using T = decltype(zero);
    if (!(x.flags() & (py::array::c_style | py::array::f_style)))
      throw DomainError("an internal call came with an array that has gaps");
    return without_gil([&, data = data_of<const T>(x), n = x.size()] { return f(data, n); });
  });
}

}  // namespace

void bind(py::module_& m) {
  interrupt_hook = &python_wants_to_stop;
  py::register_local_exception_translator([](std::exception_ptr thrown) { set_python_error(std::move(thrown)); });
  m.def("build_info", &build_info, "What this module was built with.");
  m.def(
      "num_threads",
      [] {
        enter_context();
        return num_threads();
      },
      "Threads that a kernel called now may use.");
  m.def("set_num_threads", &set_num_threads, py::arg("count"), "Sets the threads of the process.");
  bind_shared_blas(m);
  m.def(
      "follow_context", [](const py::object& variable) { follow_context(variable.ptr()); }, py::arg("variable"),
      "Takes the number of threads from a ContextVar: a tuple of (key, count), of which the last counts.");
  m.def(
      "all_finite",
      [](const py::array& x) { return over_all(x, [](const auto* data, index_t n) { return all_finite(data, n); }); },
      py::arg("x"), "Whether an array in C or Fortran order holds neither NaN nor infinity.");
  m.def(
      "largest_size",
      [](const py::array& x) { return over_all(x, [](const auto* data, index_t n) { return largest_size(data, n); }); },
      py::arg("x"), "The largest |x| of an array in C or Fortran order; NaN if one is not finite.");
  m.def(
      "point_columns",
      [](py::array& v) {
        const auto point = [&](auto zero) {
          const auto stack = matrix_batch<decltype(zero)>(v, "v");
          without_gil([&] {
            for (index_t i = 0; i < stack.count(); ++i) point_columns(stack[i]);
          });
        };
        if (holds<std::complex<double>>(v)) return point(std::complex<double>{});
        if (holds<std::complex<float>>(v)) return point(std::complex<float>{});
        by_dtype(v, point);
      },
      py::arg("v"), "Makes the leading entry of each column of a stack of matrices positive, in place.");
  m.def("random_numbers", &random_numbers, py::arg("seed"), py::arg("stream"), py::arg("first"), py::arg("size"),
        py::arg("normal"), "Numbers first ... first + size - 1 of a Philox stream, uniform in (0, 1) or standard normal.");
}

}  // namespace mmlcore::bindings::core_py
