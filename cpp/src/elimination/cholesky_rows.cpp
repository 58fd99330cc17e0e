#include <algorithm>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/elimination/cholesky_batch.hpp"
#include "mmlcore/matrices/product_tiles.hpp"
#include "mmlcore/matrices/register_tile.hpp"

namespace mmlcore {
namespace {

constexpr index_t kDirect = 64;   // a matrix up to this order is one panel
constexpr index_t kChunk = 96;    // rows below a panel in one task: with a panel's columns in the first-level cache
constexpr int kTogether = 4;      // columns of a panel that are found together
constexpr double kOneTask = 4e5;  // flops that are not worth a parallel region

struct Subtract {
  template <class Vec>
  [[gnu::always_inline]] static Vec apply(Vec sum, Vec x, Vec y) {
    return sum - x * y;
  }
};

// The factor of the B rows and columns at the diagonal where a step of a panel stands.
template <class T>
struct Corner {
  T below[kTogether][kTogether], inverse[kTogether];
};

// Columns j ... j + B - 1 of a panel, R vectors of rows from `i` on: less what columns before j contribute, whose entries at
// rows j ... are `top` (contiguous columns, `ld` apart); then solved with the corner, if it is known.
template <class T, int B, int R>
inline void update(T* p, index_t ld, index_t i, index_t j, index_t before, const T* top, index_t top_ld,
                   const Corner<T>* corner) {
  using S = Simd<T>;
  RegisterTile<S, B, R, Subtract> tile;
  T* const at = p + j * ld + i;
  tile.load(at, ld);
  tile.run(before, operand::numbers<S>(top + j, top_ld), operand::vectors<S>(p + i, ld));
  if (corner) {
#pragma GCC unroll 4
    for (int c = 0; c < B; ++c) {
#pragma GCC unroll 4
      for (int v = 0; v < R; ++v) {
        auto sum = tile.sums[c][v];
#pragma GCC unroll 4
        for (int k = 0; k < c; ++k) sum -= tile.sums[k][v] * S::splat(corner->below[c][k]);
        tile.sums[c][v] = sum * S::splat(corner->inverse[c]);
      }
    }
  }
  tile.store(at, ld);
}

template <class T, int B>
void update_rows(T* p, index_t ld, index_t i, index_t end, index_t j, const T* top, index_t top_ld,
                 const Corner<T>& corner) {
  constexpr index_t W = Simd<T>::width;
  for (; i + 3 * W <= end; i += 3 * W) update<T, B, 3>(p, ld, i, j, j, top, top_ld, &corner);
  for (; i < end; i += W) update<T, B, 1>(p, ld, i, j, j, top, top_ld, &corner);
}

// Calls f with min(kTogether, left) as a constant.
template <class F>
auto together(index_t left, F&& f) {
  static_assert(kTogether == 4);
  switch (left) {
    case 1:
      return f(std::integral_constant<int, 1>{});
    case 2:
      return f(std::integral_constant<int, 2>{});
    case 3:
      return f(std::integral_constant<int, 3>{});
    default:
      return f(std::integral_constant<int, 4>{});
  }
}

// The rows of a panel of n columns that meet the diagonal, in contiguous columns `ld` apart, padded to whole vectors.
template <class T>
index_t factor_top(T* p, index_t ld, index_t n, Corner<T>* corners) {
  constexpr index_t W = Simd<T>::width;
  for (index_t j = 0; j < n; j += kTogether) {
    Corner<T>& corner = corners[j / kTogether];
    const index_t bad = together(n - j, [&](auto columns) -> index_t {
      constexpr int B = columns;
      const index_t first = j / W * W, end = (j + B + W - 1) / W * W;
      for (index_t i = first; i < end; i += W) update<T, B, 1>(p, ld, i, j, j, p, ld, nullptr);
      index_t failed = -1;
      cholesky_small<T>(
          B, [&](index_t i, index_t k) { return p[(j + k) * ld + j + i]; },
          [&](index_t i, index_t k) -> T& { return corner.below[i][k]; },
          [&](index_t i, T, T pivot) {
            if (!(pivot > 0)) failed = j + i;
            return failed < 0;
          });
      if (failed >= 0) return failed;
      for (int c = 0; c < B; ++c) corner.inverse[c] = 1 / corner.below[c][c];
      for (index_t i = first; i < end; i += W) update<T, B, 1>(p, ld, i, j, 0, p, ld, &corner);
      update_rows<T, B>(p, ld, end, ld, j, p, ld, corner);
      return -1;
    });
    if (bad >= 0) return bad;
  }
  return -1;
}

template <class T>
void copy_lower(const T* p, index_t ld, MatrixView<T> a) {
  for (index_t i = 0; i < a.cols; ++i) {
    for (index_t j = 0; j <= i; ++j) a(i, j) = p[j * ld + i];
  }
}

template <class T>
index_t factor_panel(MatrixView<T> a, bool parallel) {
  constexpr index_t W = Simd<T>::width;
  const index_t m = a.rows, n = a.cols, ld = (n + W - 1) / W * W;
  Buffer<T> top(ld * n);
  std::fill(top.begin(), top.end(), T{0});
  Corner<T> corners[kDirect / kTogether];
  copy<T>(a.block(0, 0, n, n), f_order(top.data(), n, n, ld));
  const index_t bad = factor_top(top.data(), ld, n, corners);
  if (bad >= 0) return bad;
  copy_lower(top.data(), ld, a);
  const index_t chunks = (m - n + kChunk - 1) / kChunk;
  const bool one = !parallel || static_cast<double>((m - n) * n) * static_cast<double>(n) < kOneTask;
  parallel_tasks(chunks, one ? 1 : num_threads(), [&](index_t task) {
    const index_t first = n + task * kChunk, rows = std::min(kChunk, m - first);
    Buffer<T> numbers(kChunk * n);
    const MatrixView<T> from = a.block(first, 0, rows, n), columns = f_order(numbers.data(), rows, n, kChunk);
    copy<T>(from, columns);
    const index_t end = (rows + W - 1) / W * W;
    for (index_t j = 0; j < n; ++j) std::fill(&columns(0, j) + rows, &columns(0, j) + end, T{0});
    for (index_t j = 0; j < n; j += kTogether) {
      together(n - j, [&](auto count) {
        update_rows<T, count>(numbers.data(), kChunk, 0, end, j, top.data(), ld, corners[j / kTogether]);
      });
    }
    copy<T>(columns, from);
  });
  return bad;
}

// C - X X', the part of it on and below the diagonal: `x` is m x k, `c` m x n, rows contiguous in both.
template <class T>
class LowerProduct {
  static constexpr index_t M = gemm::Shape<T>::M, N = gemm::kNarrow<T>, W = Simd<T>::width;
  static constexpr index_t kStrips = 8;    // wide strips of a task: half the second-level cache
  static constexpr index_t kBand = 4 * M;  // rows of a task

