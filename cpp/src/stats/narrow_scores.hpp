// (X - mean) W for few columns of X and of W: vectors run down the rows, so that short rows leave no lanes empty and no sum
// has to be taken across a vector.
//
// Blocks of rows are transposed on the way; columns that lie contiguous are read in place. A tile of centred_product.cpp
// would use few of its registers: 1657 x 6 float32 on one column took 37 us, 1677 x 3 float64 15.
#pragma once

#include <algorithm>
#include <atomic>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
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
    parallel_tasks((x_.rows + kTask - 1) / kTask, [&](index_t task) {
      Buffer<T> columns(x_.cols * kRows);
      for (index_t i = task * kTask, end = std::min(x_.rows, i + kTask); i < end; i += kRows) {
        block(i, std::min(kRows, end - i), columns.data());
      }
    });
    return finite_;
  }

 private:
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
        const Vec x = V::load(columns + c * stride + u * W);
        zeros += x * T{0};
        Vec apart = x - mean_[c];
        if (Low) apart -= low_[c];
#pragma GCC unroll 8
        for (int j = 0; j < K; ++j) total[u][j] += apart * w_[c * K + j];
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
