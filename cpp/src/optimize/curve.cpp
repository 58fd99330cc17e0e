#include "mmlcore/optimize/curve.hpp"

#include <algorithm>
#include <cmath>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore::optimize {
namespace {

using calculus::BlockEvaluator;
using calculus::Program;

constexpr index_t kGroup = 1 << 14;  // points

class Curve final : public Equations {
 public:
  Curve(const Program& program, const CurveData& data)
      : program_(program),
        d_(data),
        p_(program.argument_count() - 1),
        block_(std::min(BlockEvaluator::fitting(program),
                        (data.points + BlockEvaluator::width() - 1) / BlockEvaluator::width() * BlockEvaluator::width())),
        groups_((data.points + kGroup - 1) / kGroup) {
    std::vector<index_t> counts(groups_);
    std::vector<double> scales(groups_);
    parallel_tasks(groups_, [&](index_t group) {
      const index_t first = group * kGroup, count = std::min(d_.points - first, kGroup);
      const double* y = d_.y + first;
      counts[group] = count;
      if (!d_.weight) {
        scales[group] = dot(y, y, count);
        return;
      }
      const double* w = d_.weight + first;
      double scale = 0;
      for (index_t i = 0; i < count; ++i) {
        counts[group] -= w[i] == 0;
        scale += weighted(y[i], w, i) * weighted(y[i], w, i);
      }
      scales[group] = scale;
    });
    for (index_t group = 0; group < groups_; ++group) {
      counted_ += counts[group];
      scale_ += scales[group];
    }
    if (groups_ == 1) own_ = std::make_unique<Pass>(*this);
  }

  index_t parameters() const override { return p_; }
  index_t points() const override { return counted_; }
  bool joint() const override { return true; }
  double scale() const override { return scale_; }
  bool cost(const double* theta, double& cost) override {
    RFactor r(p_);
    return at(theta, r, cost);
  }

  bool at(const double* theta, RFactor& r, double& cost) override {
    if (attempt(theta, r, cost)) return true;
    // A derivative that is no number may be zero times infinity.
    absorbing_ = true;
    const bool found = attempt(theta, r, cost);
    absorbing_ = false;
    return found;
  }

 private:
  bool attempt(const double* theta, RFactor& r, double& cost) {
    if (!by_rows_ && sums(theta, cost)) {
      if (r.from_gram(gram_)) return true;
      by_rows_ = true;  // for the rest of this fit
    }
    return by_rows_ && rows(theta, r, cost);
  }

  // What a thread needs to run over a range of points.
  struct Pass {
    explicit Pass(const Curve& curve)
        : blocks(curve.program_, curve.block_),
          work((curve.p_ + 1) * curve.block_),
          columns(curve.p_ + 1),
          outputs(curve.p_ + 1) {
      for (index_t j = 0; j <= curve.p_; ++j) columns[j] = work.data() + j * curve.block_;
      outputs[curve.p_] = columns[curve.p_];
    }
    BlockEvaluator blocks;
    Buffer<double> work;
    std::vector<double*> columns;        // derivatives, then residuals
    std::vector<const double*> outputs;  // the same, derivatives where the program has them
  };

  // Calls use(columns, count) for the weighted columns of each block of points begin ... end - 1; returns the sum of losses.
  // Who overwrites the columns gets copies.
  template <bool kCopies, class F>
  double each_block(const double* theta, index_t begin, index_t end, Pass& pass, F&& use) const {
    double cost = 0;
    for (index_t first = begin; first < end; first += block_) {
      const index_t count = std::min(block_, end - first);
      if (double* x = pass.blocks.input(0)) {
        for (index_t k = 0; k < d_.predictors; ++k) {
          const double* from = d_.x + k * d_.points + first;
          std::copy(from, from + count, x + k * block_);
          std::fill(x + k * block_ + count, x + (k + 1) * block_, from[count - 1]);
        }
      }
      for (index_t j = 0; j < p_; ++j) {
        if (double* to = pass.blocks.input(j + 1)) std::fill(to, to + block_, theta[j]);
      }
      absorbing_ ? pass.blocks.run_absorbing() : pass.blocks.run();
      const double* value = pass.blocks.output(0);
      const double *y = d_.y + first, *w = d_.weight ? d_.weight + first : nullptr;
      double* r = pass.columns[p_];
      for (index_t i = 0; i < count; ++i) r[i] = weighted(value[i] - y[i], w, i);
      std::fill(r + count, r + block_, 0.0);
      if constexpr (!kCopies) {
        if (!w && count == block_ && d_.loss == Loss::Linear) {  // derivatives are read where they were computed
          for (index_t j = 0; j < p_; ++j) pass.outputs[j] = pass.blocks.output(j + 1);
          cost += dot(r, r, count);
          use(pass.outputs.data(), count);
          continue;
        }
      }
      for (index_t j = 0; j < p_; ++j) {
        const double* derivative = pass.blocks.output(j + 1);
        double* column = pass.columns[j];
        for (index_t i = 0; i < count; ++i) column[i] = weighted(derivative[i], w, i);
        std::fill(column + count, column + block_, 0.0);
      }
      cost += apply_loss(d_.loss, d_.loss_scale, pass.columns.data(), p_, count);
      use(pass.columns.data(), count);
    }
    return cost;
  }
  // A point left out contributes nothing, whatever the model says of it.
  static double weighted(double v, const double* w, index_t i) { return !w ? v : w[i] == 0 ? 0.0 : v * w[i]; }

