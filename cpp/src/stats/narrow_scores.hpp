// (X - mean) W for few columns of X and of W: vectors run down the rows, so that short rows leave no lanes empty and no sum
// has to be taken across a vector.
//
// Rows without gaps of up to a vector's numbers are taken apart in registers (short_items.hpp, or a square that is turned)
// and never leave them (20,000 x 2 on one, float64: 88 us by blocks, 16 to 22 so; x 4 62, and 33; x 5 float32 96, and 29);
// other blocks of rows are transposed on the way; columns that lie contiguous are read in place. A tile of
// centred_product.cpp would use few of its registers: 1657 x 6 float32 on one column took 37 us, 1677 x 3 float64 15.
#pragma once

#include <algorithm>
#include <atomic>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/short_items.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {

inline constexpr index_t kNarrowScores = 8, kNarrowPoints = 64;  // columns of W and of X, at most
inline constexpr index_t kReadColumns = 512;                     // of X that are contiguous

template <class T, int K>
class NarrowScores {
 public:
  using V = Simd<T>;
  using Vec = typename V::Vec;
  static constexpr index_t W = V::width, kRows = 64, kTask = 64 * kRows;

  NarrowScores(MatrixView<const T> x, const T* mean, const T* low, MatrixView<const T> w, MatrixView<T> out)
      : x_(x), mean_(mean), low_(low), w_(x.cols * K), out_(out) {
    for (index_t c = 0; c < x.cols; ++c) {
      for (int j = 0; j < K; ++j) w_[c * K + j] = w(c, j);
    }
  }

  bool run() {
    const index_t d = x_.cols;
    if (x_.row_stride == d && (d == 1 || x_.col_stride == 1) && out_.row_stride == K && (K == 1 || out_.col_stride == 1)) {
      if (as_woven<T>(d, [&](auto size) { run_short<decltype(size)::value>(); })) return finite_;
      if (d > 0 && d <= W && K <= kShortest) return run_short<0>(), bool{finite_};
    }
    parallel_tasks((x_.rows + kTask - 1) / kTask, [&](index_t task) {
      Buffer<T> columns(x_.cols * kRows);
      for (index_t i = task * kTask, end = std::min(x_.rows, i + kTask); i < end; i += kRows) {
        block(i, std::min(kRows, end - i), columns.data());
      }
    });
    return finite_;
  }

 private:
  // D = 0 stands for any number up to a vector's.
  template <int D>
  void run_short() {
    parallel_ranges((x_.rows + kRows - 1) / kRows, 64, [&](index_t first, index_t last) {
      const index_t end = std::min(last * kRows, x_.rows);
      low_ ? short_rows<D, true>(first * kRows, end) : short_rows<D, false>(first * kRows, end);
    });
  }

  template <int D, bool Low>
  void short_rows(index_t first, index_t end) {
    const index_t d = D > 0 ? D : x_.cols;
    Vec zeros{};
    const auto add = [&](const T* from, T* to) {
      constexpr index_t loaded = D > 0 ? D : W;
      Vec x[loaded], sums[K] = {};
      if constexpr (D > 0) {
        load_short<T, D>(from, x);
      } else {  // with what lies beyond the ends of the rows
#pragma GCC unroll 16
        for (index_t r = 0; r < W; ++r) x[r] = V::load(from + r * d);
        transpose<T>(x);
      }
#pragma GCC unroll 4
      for (index_t c = 0; c < d; ++c) accumulate<Low>(x[c], c, sums, zeros);
      if constexpr (K == 1) {
        V::store(to, sums[0]);
      } else {
        store_short<T, K>(to, sums);
      }
    };
    index_t i = first;
    // Whole vectors end within x.
    const index_t whole = D > 0 ? end : std::min(end, x_.rows - (W - 1) / d);
    for (; i + W <= whole; i += W) add(&x_(i, 0), &out_(i, 0));
    for (; i < end; i += W) {  // the last rows, with zeros for those that are missing
      const index_t rows = std::min<index_t>(W, end - i);
      T from[W * (D > 0 ? D : W) + W] = {}, to[K * W];
      std::copy_n(&x_(i, 0), rows * d, from);
      add(from, to);
      std::copy_n(to, rows * K, &out_(i, 0));
    }
    if (!(V::sum(zeros) == 0)) finite_ = false;
  }

