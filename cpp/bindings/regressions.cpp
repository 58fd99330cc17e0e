// Many linear regressions at once (stacks, groups, windows), logistic regressions, and traced residuals.
#include "mmlcore/optimize/regressions.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "arrays.hpp"
#include "descent.hpp"
#include "mmlcore/optimize/curve.hpp"
#include "mmlcore/optimize/least_squares.hpp"
#include "mmlcore/optimize/logistic.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::regressions_py {
namespace {

using namespace optimize;
using Doubles = py::array_t<double, py::array::c_style>;
using Codes = py::array_t<std::int32_t, py::array::c_style>;

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
  const LogisticLine line = by_dtype(x, [&](auto number) {
    using T = decltype(number);
    const auto points = matrix_view<const T>(x, "X");
    const double* const classes = y.data();
    return without_gil([&] { return logistic_fit<T>(points, classes, {ridge, constant, max_iter}); });
  });
  const py::ssize_t d = x.shape(1), side = d + constant;
  return py::make_tuple(Doubles(d, line.coefficients.data()), line.constant, Doubles({side, side}, line.covariance.data()),
                        line.log_likelihood, line.iterations, static_cast<int>(line.end));
}

// Residuals r(theta) and their Jacobian, both traced.
class Traced final : public Equations {
 public:
  Traced(const calculus::Program& values, const calculus::Program& slopes, Loss loss, double loss_scale)
      : values_(values),
        slopes_(slopes),
        m_(values.result_size(0)),
        p_(values.argument_size(0)),
        loss_(loss),
        loss_scale_(loss_scale),
        work_(m_ * (p_ + 1)),
        jacobian_(m_ * p_) {}
  index_t parameters() const override { return p_; }
  index_t points() const override { return m_; }
  bool joint() const override { return false; }
  double scale() const override { return scale_; }

  bool at(const double* theta, RFactor& r, double& cost) override {
    run(slopes_, theta, jacobian_.data(), m_ * p_);
    run(values_, theta, work_.data() + m_ * p_, m_);
    std::vector<double*> columns;
    for (index_t j = 0; j <= p_; ++j) columns.push_back(work_.data() + j * m_);
    for (index_t j = 0; j < p_; ++j) {
      for (index_t i = 0; i < m_; ++i) columns[j][i] = jacobian_[i * p_ + j];
    }
    scale_ = 0;  // what rounding errors of theta make of the residuals, over the unit of rounding
    for (index_t i = 0; i < m_ * p_; ++i) {
      const double part = jacobian_[i] * theta[i % p_];
      scale_ += part * part;
    }
    if (!std::isfinite(scale_)) return false;
    cost = apply_loss(loss_, loss_scale_, columns.data(), p_, m_);
    if (!std::isfinite(cost)) return false;
    r.clear();
    r.absorb(columns.data(), m_);
    return true;
  }
  bool cost(const double* theta, double& cost) override {
    double* column = work_.data() + m_ * p_;
    run(values_, theta, column, m_);
    cost = apply_loss(loss_, loss_scale_, &column, 0, m_);
    return std::isfinite(cost);
  }

 private:
  void run(const calculus::Program& program, const double* theta, double* result, index_t size) const {
    const calculus::Points<const double> in{theta, p_};
    const calculus::Points<double> out{result, size};
    program.run<double>(1, &in, &out);
  }

  const calculus::Program &values_, &slopes_;
  const index_t m_, p_;
  const Loss loss_;
  const double loss_scale_;
  std::vector<double> work_, jacobian_;
  double scale_ = 0;
};

// The same where the Jacobian has few entries: the sums of products of a row's are added where they belong.
class SparseTraced final : public Equations {
 public:
  using Indices = py::array_t<std::int64_t, py::array::c_style>;
  SparseTraced(const calculus::Program& values, const calculus::Program& slopes, const Indices& rows, const Indices& columns,
               Loss loss, double loss_scale)
      : values_(values),
        slopes_(slopes),
        m_(values.result_size(0)),
        p_(values.argument_size(0)),
        loss_(loss),
        loss_scale_(loss_scale),
        columns_(columns.data(), columns.data() + columns.size()),
        first_(m_ + 1),
        entries_(columns_.size()),
        residuals_(m_),
        factors_(m_) {
    const std::int64_t* const row = rows.data();
    if (std::any_of(columns_.begin(), columns_.end(), [&](index_t j) { return j < 0 || j >= p_; }))
      throw DomainError("an internal call came with entries of another form");
    for (index_t i = 0; i <= m_; ++i) first_[i] = std::lower_bound(row, row + rows.size(), i) - row;
  }
  index_t parameters() const override { return p_; }
  index_t points() const override { return m_; }
  bool joint() const override { return false; }
  double scale() const override { return scale_; }

