// The inner product of a call, <x, y> = x' M y, factored: M = L L', the last argument of the call.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore::bindings {

inline constexpr index_t kFactored = 256;  // rows of a metric that is factored, and kept, here; LAPACK takes larger ones
inline constexpr index_t kPlain = 64;      // up to here without blocks

template <class T>
class InMetric {
 public:
  explicit InMetric(const Call& call, int metric)
      : call_(call), metric_(call.matrix<T>(metric)), d_(call['d']), own_(std::exchange(known_, {})) {}
  ~InMetric() { known_ = std::move(own_); }
  InMetric(const InMetric&) = delete;
  InMetric& operator=(const InMetric&) = delete;

  // False where the metric is none, or nearly none: the Python function sees to these.
  bool factor() {
    if (d_ == 0 || d_ > kFactored) return false;
    if (own_.size == d_ && same(own_.metric.data())) return true;
    own_.size = 0;
    own_.metric.resize(static_cast<std::size_t>(d_ * d_));
    own_.lower.assign(static_cast<std::size_t>(d_ * d_), T{0});
    T check = 0;
    for (index_t i = 0; i < d_; ++i) {
      for (index_t j = 0; j < d_; ++j) {
        check += (own_.metric[static_cast<std::size_t>(i * d_ + j)] = metric_(i, j)) * 0;
        if (metric_(i, j) != metric_(j, i)) return false;
      }
    }
    if (check != 0 || !(d_ <= kPlain ? factor_plainly() : factor_by_blocks())) return false;
    own_.size = d_;
    return true;
  }

  // The images of the rows of x.
  Buffer<T> images(const MatrixView<const T>& x) const { return times(x, c_order<const T>(own_.lower.data(), d_, d_)); }
  const T* lower() const { return own_.lower.data(); }
  const T* metric() const { return own_.metric.data(); }
  Buffer<T> duals(const MatrixView<const T>& x) const { return times(x, metric_); }

 private:
  // Rows with gaps are copied: for the few of a block a product would pack all of M.
  Buffer<T> times(const MatrixView<const T>& x, const MatrixView<const T>& m) const {
    Buffer<T> out(x.rows * d_), kept;
    const MatrixView<const T> rows = in_rows<T>(x, kept);
    if (m.col_stride == 1) {
      product_single<T>(rows, m, c_order(out.data(), x.rows, d_));
    } else {
      product_single<T>(rows, m.transposed(), c_order(out.data(), x.rows, d_));  // M is symmetric
    }
    return out;
  }

  // The kept one is symmetric, so that columns may stand for rows.
  bool same(const T* kept) const {
    const MatrixView<const T> rows = metric_.col_stride == 1 ? metric_ : metric_.transposed();
    for (index_t i = 0; i < d_; ++i) {
      if (rows.col_stride == 1) {
        if (std::memcmp(&rows(i, 0), kept + i * d_, static_cast<std::size_t>(d_) * sizeof(T)) != 0) return false;
        continue;
      }
      for (index_t j = 0; j < d_; ++j) {
        if (rows(i, j) != kept[i * d_ + j]) return false;
      }
    }
    return true;
  }

  // Pivots that rounding may have made positive prove nothing.
  T least_share() const { return 8 * static_cast<T>(d_) * std::numeric_limits<T>::epsilon(); }

  bool factor_plainly() {
    return cholesky_small<T>(
        d_, [this](index_t i, index_t j) { return metric_(i, j); },
        [this](index_t i, index_t j) -> T& { return own_.lower[static_cast<std::size_t>(i * d_ + j)]; },
        [least = least_share()](index_t, T whole, T& pivot) { return pivot > least * whole && std::isfinite(whole); });
  }

  bool factor_by_blocks() {
    Buffer<double> columns(d_ * d_);
    const MatrixView<double> l = f_order(columns.data(), d_, d_, d_);
    for (index_t j = 0; j < d_; ++j) {
      for (index_t i = 0; i < d_; ++i) l(i, j) = metric_(i, j);
    }
    if (!cholesky(l)) return false;
    for (index_t i = 0; i < d_; ++i) {
      if (!(l(i, i) * l(i, i) > least_share() * metric_(i, i))) return false;
      for (index_t j = 0; j <= i; ++j) own_.lower[static_cast<std::size_t>(i * d_ + j)] = static_cast<T>(l(i, j));
    }
    return true;
  }

  // The metric of the thread's last call: most programs have one, and use it again and again. While a call is under way it
  // is that call's own: a handler of signals may make another.
  struct Known {
    index_t size = 0;
    std::vector<T> metric, lower;
  };
  static inline thread_local Known known_;

  const Call& call_;
  MatrixView<const T> metric_;
  index_t d_;
  Known own_;
};

}  // namespace mmlcore::bindings
