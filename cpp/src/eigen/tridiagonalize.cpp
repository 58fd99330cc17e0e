#include <algorithm>
#include <cmath>
#include <utility>

#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/eigen/symmetric_product.hpp"
#include "mmlcore/eigen/tridiagonal.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/orthogonal/reflector.hpp"

namespace mmlcore {
namespace {

constexpr index_t kPanel = 24;
constexpr index_t kUpdateRows = 192;  // rows of a task of the panel's update

class Reducer {
 public:
  explicit Reducer(MatrixView<const double> a)
      : n_(a.rows), stride_(padded_stride<double>(n_)), product_(n_), a_(n_ * stride_) {
    out_.n = n_;
    out_.stride = stride_;
    out_.diagonal = Buffer<double>(n_);
    out_.off = Buffer<double>(n_);
    out_.tau = Buffer<double>(n_);
    w_ = Buffer<double>(kPanel * stride_);
    if (!copy_finite<double>(a, MatrixView<double>{a_.data(), n_, n_, stride_, 1}))
      throw DomainError("a: contains NaN or infinity.");
    scale();
    std::fill(out_.off.begin(), out_.off.end(), 0.0);
    std::fill(out_.tau.begin(), out_.tau.end(), 0.0);
  }

  Tridiagonal run() {
    for (index_t top = n_; top > 0;) {
      const index_t panel = std::min(kPanel, top);
      first_ = top - 1;
      for (index_t k = 0; k < panel; ++k) reduce_row(top - 1 - k, k);
      top -= panel;
      if (top > 0) update(top, panel);
    }
    out_.reflectors = std::move(a_);
    return std::move(out_);
  }

 private:
  void scale() {
    double largest = 0;
    for (index_t i = 0; i < n_; ++i) {
      for (index_t c = 0; c <= i; ++c) largest = std::max(largest, std::abs(row(i)[c]));
    }
    if (largest == 0) return;
    out_.scale = std::exp2(-std::clamp(std::ilogb(largest), -1000, 1000));
    for (index_t i = 0; i < n_; ++i) {
      for (index_t c = 0; c <= i; ++c) row(i)[c] *= out_.scale;
    }
  }

  double* row(index_t i) const { return a_.data() + i * stride_; }
  double* v(index_t k) const { return row(first_ - k); }  // of the panel's k-th row, which v replaces
  double* w(index_t k) const { return w_.data() + k * stride_; }

  // Row i is the panel's k-th: brings it up to date, and makes v and w of it.
  void reduce_row(index_t i, index_t k) {
    double* x = row(i);
    for (index_t j = 0; j < k; ++j) {
      const double vj = v(j)[i], wj = w(j)[i];
      const double *from_v = v(j), *from_w = w(j);
      for (index_t c = 0; c <= i; ++c) x[c] -= vj * from_w[c] + wj * from_v[c];
    }
    out_.diagonal[i] = x[i];
    if (i == 0) return;
    // x becomes v, whose last entry is 1.
    const double tau = reflector(x[i - 1], x, i - 1, x);
    out_.off[i] = std::exchange(x[i - 1], 1.0);
    out_.tau[i] = tau;
    double* p = w(k);
    if (tau == 0) {
      std::fill(p, p + i, 0.0);
      return;
    }
    multiply(x, i, k, p);
    for (index_t j = 0; j < k; ++j) {
      const double vx = products_[2 * j], wx = products_[2 * j + 1];
      const double *from_v = v(j), *from_w = w(j);
      for (index_t c = 0; c < i; ++c) p[c] -= vx * from_w[c] + wx * from_v[c];
    }
    for (index_t c = 0; c < i; ++c) p[c] *= tau;
    axpy(-0.5 * tau * dot(p, x, i), x, p, i);
  }

  // p = A x for the leading i rows and columns, of which the lower triangle is kept; and the products of x with the panel's
  // k earlier v and w.
  void multiply(const double* x, index_t i, index_t k, double* p) {
    const index_t slots = SymmetricProduct::slots(i);
    const auto correction = [&](index_t half) {
      for (index_t j = half; j < k; j += 2) {
        products_[2 * j] = dot(v(j), x, i);
        products_[2 * j + 1] = dot(w(j), x, i);
      }
    };
    parallel_tasks(slots + 2, slots == 1 ? 1 : num_threads(), [&](index_t task) {
      task < slots ? product_.part(a_.data(), stride_, i, x, task) : correction(task - slots);
    });
    product_.sum(i, p);
  }

  // The leading `top` rows and columns minus the panel's v w' + w v', as one product by blocks of rows.
  void update(index_t top, index_t panel) {
    Buffer<double> left(2 * panel * stride_), right(2 * panel * stride_);
    for (index_t k = 0; k < panel; ++k) {
      std::copy(v(k), v(k) + top, left.data() + k * stride_);
      std::copy(w(k), w(k) + top, left.data() + (panel + k) * stride_);
      std::copy(w(k), w(k) + top, right.data() + k * stride_);
      std::copy(v(k), v(k) + top, right.data() + (panel + k) * stride_);
    }
    const MatrixView<const double> l{left.data(), 2 * panel, top, stride_, 1}, r{right.data(), 2 * panel, top, stride_, 1};
    const index_t tasks = (top + kUpdateRows - 1) / kUpdateRows;
    parallel_tasks(tasks, [&](index_t task) {
      const index_t begin = (tasks - 1 - task) * kUpdateRows, rows = std::min(kUpdateRows, top - begin);  // longest first
      product_serial<double>(l.block(0, begin, 2 * panel, rows).transposed(), r.block(0, 0, 2 * panel, begin + rows),
                             MatrixView<double>{row(begin), rows, begin + rows, stride_, 1}, -1.0, 1.0);
    });
  }

  const index_t n_, stride_;
  const SymmetricProduct product_;
  index_t first_ = 0;  // the panel's first row
  double products_[2 * kPanel] = {};
  Tridiagonal out_;
  Buffer<double> a_, w_;
};

}  // namespace

Tridiagonal tridiagonalize(MatrixView<const double> a) { return Reducer(a).run(); }

void back_transform(const Tridiagonal& t, MatrixView<double> z) {
  constexpr index_t group = 4;
  parallel_tasks((z.rows + group - 1) / group, [&](index_t task) {
    const index_t first = task * group, rows = std::min(group, z.rows - first);
    for (index_t i = 1; i < t.n; ++i) {
      const double tau = t.tau[i];
      if (tau == 0) continue;
      const double* v = t.reflectors.data() + i * t.stride;
      for (index_t r = first; r < first + rows; ++r) reflect(tau, v, &z(r, 0), i);
    }
  });
}

}  // namespace mmlcore