  bool at(const double* theta, RFactor& r, double& cost) override {
    const index_t n = p_ + 1;
    run_program(slopes_, theta, entries_);
    if (!this->cost(theta, cost)) return false;
    scale_ = 0;
    std::vector<double> gram(n * n, 0.0);
    for (index_t i = 0; i < m_; ++i) {
      const double factor = factors_[i], residual = residuals_[i];
      for (index_t a = first_[i]; a < first_[i + 1]; ++a) {
        const double part = entries_[a] * theta[columns_[a]], own = entries_[a] * factor;
        scale_ += part * part;
        double* const sums = gram.data() + columns_[a] * n;
        for (index_t b = first_[i]; b < first_[i + 1]; ++b) sums[columns_[b]] += own * (entries_[b] * factor);
        sums[p_] += own * residual;
        gram[p_ * n + columns_[a]] += own * residual;
      }
      gram[p_ * n + p_] += residual * residual;
    }
    if (!std::isfinite(scale_) || !std::isfinite(cost)) return false;
    return r.from_gram(std::move(gram)) || by_rows(r);
  }
  bool cost(const double* theta, double& cost) override {
    run_program(values_, theta, residuals_);
    std::fill(factors_.begin(), factors_.end(), 1.0);
    double* columns[] = {factors_.data(), residuals_.data()};  // what a loss does to a row of the Jacobian
    cost = apply_loss(loss_, loss_scale_, columns, 1, m_);
    return std::isfinite(cost);
  }

 private:
  // Where sums of products would lose digits.
  bool by_rows(RFactor& r) const {
    constexpr index_t kBlock = 64;
    std::vector<double> block((p_ + 1) * kBlock);
    std::vector<double*> columns;
    for (index_t j = 0; j <= p_; ++j) columns.push_back(block.data() + j * kBlock);
    r.clear();
    for (index_t begin = 0; begin < m_; begin += kBlock) {
      const index_t count = std::min(kBlock, m_ - begin);
      std::fill(block.begin(), block.end(), 0.0);
      for (index_t i = 0; i < count; ++i) {
        for (index_t a = first_[begin + i]; a < first_[begin + i + 1]; ++a)
          columns[columns_[a]][i] = entries_[a] * factors_[begin + i];
        columns[p_][i] = residuals_[begin + i];
      }
      r.absorb(columns.data(), count);
    }
    return true;
  }
  void run_program(const calculus::Program& program, const double* theta, std::vector<double>& result) const {
    const calculus::Points<const double> in{theta, p_};
    const calculus::Points<double> out{result.data(), static_cast<index_t>(result.size())};
    program.run<double>(1, &in, &out);
  }

  const calculus::Program &values_, &slopes_;
  const index_t m_, p_;
  const Loss loss_;
  const double loss_scale_;
  const std::vector<index_t> columns_;
  std::vector<index_t> first_;  // entry of each row
  std::vector<double> entries_, residuals_, factors_;
  double scale_ = 0;
};

py::tuple traced_residuals(const calculus::Program& values, const calculus::Program& slopes,
                           const std::optional<SparseTraced::Indices>& rows,
                           const std::optional<SparseTraced::Indices>& columns, const Doubles& start,
                           const std::optional<Doubles>& lower, const std::optional<Doubles>& upper, int loss,
                           double loss_scale, double tol, index_t max_iter) {
  const index_t p = start.size();
  if (values.argument_count() != 1 || values.argument_size(0) != p || slopes.argument_count() != 1 ||
      slopes.argument_size(0) != p || slopes.result_size(0) != (rows ? rows->size() : p * values.result_size(0)) ||
      (rows && (!columns || columns->size() != rows->size())) || (lower && lower->size() != p) ||
      (upper && upper->size() != p))
    throw DomainError("an internal call came with residuals of another form");
  std::unique_ptr<Equations> equations;
  if (rows) {
    equations = std::make_unique<SparseTraced>(values, slopes, *rows, *columns, static_cast<Loss>(loss), loss_scale);
  } else {
    equations = std::make_unique<Traced>(values, slopes, static_cast<Loss>(loss), loss_scale);
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
  m.def("fit_logistic", &logistic, py::arg("X"), py::arg("y"), py::arg("ridge"), py::arg("intercept"), py::arg("max_iter"),
        "(coefficients, intercept, covariance, log_likelihood, iterations, end) of y in {0, 1}.");
  m.def(
      "fit_traced", &traced_residuals, py::arg("values"), py::arg("slopes"), py::arg("rows"), py::arg("columns"),
      py::arg("start"), py::arg("lower"), py::arg("upper"), py::arg("loss"), py::arg("loss_scale"), py::arg("tol"),
      py::arg("max_iter"),
      "(theta, covariance, cost, iterations, evaluations, status) of residuals; slopes: all, or those in rows and columns.");
  m.def("integer_codes", &integer_codes, py::arg("labels"),
        "(codes in the order of the values, the different values); None where they are spread too widely.");
}

}  // namespace mmlcore::bindings::regressions_py