  // Runs f(pass, group) for all groups of points.
  template <class F>
  void each_group(F&& f) {
    if (own_) return f(*own_, 0);
    parallel_tasks(groups_, [&](index_t group) {
      Pass pass(*this);
      f(pass, group);
    });
  }

  bool sums(const double* theta, double& cost) {
    const index_t n = p_ + 1;
    std::vector<double> grams(groups_ * n * n, 0.0), costs(groups_, 0.0);
    each_group([&](Pass& pass, index_t group) {
      double* gram = grams.data() + group * n * n;
      costs[group] = each_block<false>(theta, group * kGroup, std::min(d_.points, (group + 1) * kGroup), pass,
                                       [&](const double* const* columns, index_t) {
                                         for (index_t i = 0; i < n; ++i) {
                                           for (index_t j = 0; j <= i; ++j)
                                             gram[i * n + j] += dot(columns[i], columns[j], block_);
                                         }
                                       });
    });
    gram_.assign(n * n, 0.0);
    cost = 0;
    for (index_t group = 0; group < groups_; ++group) {
      for (index_t i = 0; i < n * n; ++i) gram_[i] += grams[group * n * n + i];
      cost += costs[group];
    }
    bool finite = std::isfinite(cost);
    for (index_t i = 0; i < n; ++i) {
      finite = finite && std::isfinite(gram_[i * n + i]);
      for (index_t j = 0; j < i; ++j) gram_[j * n + i] = gram_[i * n + j];
    }
    return finite;
  }

  bool rows(const double* theta, RFactor& r, double& cost) {
    std::vector<RFactor> triangles(groups_, RFactor(p_));
    std::vector<double> costs(groups_, 0.0);
    each_group([&](Pass& pass, index_t group) {
      costs[group] =
          each_block<true>(theta, group * kGroup, std::min(d_.points, (group + 1) * kGroup), pass,
                           [&](double* const* columns, index_t count) { triangles[group].absorb(columns, count); });
    });
    r = triangles[0];
    cost = costs[0];
    for (index_t group = 1; group < groups_; ++group) {
      r.absorb(triangles[group]);
      cost += costs[group];
    }
    return std::isfinite(cost);
  }

  const Program& program_;
  const CurveData d_;
  const index_t p_, block_, groups_;
  index_t counted_ = 0;
  double scale_ = 0;
  std::unique_ptr<Pass> own_;
  std::vector<double> gram_;
  bool by_rows_ = false, absorbing_ = false;
};

}  // namespace

// rho(z) and its first two derivatives, as in SciPy's least_squares.
double apply_loss(Loss loss, double scale, double* const* columns, index_t parameters, index_t count) {
  double* r = columns[parameters];
  if (loss == Loss::Linear) return dot(r, r, count);
  double cost = 0;
  for (index_t i = 0; i < count; ++i) {
    const double z = (r[i] / scale) * (r[i] / scale);
    double rho = z, first = 1, second = 0;
    switch (loss) {
      case Loss::SoftL1: {
        const double t = std::sqrt(1 + z);
        rho = 2 * z / (t + 1);  // 2 (t - 1) without cancellation
        first = 1 / t, second = -0.5 / (t * t * t);
        break;
      }
      case Loss::Huber:
        if (z > 1) rho = 2 * std::sqrt(z) - 1, first = 1 / std::sqrt(z), second = -0.5 * first / z;
        break;
      case Loss::Cauchy:
        rho = std::log1p(z), first = 1 / (1 + z), second = -first * first;
        break;
      case Loss::Arctan:
        rho = std::atan(z), first = 1 / (1 + z * z), second = -2 * z * first * first;
        break;
      default:
        break;
    }
    cost += scale * scale * rho;
    const double curvature = std::sqrt(std::max(first + 2 * second * z, 2.220446049250313e-16));
    r[i] *= first / curvature;
    for (index_t j = 0; j < parameters; ++j) columns[j][i] *= curvature;
  }
  return cost;
}

std::unique_ptr<Equations> curve_equations(const Program& program, const CurveData& data) {
  return std::make_unique<Curve>(program, data);
}

}  // namespace mmlcore::optimize