 public:
  LowerProduct(MatrixView<const T> x, MatrixView<T> c, bool parallel) : c_(c) {
    const index_t strips = (c.rows + M - 1) / M;
    const double flops = static_cast<double>(c.rows) * static_cast<double>(c.cols * x.cols);
    const int threads = parallel && flops > kOneTask ? num_threads() : 1;
    for (index_t column = 0; column < c.cols; column += kStrips * M) {
      for (index_t row = column; row < c.rows; row += kBand) tasks_.push_back({column, row});
    }
    Buffer<T> packed(strips * M * std::min<index_t>(x.cols, gemm::Shape<T>::depth));
    for (index_t k = 0; k < x.cols; k += gemm::Shape<T>::depth) {
      depth_ = std::min<index_t>(gemm::Shape<T>::depth, x.cols - k);
      packed_ = packed.data();
      parallel_tasks((strips + 3) / 4, threads, [&](index_t task) {
        for (index_t p = 4 * task; p < std::min(strips, 4 * task + 4); ++p) {
          const index_t i = p * M, rows = std::min<index_t>(M, c.rows - i);
          gemm::pack_strip<T>(x.block(i, k, rows, depth_), M, packed.data() + i * depth_);
        }
      });
      parallel_tasks(static_cast<index_t>(tasks_.size()), threads, [&](index_t t) { run(tasks_[t]); });
    }
  }

