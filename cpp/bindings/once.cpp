// One start of traced functions that were used before: what Python would check and unpack takes longer than the kernels.
#include "once.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>

#include "arrays.hpp"
#include "door_call.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/optimize/curve.hpp"
#include "mmlcore/optimize/least_squares.hpp"
#include "mmlcore/optimize/linear_fit.hpp"
#include "mmlcore/optimize/multipliers.hpp"
#include "mmlcore/optimize/newton.hpp"
#include "results.hpp"

namespace mmlcore::bindings {
namespace {

using namespace optimize;
using calculus::Program;

constexpr index_t kMostUnknowns = kMostOfLagrange;

// An array of these numbers.
py::object array_of(const double* x, std::initializer_list<npy_intp> shape) {
  auto made = py::reinterpret_steal<py::object>(new_result(NPY_DOUBLE, static_cast<int>(shape.size()), shape.begin()));
  if (!made) throw py::error_already_set();
  auto* const array = reinterpret_cast<PyArrayObject*>(made.ptr());
  std::copy_n(x, PyArray_SIZE(array), static_cast<double*>(PyArray_DATA(array)));
  return made;
}

// The numbers of a list or tuple of floats or a plain vector; how many, or 0 where they are not at most `most` finite ones.
index_t few_numbers(PyObject* from, double* to, index_t most) {
  index_t n = 0;
  if (PyTuple_CheckExact(from) || PyList_CheckExact(from)) {
    n = PySequence_Fast_GET_SIZE(from);
    if (n > most) return 0;
    for (index_t j = 0; j < n; ++j) {
      PyObject* const number = PySequence_Fast_GET_ITEM(from, j);
      if (!PyFloat_CheckExact(number)) return 0;
      to[j] = PyFloat_AS_DOUBLE(number);
    }
  } else if (plain_type(from) == NPY_DOUBLE) {
    auto* const x = reinterpret_cast<PyArrayObject*>(from);
    if (PyArray_NDIM(x) != 1 || PyArray_DIM(x, 0) > most) return 0;
    n = PyArray_DIM(x, 0);
    for (index_t j = 0; j < n; ++j)
      to[j] = *reinterpret_cast<const double*>(static_cast<const char*>(PyArray_DATA(x)) + j * PyArray_STRIDE(x, 0));
  }
  return all_finite(to, n) ? n : 0;
}

bool options_of(PyObject* tol, PyObject* max_iter, NewtonOptions& options) {
  if (!PyFloat_CheckExact(tol) || !PyLong_CheckExact(max_iter)) return false;
  options.tol = PyFloat_AS_DOUBLE(tol);
  options.max_iter = PyLong_AsLong(max_iter);
  if (PyErr_Occurred()) PyErr_Clear();  // then it is -1
  return options.tol >= 0 && options.tol <= 1 && options.max_iter >= 1;
}

// [values, slopes, both] of a system of few equations; none where they are of another form.
std::optional<NewtonPrograms> programs_of(PyObject* list) {
  if (!PyList_CheckExact(list) || PyList_GET_SIZE(list) != 3 || PyList_GET_ITEM(list, 2) == Py_None) return std::nullopt;
  const auto program = [&](int i) -> const Program& { return py::handle(PyList_GET_ITEM(list, i)).cast<const Program&>(); };
  const Program& both = program(2);
  const index_t n = both.argument_count() == 1 ? both.argument_size(0) : 0;
  if (n < 2 || n > kMostUnknowns || both.result_size(0) != n + n * n) return std::nullopt;
  return NewtonPrograms{program(0), program(1), &both};
}

PyObject* named(PyObject* type, const py::tuple& fields) {
  return PyTuple_Type.tp_new(reinterpret_cast<PyTypeObject*>(type), py::make_tuple(fields).ptr(), nullptr);
}

// newton_once(Root, [values, slopes, both], x0, tol, max_iter): the root of a system from one start; None where somebody has
// to look at the arguments, or at how it ended.
PyObject* call_newton_once(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 5 || !PyType_Check(args[0])) Py_RETURN_NONE;
  NewtonOptions options;
  double start[kMostUnknowns];
  const index_t n = few_numbers(args[2], start, kMostUnknowns);
  if (n < 2 || !options_of(args[3], args[4], options)) Py_RETURN_NONE;
  return guarded([&]() -> PyObject* {
    const std::optional<NewtonPrograms> programs = programs_of(args[1]);
    if (!programs || programs->both->argument_size(0) != n) return Py_NewRef(Py_None);
    const auto nowhere = [](const double*, const double*, double* d) { *d = std::numeric_limits<double>::quiet_NaN(); };
    const Roots found = newton(*programs, 1, n, start, options, nowhere);
    if (found.status[0] != static_cast<std::int64_t>(NewtonStatus::Converged)) return Py_NewRef(Py_None);
    return named(args[0], py::make_tuple(array_of(found.x.data(), {n}), found.norm[0], found.steps[0], true, 1, py::none()));
  });
}

PyMethodDef newton_once_method = {
    "newton_once", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call_newton_once)), METH_FASTCALL,
    "newton_once(result, programs, x0, tol, max_iter, /)\n--\n\nThe root of a system from one start; None for the longer "
    "way."};

