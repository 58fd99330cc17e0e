#include "mmlcore/orthogonal/blocked_qr.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/orthogonal/reflector.hpp"

namespace mmlcore {
namespace {

constexpr index_t kBlock = 64;  // columns of a panel
constexpr index_t kBase = 8;    // columns that are reflected one by one

template <class T>
class BlockedQr {
 public:
  BlockedQr(MatrixView<T> a, MatrixView<T> q)
      : a_(a),
        q_(q),
        p_(std::min(a.rows, a.cols)),
        ld_(padded_stride<T>(a.rows)),
        vectors_(ld_ * p_),
        t_(kBlock * p_),
        w_(2 * kBlock * std::max({a.cols, q.cols, kBlock})) {}

  // R, its diagonal not yet positive.
  void triangularize() {
    std::fill(vectors_.begin(), vectors_.end(), T{0});
    std::fill(t_.begin(), t_.end(), T{0});
    for (index_t j = 0; j < p_; j += kBlock) {
      const index_t w = std::min(kBlock, p_ - j);
      factor(j, w, triangle(j));
      apply(j, w, triangle(j).transposed(), a_.block(j, j + w, a_.rows - j, a_.cols - j - w));
    }
    for (index_t j = 0; j < p_; ++j) std::fill(&a_(j, j) + 1, &a_(0, j) + a_.rows, T{0});
  }

  void form() {  // the first columns of Q, as many as there is room for
    clear();
    for (index_t j = 0; j < p_; ++j) {  // the diagonal of R positive: its rows and Q's columns change sign together
      const T sign = a_(j, j) < 0 ? T{-1} : T{1};
      q_(j, j) = sign;
      for (index_t k = j; k < a_.cols; ++k) a_(j, k) *= sign;
    }
    for (index_t j = p_; j < q_.cols; ++j) q_(j, j) = 1;
    for (index_t j = (p_ - 1) / kBlock * kBlock; j >= 0; j -= kBlock) {
      const index_t w = std::min(kBlock, p_ - j);
      apply(j, w, triangle(j), q_.block(j, j, q_.rows - j, q_.cols - j));
    }
  }

  void complete() {
    clear();
    for (index_t j = 0; j < q_.cols; ++j) q_(p_ + j, j) = 1;
    for (index_t j = (p_ - 1) / kBlock * kBlock; j >= 0; j -= kBlock) {
      apply(j, std::min(kBlock, p_ - j), triangle(j), q_.block(j, 0, q_.rows - j, q_.cols));
    }
  }

 private:
  void clear() const {
    const MatrixView<T> rows = q_.row_stride > q_.col_stride ? q_ : q_.transposed();
    for (index_t i = 0; i < rows.rows; ++i) std::fill(rows.row(i).data, rows.row(i).data + rows.cols, T{0});
  }
  T* v(index_t j) const { return vectors_.data() + j * ld_; }  // column j of V
  MatrixView<T> v(index_t i, index_t j, index_t w) const { return f_order(v(j) + i, a_.rows - i, w, ld_); }
  MatrixView<T> triangle(index_t j) const { return f_order(t_.data() + j * kBlock, kBlock, kBlock, kBlock); }

  // c = (I - V T V') c for the panel of w columns from j on; c starts at row j. `t` is T or its transpose.
  void apply(index_t j, index_t w, MatrixView<const T> t, MatrixView<T> c) {
    if (c.empty()) return;
    const MatrixView<const T> panel = v(j, j, w);
    const MatrixView<T> along = f_order(w_.data(), w, c.cols, kBlock);
    const MatrixView<T> turned = f_order(w_.data() + kBlock * c.cols, w, c.cols, kBlock);
    product<T>(panel.transposed(), c, along);
    product<T>(t.block(0, 0, w, w), along, turned);
    product<T>(panel, turned, c, T{-1}, T{1});
  }

  void factor(index_t j, index_t w, MatrixView<T> t) {
    if (w <= kBase) return columns(j, w, t);
    const index_t h = std::max(kBase, w / 2 / kBase * kBase);
    factor(j, h, t);
    apply(j, h, t.transposed(), a_.block(j, j + h, a_.rows - j, w - h));
    const MatrixView<T> right = t.block(h, h, w - h, w - h);
    factor(j + h, w - h, right);
    join(j, h, w - h, t);
  }

  // T12 = -T1 (V1'V2) T2
  void join(index_t j, index_t h, index_t w, MatrixView<T> t) {
    const MatrixView<T> both = f_order(w_.data(), h, w, kBlock), turned = f_order(w_.data() + kBlock * w, h, w, kBlock);
    const MatrixView<const T> left = v(j + h, j, h);
    product<T>(left.transposed(), v(j + h, j + h, w), both);
    product<T>(t.block(0, 0, h, h), both, turned);
    product<T>(turned, t.block(h, h, w, w), t.block(0, h, h, w), T{-1});
  }

  void columns(index_t j, index_t w, MatrixView<T> t) {
    for (index_t c = 0; c < w; ++c) {
      const index_t k = j + c, rows = a_.rows - k;
      T* vector = v(k) + k;
      vector[0] = 1;
      const T tau = reflector(a_(k, k), &a_(k, k) + 1, rows - 1, vector + 1);
      for (index_t d = c + 1; d < w; ++d) reflect(tau, vector, &a_(k, j + d), rows);
      T along[kBase];
      for (index_t i = 0; i < c; ++i) along[i] = dot(v(j + i) + k, vector, rows);
      for (index_t i = 0; i < c; ++i) {
        T sum = 0;
        for (index_t l = i; l < c; ++l) sum += t(i, l) * along[l];
        t(i, c) = -tau * sum;
      }
      t(c, c) = tau;
    }
  }

  const MatrixView<T> a_, q_;
  const index_t p_, ld_;
  Buffer<T> vectors_, t_, w_;
};

}  // namespace

template <class T>
void blocked_qr(MatrixView<T> a, MatrixView<T> q) {
  if (a.empty()) return;
  BlockedQr<T> work(a, q);
  work.triangularize();
  work.form();
}

template <class T>
void blocked_r(MatrixView<T> a) {
  MMLCORE_ASSERT(!a.empty() && a.cols <= a.rows);
  BlockedQr<T>(a, {a.data, a.rows, 0, 1, a.rows}).triangularize();
}

template <class T>
void blocked_complement(MatrixView<T> a, MatrixView<T> rest) {
  MMLCORE_ASSERT(!a.empty() && a.cols <= a.rows && rest.cols == a.rows - a.cols);
  BlockedQr<T> work(a, rest);
  work.triangularize();
  work.complete();
}

template void blocked_qr<float>(MatrixView<float>, MatrixView<float>);
template void blocked_qr<double>(MatrixView<double>, MatrixView<double>);
template void blocked_r<double>(MatrixView<double>);
template void blocked_complement<float>(MatrixView<float>, MatrixView<float>);
template void blocked_complement<double>(MatrixView<double>, MatrixView<double>);

}  // namespace mmlcore
