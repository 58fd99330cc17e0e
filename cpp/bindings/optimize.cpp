// Fits: of traced models, whose points the kernel runs by itself, and of residuals that Python computes.
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <type_traits>

#include "arrays.hpp"
#include "door_call.hpp"
#include "mmlcore/optimize/fit_batch.hpp"
#include "mmlcore/optimize/linear_fit.hpp"
#include "mmlcore/optimize/newton.hpp"
#include "module.hpp"
#include "once.hpp"
#include "results.hpp"

namespace mmlcore::bindings::optimize_py {
namespace {

using namespace optimize;
using Doubles = py::array_t<double, py::array::c_style>;
using Maybe = std::optional<Doubles>;

const double* data_or_null(const Maybe& x, index_t size, const char* name) {
  if (!x) return nullptr;
  if (x->size() != size) throw DomainError(std::string(name) + ": an internal call came with another size");
  return x->data();
}

// Residuals and Jacobians from a Python function: theta -> (r, J) with J in columns.
class Called final : public Equations {
 public:
  Called(py::object both, py::object alone, index_t points, index_t parameters, double scale, Loss loss, double loss_scale)
      : both_(std::move(both)),
        alone_(std::move(alone)),
        m_(points),
        p_(parameters),
        scale_(scale),
        loss_(loss),
        loss_scale_(loss_scale) {}
  index_t parameters() const override { return p_; }
  index_t points() const override { return m_; }
  bool joint() const override { return false; }
  double scale() const override { return scale_; }

  bool at(const double* theta, RFactor& r, double& cost) override {
    const auto found = both_(Doubles(p_, theta)).cast<py::tuple>();
    const auto values = found[0].cast<Doubles>();
    const auto derivatives = found[1].cast<Doubles>();  // (p, m)
    if (values.size() != m_ || derivatives.size() != m_ * p_) throw DomainError("residuals of another size");
    std::vector<double> work(derivatives.data(), derivatives.data() + m_ * p_);
    work.insert(work.end(), values.data(), values.data() + m_);
    std::vector<double*> columns;
    for (index_t j = 0; j <= p_; ++j) columns.push_back(work.data() + j * m_);
    cost = apply_loss(loss_, loss_scale_, columns.data(), p_, m_);
    if (!std::isfinite(cost)) return false;
    r.clear();
    r.absorb(columns.data(), m_);
    return true;
  }
  bool cost(const double* theta, double& cost) override {
    const auto values = alone_(Doubles(p_, theta)).cast<Doubles>();
    if (values.size() != m_) throw DomainError("residuals of another size");
    std::vector<double> work(values.data(), values.data() + m_);
    double* column = work.data();
    cost = apply_loss(loss_, loss_scale_, &column, 0, m_);
    return std::isfinite(cost);
  }