// lagrange_once(Constrained, [values, slopes, both] of the Lagrangian, f, x0, tol, max_iter): the stationary point from one
// start; None as above.
PyObject* call_lagrange_once(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 6 || !PyType_Check(args[0])) Py_RETURN_NONE;
  NewtonOptions options;
  double start[kMostUnknowns];
  const index_t n = few_numbers(args[3], start, kMostUnknowns);
  if (n < 1 || !options_of(args[4], args[5], options)) Py_RETURN_NONE;
  return guarded([&]() -> PyObject* {
    const std::optional<NewtonPrograms> programs = programs_of(args[1]);
    const auto& f = py::handle(args[2]).cast<const Program&>();
    if (!programs || f.argument_count() != 1 || f.argument_size(0) != n || f.result_size(0) != 1) return Py_NewRef(Py_None);
    const index_t m = programs->both->argument_size(0) - n;
    const std::optional<Stationary> found = stationary_point(*programs, n, m, start, options);
    if (!found) return Py_NewRef(Py_None);
    double value;
    const calculus::Points<const double> in{found->z.data(), n};
    const calculus::Points<double> out{&value, 1};
    f.run<double>(1, &in, &out);
    if (!std::isfinite(value)) return Py_NewRef(Py_None);
    return named(args[0],
                 py::make_tuple(array_of(found->z.data(), {n}), array_of(found->z.data() + n, {m}), value,
                                py::str(found->kind.data(), found->kind.size()), found->norm, found->steps, true, 1));
  });
}

PyMethodDef lagrange_once_method = {
    "lagrange_once", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call_lagrange_once)), METH_FASTCALL,
    "lagrange_once(result, programs, f, x0, tol, max_iter, /)\n--\n\nThe stationary point from one start; None for the "
    "longer "
    "way."};

// One call saves 14 to 20 us of a curve (2 parameters, 20 points 32 -> 16 us; 16 parameters 66 -> 46) until the fit itself
// takes ten times that (32 parameters: nothing seen), and three quarters of a polynomial of degree 32 (146 -> 36). Of long
// data the saving is the same 20 us (20,000 points 410 -> 387); longer ones begin with a fit to some of them, which is made
// in Python.
constexpr index_t kMostParameters = 32, kMostPoints = 200'000;
// Numbers of a model up to which the GIL is kept: a fit of 57 us. Letting it go costs nothing that is seen there (58 -> 57).
constexpr index_t kHeld = 4096;
constexpr double kNormal = 1e-200;  // sums of squares that are beyond it have other units

// A plain vector of finite numbers; null of anything else.
const double* points_of(PyObject* from, index_t& m) {
  if (plain_type(from) != NPY_DOUBLE) return nullptr;
  auto* const x = reinterpret_cast<PyArrayObject*>(from);
  if (PyArray_NDIM(x) != 1 || !PyArray_IS_C_CONTIGUOUS(x)) return nullptr;
  m = PyArray_DIM(x, 0);
  const auto* const data = static_cast<const double*>(PyArray_DATA(x));
  return all_finite(data, m) ? data : nullptr;
}

// curve_once(program, x, y, p0, f_scale, tol, max_iter, absolute): what fit_curve tells, less the covariance; that in the
// units of the data; degrees of freedom. None where a fit of plain data needs the longer way.
PyObject* call_curve_once(PyObject*, PyObject* const* args, Py_ssize_t count) {
  double start[kMostParameters];
  if (count != 8 || !PyFloat_CheckExact(args[4]) || !PyFloat_CheckExact(args[5]) || !PyLong_CheckExact(args[6]))
    Py_RETURN_NONE;
  const index_t p = few_numbers(args[3], start, kMostParameters);
  if (p < 1) Py_RETURN_NONE;
  index_t m = 0, other = 0;
  const double *const x = points_of(args[1], m), *const y = points_of(args[2], other);
  if (!x || !y || m != other || m <= p || m >= kMostPoints) Py_RETURN_NONE;
  const Options options{PyFloat_AS_DOUBLE(args[5]), PyLong_AsLong(args[6])};
  if (PyErr_Occurred()) {
    PyErr_Clear();
    Py_RETURN_NONE;
  }
  return guarded([&]() -> PyObject* {
    const auto& program = py::handle(args[0]).cast<const Program&>();
    if (program.argument_count() != p + 1 || program.result_count() != p + 1 || program.argument_size(0) != 1)
      return Py_NewRef(Py_None);
    const CurveData data{m, 1, x, y, nullptr, Loss::Linear, PyFloat_AS_DOUBLE(args[4])};
    const auto fitted = [&] { return least_squares(*curve_equations(program, data), start, {}, options); };
    Fit fit = m * p < kHeld ? fitted() : without_gil(fitted);
    if (static_cast<int>(fit.status) <= 0 || fit.status == Status::Undetermined ||
        !(fit.cost > kNormal && fit.cost < 1 / kNormal))
      return Py_NewRef(Py_None);
    if (args[7] != Py_True) {
      for (double& entry : fit.covariance) entry *= fit.cost / static_cast<double>(m - p);
    }
    if (!all_finite(fit.covariance.data(), p * p)) return Py_NewRef(Py_None);
    const py::object covariance = array_of(fit.covariance.data(), {p, p});
    const py::tuple found = py::make_tuple(array_of(fit.theta.data(), {p}), py::none(), fit.cost, fit.iterations,
                                           fit.evaluations, static_cast<int>(fit.status));
    return py::make_tuple(found, covariance, m - p).release().ptr();
  });
}