  // Adds the part of number c of W rows. Adds x * 0, too, which is NaN as soon as one x is NaN or infinite.
  template <bool Low>
  [[gnu::always_inline]] void accumulate(Vec x, index_t c, Vec* sums, Vec& zeros) const {
    zeros += x * T{0};
    Vec apart = x - mean_[c];
    if (Low) apart -= low_[c];
#pragma GCC unroll 8
    for (int j = 0; j < K; ++j) sums[j] += apart * w_[c * K + j];
  }

  void block(index_t first, index_t rows, T* columns) {
    const MatrixView<const T> from = x_.block(first, 0, rows, x_.cols);
    T sums[K * kRows];
    if (x_.row_stride == 1 && rows == kRows) {
      multiply(from.data, x_.col_stride, kRows, sums);
    } else {
      const index_t whole = (rows + W - 1) / W * W;
      if (from.col_stride == 1 && x_.cols < W) {
        for (index_t i = 0; i < rows; ++i) {
          for (index_t c = 0; c < x_.cols; ++c) columns[c * kRows + i] = from(i, c);
        }
      } else {
        copy<T>(from, MatrixView<T>{columns, rows, x_.cols, 1, kRows});
      }
      for (index_t c = 0; c < x_.cols; ++c) std::fill(columns + c * kRows + rows, columns + c * kRows + whole, T{0});
      multiply(columns, kRows, whole, sums);
    }
    for (int j = 0; j < K; ++j) {
      for (index_t i = 0; i < rows; ++i) out_(first + i, j) = sums[j * kRows + i];
    }
  }

  void multiply(const T* columns, index_t stride, index_t rows, T* sums) {
    low_ ? multiply<true>(columns, stride, rows, sums) : multiply<false>(columns, stride, rows, sums);
  }

  template <bool Low>
  void multiply(const T* columns, index_t stride, index_t rows, T* sums) {
    Vec zeros{};
    index_t i = 0;
    // Several vectors at a time: one chain of additions alone would wait for each of them.
    constexpr int beside = K <= 2 ? 4 : K <= 4 ? 2 : 1;
    for (; i + beside * W <= rows; i += beside * W) multiply<Low, beside>(columns + i, stride, sums + i, zeros);
    for (; i < rows; i += W) multiply<Low, 1>(columns + i, stride, sums + i, zeros);
    if (!(V::sum(zeros) == 0)) finite_ = false;
  }

  template <bool Low, int U>
  [[gnu::always_inline]] void multiply(const T* columns, index_t stride, T* sums, Vec& zeros) const {
    Vec total[U][K] = {};
    for (index_t c = 0; c < x_.cols; ++c) {
#pragma GCC unroll 4
      for (int u = 0; u < U; ++u) {
        accumulate<Low>(V::load(columns + c * stride + u * W), c, total[u], zeros);
      }
    }
    for (int u = 0; u < U; ++u) {
      for (int j = 0; j < K; ++j) V::store(sums + j * kRows + u * W, total[u][j]);
    }
  }

  const MatrixView<const T> x_;
  const T *mean_, *low_;
  Buffer<T> w_;  // K numbers for each column of x
  const MatrixView<T> out_;
  std::atomic<bool> finite_{true};
};

template <class T, int K = 1>
bool narrow_scores(MatrixView<const T> x, const T* mean, const T* low, MatrixView<const T> w, MatrixView<T> out) {
  if constexpr (K <= kNarrowScores) {
    if (w.cols == K) return NarrowScores<T, K>(x, mean, low, w, out).run();
    return narrow_scores<T, K + 1>(x, mean, low, w, out);
  } else {
    return false;
  }
}

}  // namespace mmlcore
