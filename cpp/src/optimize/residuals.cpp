#include "mmlcore/optimize/residuals.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mmlcore::optimize {
namespace {

// What both forms of a Jacobian share: programs are run at one theta, and a loss is applied.
class Traced : public Equations {
 public:
  explicit Traced(const Residuals& given)
      : m_(given.values.result_size(0)), p_(given.values.argument_size(0)), given_(given) {}
  index_t parameters() const final { return p_; }
  index_t points() const final { return m_; }
  bool joint() const final { return false; }
  double scale() const final { return scale_; }

 protected:
  void run(const calculus::Program& program, const double* theta, double* result, index_t size) const {
    const calculus::Points<const double> in{theta, p_};
    const calculus::Points<double> out{result, size};
    program.run<double>(1, &in, &out);
  }
  void values(const double* theta, double* result) const { run(given_.values, theta, result, m_); }
  void slopes(const double* theta, std::vector<double>& result) const {
    run(given_.slopes, theta, result.data(), static_cast<index_t>(result.size()));
  }
  double lossy(double* const* columns, index_t parameters) const {
    return apply_loss(given_.loss, given_.loss_scale, columns, parameters, m_);
  }

  const index_t m_, p_;
  double scale_ = 0;  // what rounding errors of theta make of the residuals, over the unit of rounding

 private:
  const Residuals given_;
};

class Dense final : public Traced {
 public:
  explicit Dense(const Residuals& given) : Traced(given), work_(m_ * (p_ + 1)), jacobian_(m_ * p_) {}

  bool at(const double* theta, RFactor& r, double& cost) override {
    slopes(theta, jacobian_);
    values(theta, work_.data() + m_ * p_);
    std::vector<double*> columns;
    for (index_t j = 0; j <= p_; ++j) columns.push_back(work_.data() + j * m_);
    for (index_t j = 0; j < p_; ++j) {
      for (index_t i = 0; i < m_; ++i) columns[j][i] = jacobian_[i * p_ + j];
    }
    scale_ = 0;
    for (index_t i = 0; i < m_ * p_; ++i) {
      const double part = jacobian_[i] * theta[i % p_];
      scale_ += part * part;
    }
    if (!std::isfinite(scale_)) return false;
    cost = lossy(columns.data(), p_);
    if (!std::isfinite(cost)) return false;
    r.clear();
    r.absorb(columns.data(), m_);
    return true;
  }
  bool cost(const double* theta, double& cost) override {
    double* column = work_.data() + m_ * p_;
    values(theta, column);
    cost = lossy(&column, 0);
    return std::isfinite(cost);
  }

 private:
  std::vector<double> work_, jacobian_;
};

class Sparse final : public Traced {
 public:
  Sparse(const Residuals& given, const std::vector<index_t>& rows, std::vector<index_t> columns)
      : Traced(given),
        columns_(std::move(columns)),
        first_(m_ + 1),
        entries_(columns_.size()),
        residuals_(m_),
        factors_(m_) {
    for (index_t i = 0; i <= m_; ++i) first_[i] = std::lower_bound(rows.begin(), rows.end(), i) - rows.begin();
  }

  bool at(const double* theta, RFactor& r, double& cost) override {
    const index_t n = p_ + 1;
    slopes(theta, entries_);
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
    values(theta, residuals_.data());
    std::fill(factors_.begin(), factors_.end(), 1.0);
    double* columns[] = {factors_.data(), residuals_.data()};  // what a loss does to a row of the Jacobian
    cost = lossy(columns, 1);
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
  const std::vector<index_t> columns_;
  std::vector<index_t> first_;  // entry of each row
  std::vector<double> entries_, residuals_, factors_;
};

}  // namespace

std::unique_ptr<Equations> traced_equations(const Residuals& residuals) { return std::make_unique<Dense>(residuals); }

std::unique_ptr<Equations> sparse_equations(const Residuals& residuals, const std::vector<index_t>& rows,
                                            std::vector<index_t> columns) {
  return std::make_unique<Sparse>(residuals, rows, std::move(columns));
}

}  // namespace mmlcore::optimize