 private:
  py::object both_, alone_;
  index_t m_, p_;
  double scale_;
  Loss loss_;
  double loss_scale_;
};

// A result of its own; pybind11's way to an array takes twice as long.
template <class T, std::size_t kAxes>
py::object array_of(const std::vector<T>& x, const npy_intp (&shape)[kAxes]) {
  constexpr int type = std::is_integral_v<T> ? (sizeof(T) == 4 ? NPY_INT32 : NPY_INT64) : kTypeNumber<T>;
  auto made = py::reinterpret_steal<py::object>(new_result(type, static_cast<int>(kAxes), shape));
  if (!made) throw py::error_already_set();
  std::copy(x.begin(), x.end(), static_cast<T*>(PyArray_DATA(reinterpret_cast<PyArrayObject*>(made.ptr()))));
  return made;
}

// Of a plain pointer pybind11 would ask None for an attribute at each call.
using MaybeProgram = std::optional<std::reference_wrapper<const calculus::Program>>;

py::tuple newton_steps(const calculus::Program& values, const calculus::Program& slopes, const MaybeProgram& joined,
                       const Doubles& start, double tol, index_t max_iter, bool safeguard, bool trajectory,
                       const py::object& shortest) {
  const index_t k = start.shape(0), n = start.shape(1);
  const calculus::Program* const both = joined ? &joined->get() : nullptr;
  if (values.argument_count() != 1 || values.argument_size(0) != n || values.result_size(0) != n ||
      slopes.argument_count() != 1 || slopes.argument_size(0) != n || slopes.result_size(0) != n * n ||
      (both && (both->argument_count() != 1 || both->argument_size(0) != n || both->result_size(0) != n + n * n)))
    throw DomainError("an internal call came with a system of another form");
  const auto ask = [&](const double* jacobian, const double* f, double* d) {
    const HeldGil held;
    const auto found = shortest(Doubles({n, n}, jacobian), Doubles(n, f)).cast<Doubles>();
    if (found.size() != n) throw DomainError("a step of another size");
    std::copy_n(found.data(), n, d);
  };
  const NewtonOptions options{tol, max_iter, safeguard, trajectory};
  const Roots found = without_gil([&] { return newton({values, slopes, both}, k, n, start.data(), options, ask); });
  const py::ssize_t iterates = static_cast<py::ssize_t>(found.path.size()) / std::max<py::ssize_t>(1, k * n);
  const py::object path = trajectory ? array_of(found.path, {iterates, k, n}) : py::none();
  return py::make_tuple(array_of(found.x, {k, n}), array_of(found.norm, {k}), array_of(found.steps, {k}),
                        array_of(found.status, {k}), path);
}

py::tuple told(const Fit& fit) {
  const index_t p = static_cast<index_t>(fit.theta.size());
  return py::make_tuple(array_of(fit.theta, {p}), array_of(fit.covariance, {p, p}), fit.cost, fit.iterations,
                        fit.evaluations, static_cast<int>(fit.status));
}

// An aligned array of a type that kernels read, with strides of whole elements, as a matrix whose last axis may be missing.
template <class T>
MatrixView<const T> columns_of(PyArrayObject* x) {
  const auto stride = [&](int axis) { return PyArray_STRIDE(x, axis) / static_cast<index_t>(sizeof(T)); };
  const bool matrix = PyArray_NDIM(x) == 2;
  return {static_cast<const T*>(PyArray_DATA(x)), PyArray_DIM(x, 0), matrix ? PyArray_DIM(x, 1) : 1, stride(0),
          matrix ? stride(1) : 1};
}

// The fields of a LinearFit of plain arrays.
template <class T>
PyObject* fit_line(PyTypeObject* type, PyArrayObject* x, PyArrayObject* y, PyArrayObject* sigma, bool constant) {
  const MatrixView<const T> points = columns_of<T>(x);
  const MatrixView<const T> target = columns_of<T>(y);
  const index_t n = points.rows, d = points.cols;
  std::vector<double> deviations;
  if (sigma) {
    const bool single = PyArray_TYPE(sigma) == NPY_FLOAT;
    for (index_t i = 0; i < n; ++i)
      deviations.push_back(single ? columns_of<float>(sigma)(i, 0) : columns_of<double>(sigma)(i, 0));
  }
  const npy_intp side = d + constant, shape[2] = {side, side}, length = d;
  const auto coefficients = py::reinterpret_steal<py::object>(new_result<double>(1, &length));
  const auto covariance = py::reinterpret_steal<py::object>(new_result<double>(2, shape));
  if (!coefficients || !covariance) throw py::error_already_set();
  const auto data = [](const py::object& a) {
    return static_cast<double*>(PyArray_DATA(reinterpret_cast<PyArrayObject*>(a.ptr())));
  };
  Line line{data(coefficients), data(covariance)};
  const auto fit = [&] {
    return linear_fit<T>(points, {target.data, n, target.row_stride}, sigma ? deviations.data() : nullptr, constant, line);
  };
  const optimize::Outcome outcome = n * (d + 1) * (d + 1) < 4096 ? fit() : without_gil(fit);
  if (outcome == optimize::Outcome::Care) return Py_NewRef(Py_NotImplemented);
  if (outcome == optimize::Outcome::Steep) return Py_NewRef(Py_None);
  const py::tuple fields = py::make_tuple(coefficients, line.constant, covariance, line.chi2, line.dof, line.r2),
                  arguments = py::make_tuple(fields);
  auto made = py::reinterpret_steal<py::object>(PyTuple_Type.tp_new(type, arguments.ptr(), nullptr));
  if (made && !line.mean.empty())
    made.attr("_centre") = py::make_tuple(py::array_t<double>(d, line.mean.data()), line.level);
  return made.release().ptr();
}

// fit_line(LinearFit, X, y, sigma, intercept): a fit of plain arrays; None where it is one for a QR decomposition;
// NotImplemented where somebody has to look at the data.
PyObject* call_fit_line(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 5 || !PyType_Check(args[0]) || !PyBool_Check(args[4])) return Py_NewRef(Py_NotImplemented);
  const int type = plain_type(args[1]);
  const bool weighted = args[3] != Py_None;
  if (type < 0 || plain_type(args[2]) != type || (weighted && plain_type(args[3]) < 0)) return Py_NewRef(Py_NotImplemented);
  auto *x = reinterpret_cast<PyArrayObject*>(args[1]), *y = reinterpret_cast<PyArrayObject*>(args[2]);
  auto* sigma = weighted ? reinterpret_cast<PyArrayObject*>(args[3]) : nullptr;
  const int axes = PyArray_NDIM(x);
  const auto fits = [&](PyArrayObject* a) { return PyArray_NDIM(a) == 1 && PyArray_DIM(a, 0) == PyArray_DIM(x, 0); };
  if (axes < 1 || axes > 2 || !fits(y) || (sigma && !fits(sigma))) return Py_NewRef(Py_NotImplemented);
  auto* result = reinterpret_cast<PyTypeObject*>(args[0]);
  const bool constant = args[4] == Py_True;
  return guarded([&] {
    return type == NPY_DOUBLE ? fit_line<double>(result, x, y, sigma, constant)
                              : fit_line<float>(result, x, y, sigma, constant);
  });
}

PyMethodDef fit_line_method = {"fit_line", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call_fit_line)),
                               METH_FASTCALL,
                               "fit_line(result, X, y, sigma, intercept, /)\n--\n\nA linear regression of plain arrays; "
                               "None for a QR decomposition; or "
                               "NotImplemented."};

}  // namespace

