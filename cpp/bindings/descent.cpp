// Minima of traced functions.
#include "descent.hpp"

#include <pybind11/stl.h>

#include <functional>
#include <optional>
#include <vector>

#include "arrays.hpp"
#include "mmlcore/optimize/descent.hpp"
#include "mmlcore/optimize/evolution.hpp"

namespace mmlcore::bindings {
namespace {

using namespace optimize;
using Floats = py::array_t<double, py::array::c_style>;

template <class T>
py::array_t<T> array_of(const std::vector<T>& x, const std::vector<py::ssize_t>& shape) {
  return py::array_t<T>(shape, x.data());
}

// Of a plain pointer pybind11 would ask None for an attribute at each call, whose name Python's cache of types then keeps.
using MaybeProgram = std::optional<std::reference_wrapper<const calculus::Program>>;

py::tuple minimize(const calculus::Program& both, const MaybeProgram& second, const Floats& start,
                   const std::vector<Floats>& given, int method, const std::optional<Floats>& lower,
                   const std::optional<Floats>& upper, double tol, double unit, bool ask_units, index_t max_iter,
                   bool trajectory, double learning_rate, double momentum, const py::object& callback) {
  const index_t k = start.shape(0), n = start.shape(1);
  const calculus::Program* const hessian = second ? &second->get() : nullptr;
  const auto fits = [&](const calculus::Program& program, index_t size) {
    bool fine = program.argument_count() == 1 + static_cast<index_t>(given.size()) && program.argument_size(0) == n &&
                program.result_size(0) == size;
    for (std::size_t a = 0; fine && a < given.size(); ++a) {
      const index_t each = program.argument_size(static_cast<index_t>(a) + 1), all = given[a].size();
      fine = all == each || all == each * k;
    }
    return fine;
  };
  if (!fits(both, n + 1) || (method == 0 && !hessian) || (hessian && !fits(*hessian, n * n)) ||
      (lower && lower->size() != n) || (upper && upper->size() != n))
    throw DomainError("an internal call came with a function of another form");
  std::vector<Given> more;
  for (std::size_t a = 0; a < given.size(); ++a) {
    const index_t each = both.argument_size(static_cast<index_t>(a) + 1);
    more.push_back({given[a].data(), each, given[a].size() == each ? 0 : each});
  }
  const DescentOptions options{static_cast<Method>(method),
                               tol,
                               unit,
                               ask_units,
                               max_iter,
                               lower ? lower->data() : nullptr,
                               upper ? upper->data() : nullptr,
                               trajectory && k == 1,
                               learning_rate,
                               momentum};
  Watch watch;
  if (!callback.is_none()) {
    watch = [&](const double* x, double value) {
      const HeldGil held;
      const py::object stop = callback(Floats(n, x), value);
      return !stop.is_none() && stop.cast<bool>();
    };
  }
  const double* const from = start.data();
  const Descents found = without_gil([&] { return descend(both, hessian, k, n, from, more, options, watch); });
  const py::ssize_t steps = static_cast<py::ssize_t>(found.path.size()) / std::max<py::ssize_t>(1, n);
  return py::make_tuple(array_of(found.x, {k, n}), array_of(found.value, {k}), array_of(found.gradient, {k, n}),
                        array_of(found.iterations, {k}), array_of(found.status, {k}), array_of(found.path, {steps, n}));
}

py::tuple search(const calculus::Program& value, const Floats& lower, const Floats& upper, index_t population,
                 index_t generations, double tol, std::uint64_t seed) {
  const index_t n = lower.size();
  if (value.argument_count() != 1 || value.argument_size(0) != n || value.result_size(0) != 1 || upper.size() != n ||
      population < 4)
    throw DomainError("an internal call came with a function of another form");
  const double *const low = lower.data(), *const high = upper.data();
  const Evolution found = without_gil([&] { return evolve(value, n, low, high, {population, generations, tol, seed}); });
  return py::make_tuple(array_of(found.points, {population, n}), array_of(found.values, {population}), found.generations,
                        found.evaluations, found.gathered);
}

}  // namespace

void bind_descent(py::module_& m) {
  m.def("evolve", &search, py::arg("value"), py::arg("lower"), py::arg("upper"), py::arg("population"),
        py::arg("generations"), py::arg("tol"), py::arg("seed"),
        "(points, values, generations, evaluations, gathered), the best first, by differential evolution in a box.");
  m.def(
      "descend", &minimize, py::arg("both"), py::arg("hessian"), py::arg("start"), py::arg("given"), py::arg("method"),
      py::arg("lower"), py::arg("upper"), py::arg("tol"), py::arg("unit"), py::arg("ask_units"), py::arg("max_iter"),
      py::arg("trajectory"), py::arg("learning_rate"), py::arg("momentum"), py::arg("callback"),
      "(x, value, gradient, iterations, status, path) from starts (k, n); callback(x, value) after each step of one start.");
}

}  // namespace mmlcore::bindings
