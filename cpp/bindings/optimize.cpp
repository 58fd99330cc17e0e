// Fits: of traced models, whose points the kernel runs by itself, and of residuals that Python computes.
#include <pybind11/stl.h>

#include <cmath>
#include <optional>

#include "arrays.hpp"
#include "mmlcore/optimize/fit_batch.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
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

py::tuple told(const Fit& fit) {
  const index_t p = static_cast<index_t>(fit.theta.size());
  return py::make_tuple(Doubles(p, fit.theta.data()), Doubles({p, p}, fit.covariance.data()), fit.cost, fit.iterations,
                        fit.evaluations, static_cast<int>(fit.status));
}

}  // namespace

void bind_optimize(py::module_& m) {
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

}  // namespace mmlcore::bindings