PyMethodDef curve_once_method = {"curve_once", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call_curve_once)),
                                 METH_FASTCALL,
                                 "curve_once(program, x, y, p0, f_scale, tol, max_iter, absolute, /)\n--\n\nA fit of plain "
                                 "data; None for the longer way."};

// polynomial_once(x, y, degree): (coefficients, (low, high), covariance, chi2, dof, r2) by Chebyshev's polynomials of plain
// data in ascending order of x, as polynomial_fit makes it in Python; None for that.
PyObject* call_polynomial_once(PyObject*, PyObject* const* args, Py_ssize_t count) {
  index_t m = 0, other = 0;
  if (count != 3 || !PyLong_CheckExact(args[2])) Py_RETURN_NONE;
  const index_t d = PyLong_AsLong(args[2]);
  if (PyErr_Occurred()) PyErr_Clear();
  if (d < 1 || d > kMostParameters) Py_RETURN_NONE;
  const double *const x = points_of(args[0], m), *const y = points_of(args[1], other);
  if (!x || !y || m != other || m <= d + 1 || m >= kMostPoints ||
      std::adjacent_find(x, x + m, std::greater_equal<>()) != x + m)
    Py_RETURN_NONE;
  const double low = x[0], high = x[m - 1], half = high / 2 - low / 2;
  if (!std::isfinite(high - low)) Py_RETURN_NONE;
  return guarded([&]() -> PyObject* {
    const index_t side = d + 1;
    Buffer<double> columns(m * d);
    std::vector<double> found(side), covariance(side * side), ordered(side * side);
    Line line{found.data() + 1, covariance.data()};
    const auto fit = [&] {
      double* const t = columns.data();
      for (index_t i = 0; i < m; ++i) t[i] = (x[i] - low) / half - 1;
      for (index_t k = 1; k < d; ++k) {  // T_k+1 = 2 t T_k - T_k-1
        double *const next = t + k * m, *const last = next - m;
        if (k == 1) {
          for (index_t i = 0; i < m; ++i) next[i] = 2 * t[i] * t[i] - 1;
        } else {
          for (index_t i = 0; i < m; ++i) next[i] = 2 * t[i] * last[i] - last[i - m];
        }
      }
      return linear_fit<double>({t, m, d, 1, m}, {y, m, 1}, nullptr, true, line);
    };
    if ((m * d < kHeld ? fit() : without_gil(fit)) != Outcome::Fitted) return Py_NewRef(Py_None);
    found[0] = line.constant;
    for (index_t i = 0; i < side; ++i) {  // the constant, which is last, comes first
      for (index_t j = 0; j < side; ++j)
        ordered[i * side + j] = covariance[(i == 0 ? d : i - 1) * side + (j == 0 ? d : j - 1)];
    }
    return py::make_tuple(array_of(found.data(), {side}), py::make_tuple(low, high), array_of(ordered.data(), {side, side}),
                          line.chi2, line.dof, line.r2)
        .release()
        .ptr();
  });
}

PyMethodDef polynomial_once_method = {
    "polynomial_once", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call_polynomial_once)), METH_FASTCALL,
    "polynomial_once(x, y, degree, /)\n--\n\nA polynomial of plain data in ascending order; None for the longer way."};

}  // namespace

void bind_once(py::module_& m) {
  PyModule_AddObject(m.ptr(), "polynomial_once", PyCFunction_NewEx(&polynomial_once_method, nullptr, nullptr));
  PyModule_AddObject(m.ptr(), "curve_once", PyCFunction_NewEx(&curve_once_method, nullptr, nullptr));
  PyModule_AddObject(m.ptr(), "newton_once", PyCFunction_NewEx(&newton_once_method, nullptr, nullptr));
  PyModule_AddObject(m.ptr(), "lagrange_once", PyCFunction_NewEx(&lagrange_once_method, nullptr, nullptr));
}

}  // namespace mmlcore::bindings
