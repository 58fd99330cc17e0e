// Many linear regressions at once (stacks, groups, windows), logistic regressions, and traced residuals.
#include "mmlcore/optimize/regressions.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "arrays.hpp"
#include "descent.hpp"
#include "mmlcore/optimize/logistic.hpp"
#include "mmlcore/optimize/residuals.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::regressions_py {
namespace {

using namespace optimize;
using Doubles = py::array_t<double, py::array::c_style>;
using Codes = py::array_t<std::int32_t, py::array::c_style>;
using Indices = py::array_t<std::int64_t, py::array::c_style>;

// Results of a shape, with the axes of each field behind it.
struct Fields {
  Fields(const std::vector<npy_intp>& lead, index_t d, bool constant)
      : coefficients(with(lead, {d})),
        intercept(lead),
        covariance(with(lead, {d + constant, d + constant})),
        chi2(lead),
        dof(lead),
        r2(lead),
        status(std::vector<py::ssize_t>(lead.begin(), lead.end())) {}

  Regressions views() {
    return {coefficients.data, intercept.data, covariance.data, chi2.data, dof.data, r2.data, status.mutable_data()};
  }
  py::tuple told() const {
    return py::make_tuple(coefficients.array, intercept.array, covariance.array, chi2.array, dof.array, r2.array, status);
  }

 private:
  static std::vector<npy_intp> with(std::vector<npy_intp> lead, std::initializer_list<npy_intp> core) {
    lead.insert(lead.end(), core);
    return lead;
  }
  NewArray<double> coefficients, intercept, covariance, chi2, dof, r2;
  py::array_t<std::int32_t> status;
};

// Vectors of a stack (..., n) as matrices of one column.
template <class T>
MatrixBatch<const T> columns_of(const py::array& array, const char* name) {
  require<T>(array, 1, name);
  const py::ssize_t axes = array.ndim();
  MatrixBatch<const T> stack{{data_of<const T>(array), array.shape(axes - 1), 1, element_stride<T>(array, axes - 1), 1}, {}};
  if (axes - 1 > kMaxBatchAxes) throw DomainError(std::string(name) + ": more than 32 leading axes");
  for (py::ssize_t axis = 0; axis < axes - 1; ++axis) stack.batch.push(array.shape(axis), element_stride<T>(array, axis));
  return stack;
}

py::tuple stack(const py::array& x, const py::array& y, const std::optional<py::array>& sigma, bool constant) {
  const py::ssize_t lead = x.ndim() - 2;
  Fields fields({x.shape(), x.shape() + lead}, x.shape(lead + 1), constant);
  by_dtype(x, [&](auto number) {
    using T = decltype(number);
    const auto points = matrix_batch<const T>(x, "X"), target = columns_of<T>(y, "y");
    std::optional<MatrixBatch<const double>> deviations;
    if (sigma) deviations = columns_of<double>(*sigma, "sigma");
    const auto fits = [&](const auto& stack) {
      return stack.count() == points.count() && stack.item.rows == points.item.rows;
    };
    if (!fits(target) || (deviations && !fits(*deviations))) throw DomainError("an internal call came with another size");
    const Regressions out = fields.views();
    without_gil([&] { regress_stack<T>(points, target, deviations ? &*deviations : nullptr, constant, out); });
  });
  return fields.told();
}

const double* deviations_of(const std::optional<Doubles>& sigma, py::ssize_t n) {
  if (sigma && sigma->size() != n) throw DomainError("sigma: an internal call came with another size");
  return sigma ? sigma->data() : nullptr;
}

py::tuple groups(const py::array& x, const py::array& y, const std::optional<Doubles>& sigma, const Codes& code,
                 index_t count, bool constant) {
  Fields fields({count}, x.shape(1), constant);
  const double* const deviations = deviations_of(sigma, x.shape(0));
  const std::int32_t *const first = code.data(), *const last = first + code.size();
  if (code.size() != x.shape(0) || y.shape(0) != x.shape(0) || x.shape(0) > INT32_MAX ||
      std::any_of(first, last, [&](std::int32_t c) { return c < 0 || c >= count; }))
    throw DomainError("an internal call came with groups of another size");
  by_dtype(x, [&](auto number) {
    using T = decltype(number);
    const auto points = matrix_view<const T>(x, "X");
    const auto target = vector_view<const T>(y, "y");
    const Regressions out = fields.views();
    without_gil([&] { regress_groups<T>(points, target, deviations, first, count, constant, out); });
  });
  return fields.told();
}

py::tuple windows(const py::array& x, const py::array& y, const std::optional<Doubles>& sigma, index_t window,
                  bool constant) {
  if (window < 1 || window > x.shape(0) || y.shape(0) != x.shape(0))
    throw DomainError("an internal call came with a window of another size");
  Fields fields({x.shape(0) - window + 1}, x.shape(1), constant);
  const double* const deviations = deviations_of(sigma, x.shape(0));
  by_dtype(x, [&](auto number) {
    using T = decltype(number);
    const auto points = matrix_view<const T>(x, "X");
    const auto target = vector_view<const T>(y, "y");
    const Regressions out = fields.views();
    without_gil([&] { regress_windows<T>(points, target, deviations, window, constant, out); });
  });
  return fields.told();
}

py::object integer_codes(const py::array_t<std::int64_t, py::array::c_style>& labels) {
  const index_t n = labels.size();
  Codes code(n);
  const std::int64_t* const data = labels.data();
  std::int32_t* const to = code.mutable_data();
  const IntegerCodes codes = without_gil([&] { return IntegerCodes(data, n); });
  if (!codes.narrow()) return py::none();
  py::array_t<std::int64_t> used(codes.groups());
  std::int64_t* const values = used.mutable_data();
  if (n) without_gil([&] { codes.write(to, values); });
  return py::make_tuple(code, used);
}

py::tuple logistic(const py::array& x, const Doubles& y, double ridge, bool constant, index_t max_iter) {
  if (y.size() != x.shape(0)) throw DomainError("an internal call came with another size");
  const LogisticOptions options{ridge, constant, max_iter, true};
  const LogisticLine line = by_dtype(x, [&](auto number) {
    using T = decltype(number);
    const auto points = matrix_view<const T>(x, "X");
    const double* const classes = y.data();
    return without_gil([&] { return logistic_fit<T>(points, classes, options); });
  });
  const py::ssize_t d = x.shape(1), side = d + constant;
  const bool later = !line.state.empty();
  const Doubles known =
      later ? Doubles(line.state.size(), line.state.data()) : Doubles({side, side}, line.covariance.data());
  return py::make_tuple(Doubles(d, line.coefficients.data()), line.constant, known, line.log_likelihood, line.iterations,
                        static_cast<int>(line.end));
}

py::object logistic_errors(const py::array& x, const Doubles& y, const Doubles& state, double ridge, bool constant) {
  const py::ssize_t side = x.shape(1) + constant;
  if (y.size() != x.shape(0) || state.size() != 4 * side + 1) throw DomainError("an internal call came with another size");
  const std::vector<double> from(state.data(), state.data() + state.size());
  const std::vector<double> found = by_dtype(x, [&](auto number) {
    using T = decltype(number);
    const auto points = matrix_view<const T>(x, "X");
    const double* const classes = y.data();
    return without_gil([&] { return logistic_covariance<T>(points, classes, from, {ridge, constant, 1}); });
  });
  if (found.empty()) return py::none();
  return Doubles({side, side}, found.data());
}

py::tuple traced_residuals(const calculus::Program& values, const calculus::Program& slopes,
                           const std::optional<Indices>& rows, const std::optional<Indices>& columns, const Doubles& start,
                           const std::optional<Doubles>& lower, const std::optional<Doubles>& upper, int loss,
                           double loss_scale, double tol, index_t max_iter) {
  const index_t p = start.size();
  if (values.argument_count() != 1 || values.argument_size(0) != p || slopes.argument_count() != 1 ||
      slopes.argument_size(0) != p || slopes.result_size(0) != (rows ? rows->size() : p * values.result_size(0)) ||
      (rows && (!columns || columns->size() != rows->size())) || (lower && lower->size() != p) ||
      (upper && upper->size() != p))
    throw DomainError("an internal call came with residuals of another form");
  std::unique_ptr<Equations> equations;
  const Residuals residuals{values, slopes, static_cast<Loss>(loss), loss_scale};
  if (rows) {
    const std::vector<index_t> row(rows->data(), rows->data() + rows->size());
    std::vector<index_t> column(columns->data(), columns->data() + columns->size());
    if (std::any_of(column.begin(), column.end(), [&](index_t j) { return j < 0 || j >= p; }))
      throw DomainError("an internal call came with entries of another form");
    equations = sparse_equations(residuals, row, std::move(column));
  } else {
    equations = traced_equations(residuals);
  }
  const Bounds bounds{lower ? lower->data() : nullptr, upper ? upper->data() : nullptr};
  const double* const from = start.data();
  const Fit fit = without_gil([&] { return least_squares(*equations, from, bounds, {tol, max_iter}); });
  return py::make_tuple(Doubles(p, fit.theta.data()), Doubles({p, p}, fit.covariance.data()), fit.cost, fit.iterations,
                        fit.evaluations, static_cast<int>(fit.status));
}

}  // namespace