void bind(py::module_& m) {
  PyModule_AddObject(m.ptr(), "fit_line", PyCFunction_NewEx(&fit_line_method, nullptr, nullptr));
  bind_once(m);
  m.def("newton", &newton_steps, py::arg("values"), py::arg("slopes"), py::arg("both"), py::arg("start"), py::arg("tol"),
        py::arg("max_iter"), py::arg("safeguard"), py::arg("trajectory"), py::arg("shortest"),
        "(x, norm, steps, status, path or None) from starts (k, n); shortest(J, f) solves singular systems in the sense of "
        "least "
        "squares.");
  m.def(
      "fit_curve",
      [](const calculus::Program& program, const Doubles& x, const Doubles& y, const Maybe& weight, const Doubles& start,
         const Maybe& lower, const Maybe& upper, int loss, double loss_scale, double tol, index_t max_iter) {
        const index_t points = y.size(), p = start.size(), predictors = program.argument_size(0);
        if (program.argument_count() != p + 1 || program.result_count() != p + 1 || x.size() != predictors * points ||
            points == 0)
          throw DomainError("an internal call came with a model of another form");
        const CurveData data{
            points,    predictors, x.data(), y.data(), data_or_null(weight, points, "sigma"), static_cast<Loss>(loss),
            loss_scale};
        const Bounds bounds{data_or_null(lower, p, "bounds"), data_or_null(upper, p, "bounds")};
        const Options options{tol, max_iter};
        return told(
            without_gil([&] { return least_squares(*curve_equations(program, data), start.data(), bounds, options); }));
      },
      py::arg("program"), py::arg("x"), py::arg("y"), py::arg("weight"), py::arg("start"), py::arg("lower"),
      py::arg("upper"), py::arg("loss"), py::arg("loss_scale"), py::arg("tol"), py::arg("max_iter"),
      "(theta, covariance, cost, iterations, evaluations, status) of a model traced for one point.");
  m.def(
      "fit_residuals",
      [](py::object both, py::object alone, index_t points, double scale, const Doubles& start, const Maybe& lower,
         const Maybe& upper, int loss, double loss_scale, double tol, index_t max_iter) {
        const index_t p = start.size();
        Called equations(std::move(both), std::move(alone), points, p, scale, static_cast<Loss>(loss), loss_scale);
        const Bounds bounds{data_or_null(lower, p, "bounds"), data_or_null(upper, p, "bounds")};
        return told(least_squares(equations, start.data(), bounds, {tol, max_iter}));
      },
      py::arg("both"), py::arg("alone"), py::arg("points"), py::arg("scale"), py::arg("start"), py::arg("lower"),
      py::arg("upper"), py::arg("loss"), py::arg("loss_scale"), py::arg("tol"), py::arg("max_iter"),
      "The same for residuals that Python computes: both(theta) is (r, J^T), alone(theta) is r.");
  m.def(
      "fit_batch",
      [](const calculus::Program& chunk, const calculus::Program& single, const Doubles& x, const Doubles& y,
         const Maybe& weight, const Doubles& start, const Maybe& lower, const Maybe& upper, int loss, double loss_scale,
         double tol, index_t max_iter, Doubles& theta, Doubles& covariance, Doubles& cost, Doubles& points,
         py::array_t<std::int32_t>& iterations, py::array_t<std::int32_t>& status) {
        const index_t fits = y.shape(0), count = y.shape(1), p = single.argument_count() - 1,
                      predictors = single.argument_size(0);
        BatchData data{fits, count, predictors};
        const auto rows = [&](const auto& array, index_t each, const char* name) {  // whether all fits share it
          if (array.size() != each && array.size() != each * fits)
            throw DomainError(std::string(name) + ": an internal call came with another size");
          return array.size() == each && fits != 1;
        };
        data.shared_x = rows(x, predictors * count, "x");
        data.x = x.data();
        data.y = y.data();
        if (weight) data.shared_weight = rows(*weight, count, "sigma"), data.weight = weight->data();
        data.start = start.data();
        if (lower && upper) {
          data.shared_bounds = rows(*lower, p, "bounds");
          if (upper->size() != lower->size()) throw DomainError("bounds: an internal call came with another size");
          data.lower = lower->data(), data.upper = upper->data();
        }
        if (start.size() != fits * p || theta.size() != fits * p || covariance.size() != fits * p * p ||
            cost.size() != fits || points.size() != fits || iterations.size() != fits || status.size() != fits ||
            chunk.argument_count() != p + 1 || chunk.result_count() != p + 1 || single.result_count() != p + 1)
          throw DomainError("an internal call came with results of another size");
        const BatchResult result{theta.mutable_data(),  covariance.mutable_data(), cost.mutable_data(),
                                 points.mutable_data(), iterations.mutable_data(), status.mutable_data()};
        const Options options{tol, max_iter};
        data.loss = static_cast<Loss>(loss);
        data.loss_scale = loss_scale;
        without_gil([&] { fit_batch(chunk, single, data, options, result); });
      },
      py::arg("chunk"), py::arg("single"), py::arg("x"), py::arg("y"), py::arg("weight"), py::arg("start"), py::arg("lower"),
      py::arg("upper"), py::arg("loss"), py::arg("loss_scale"), py::arg("tol"), py::arg("max_iter"), py::arg("theta"),
      py::arg("covariance"), py::arg("cost"), py::arg("points"), py::arg("iterations"), py::arg("status"),
      "Many fits of one model; x, weight and bounds for each fit or for all.");
}

}  // namespace mmlcore::bindings::optimize_py