 private:
  struct Task {
    index_t column, row;
  };

  void run(const Task& task) const {
    const index_t last = std::min(c_.rows, task.row + kBand);
    for (index_t i = task.row; i < last; i += N) {
      const index_t rows = std::min<index_t>(N, c_.rows - i), end = std::min(c_.cols, i + rows);
      for (index_t j = task.column; j < std::min(end, task.column + kStrips * M); j += M) {
        switch (std::min<index_t>(3, (end - j + W - 1) / W)) {
          case 1:
            tile<1>(i, j, rows, end);
            break;
          case 2:
            tile<2>(i, j, rows, end);
            break;
          default:
            tile<3>(i, j, rows, end);
        }
      }
    }
  }

  // Rows i ... of C, columns j ...; `end` is the first column that no row of the tile has.
  template <int V>
  void tile(index_t i, index_t j, index_t rows, index_t end) const {
    using S = Simd<T>;
    for (index_t r = 0; r < rows; ++r) {
      for (index_t c = 0; c < V * W; c += 64 / index_t{sizeof(T)}) __builtin_prefetch(&c_(i + r, j) + c, 1);
    }
    RegisterTile<S, N, V> micro;
    micro.clear();
    micro.run(depth_, operand::numbers<S>(packed_ + i / M * M * depth_ + i % M, operand::Fixed<M>{}),
              operand::vectors<S>(packed_ + j * depth_, operand::Fixed<M>{}));
    if (rows == N && j + V * W <= std::min(c_.cols, i + 1)) return micro.store(&c_(i, j), c_.row_stride, T{-1}, T{1});
    alignas(64) T sums[N * V * W];
    micro.store(sums, V * W);
    for (index_t r = 0; r < rows; ++r) {
      for (index_t c = j; c < std::min({end, i + r + 1, j + V * W}); ++c) c_(i + r, c) -= sums[r * V * W + c - j];
    }
  }

  MatrixView<T> c_;
  std::vector<Task> tasks_;
  const T* packed_ = nullptr;
  index_t depth_ = 0;
};

template <class T>
index_t factor(MatrixView<T> a, bool parallel) {
  const index_t m = a.rows, n = a.cols;
  if (n <= kCholeskyPanel || (m == n && n <= kDirect)) return factor_panel(a, parallel);
  const index_t half = (n / 2 + kCholeskyPanel - 1) / kCholeskyPanel * kCholeskyPanel;
  const index_t bad = factor(a.block(0, 0, m, half), parallel);
  if (bad >= 0) return bad;
  const MatrixView<T> rest = a.block(half, half, m - half, n - half);
  LowerProduct<T>(a.block(half, 0, m - half, half), rest, parallel);
  const index_t bad_below = factor(rest, parallel);
  return bad_below < 0 ? -1 : bad_below + half;
}

}  // namespace

template <class T>
index_t cholesky_rows(MatrixView<T> a, bool parallel) {
  if (a.rows > kSmallCholesky) return factor(a, parallel);
  index_t bad = -1;
  const auto entry = [&](index_t i, index_t j) -> T& { return a.data[i * a.row_stride + j]; };
  cholesky_small<T>(a.rows, entry, entry, [&](index_t j, T, T pivot) {
    if (!(pivot > 0)) bad = j;
    return bad < 0;
  });
  return bad;
}

template index_t cholesky_rows<float>(MatrixView<float>, bool);
template index_t cholesky_rows<double>(MatrixView<double>, bool);

}  // namespace mmlcore