void bind(py::module_& m) {
  bind_descent(m);
  m.def("regress_stack", &stack, py::arg("X"), py::arg("y"), py::arg("sigma"), py::arg("intercept"),
        "(coefficients, intercept, covariance, chi2, dof, r2, status) of X (..., n, d), y (..., n); status 0: not yet "
        "fitted.");
  m.def("regress_groups", &groups, py::arg("X"), py::arg("y"), py::arg("sigma"), py::arg("code"), py::arg("groups"),
        py::arg("intercept"), "The same for the rows of each group.");
  m.def("regress_windows", &windows, py::arg("X"), py::arg("y"), py::arg("sigma"), py::arg("window"), py::arg("intercept"),
        "The same for each window of rows.");
  m.def(
      "fit_logistic", &logistic, py::arg("X"), py::arg("y"), py::arg("ridge"), py::arg("intercept"), py::arg("max_iter"),
      "(coefficients, intercept, covariance or what logistic_covariance makes it of, log_likelihood, iterations, end) of y "
      "in {0, 1}.");
  m.def("logistic_covariance", &logistic_errors, py::arg("X"), py::arg("y"), py::arg("state"), py::arg("ridge"),
        py::arg("intercept"), "The covariance that fit_logistic left out; None where X or y have changed since.");
  m.def(
      "fit_traced", &traced_residuals, py::arg("values"), py::arg("slopes"), py::arg("rows"), py::arg("columns"),
      py::arg("start"), py::arg("lower"), py::arg("upper"), py::arg("loss"), py::arg("loss_scale"), py::arg("tol"),
      py::arg("max_iter"),
      "(theta, covariance, cost, iterations, evaluations, status) of residuals; slopes: all, or those in rows and columns.");
  m.def("integer_codes", &integer_codes, py::arg("labels"),
        "(codes in the order of the values, the different values); None where they are spread too widely.");
}

}  // namespace mmlcore::bindings::regressions_py
