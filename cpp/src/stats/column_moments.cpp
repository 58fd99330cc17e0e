#include "mmlcore/stats/column_moments.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <type_traits>

#include "contiguous_moments.hpp"
#include "float_sums.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/sum_of.hpp"
#include "provisional_mean.hpp"

namespace mmlcore {
namespace {

constexpr index_t kColumns = 512;             // of a task: their sums stay in the first-level cache
constexpr index_t kWork = index_t{1} << 16;   // elements of a task, at least
constexpr index_t kRanges = 64;               // of rows, at most
constexpr index_t kWide = 64;                 // columns that fill vectors
constexpr index_t kShort = 7, kBeside = 128;  // rows of contiguous columns that are copied, and how many at a time
constexpr index_t kFewRows = 16;              // whose columns are summed vector by vector
constexpr index_t kBesideRows = 2048;         // up to which contiguous columns are summed beside each other

// d and q of some columns.
struct Sums {
  double *d, *q;
};

// Four rows at a time: an element of the sums is loaded and stored once for four of the data.
template <bool Squares, bool Weighted, class T>
void add_rows(MatrixView<const T> x, const T* shift, const double* weights, Sums sums) {
  const index_t n = x.cols;
  double* __restrict d = sums.d, * __restrict q = sums.q;  // nobody else's: loops over columns become vectors
  index_t i = 0;
  for (; i + 4 <= x.rows; i += 4) {
    const T *a = x.row(i).data, *b = x.row(i + 1).data, *c = x.row(i + 2).data, *e = x.row(i + 3).data;
    const double wa = Weighted ? weights[i] : 1, wb = Weighted ? weights[i + 1] : 1, wc = Weighted ? weights[i + 2] : 1,
                 we = Weighted ? weights[i + 3] : 1;
    for (index_t j = 0; j < n; ++j) {
      const double s = shift[j], xa = a[j] - s, xb = b[j] - s, xc = c[j] - s, xe = e[j] - s;
      const double va = Weighted ? wa * xa : xa, vb = Weighted ? wb * xb : xb, vc = Weighted ? wc * xc : xc,
                   ve = Weighted ? we * xe : xe;
      d[j] += (va + vb) + (vc + ve);
      if (Squares) q[j] += (va * xa + vb * xb) + (vc * xc + ve * xe);
    }
  }
  for (; i < x.rows; ++i) {
    for (index_t j = 0; j < n; ++j) {
      const double v = x(i, j) - static_cast<double>(shift[j]), w = Weighted ? weights[i] : 1;
      d[j] += w * v;
      if (Squares) q[j] += w * v * v;
    }
  }
}

// Rows of any strides, some at a time through a copy.
template <bool Squares, bool Weighted, class T>
void add(MatrixView<const T> x, const T* shift, const double* weights, Sums sums) {
  if (x.col_stride == 1) return add_rows<Squares, Weighted>(x, shift, weights, sums);
  constexpr index_t kRows = 16;
  Buffer<T> rows(kRows * x.cols);
  for (index_t i = 0; i < x.rows; i += kRows) {
    const index_t count = std::min(kRows, x.rows - i);
    const MatrixView<T> straight = c_order(rows.data(), count, x.cols);
    copy<T>(x.block(i, 0, count, x.cols), straight);
    add_rows<Squares, Weighted>(MatrixView<const T>(straight), shift, Weighted ? weights + i : nullptr, sums);
  }
}

template <bool Squares, class T>
void pass(MatrixView<const T> x, const T* shift, const double* weights, Sums sums) {
  const index_t m = x.rows, n = x.cols, width = std::min(n, kColumns), tiles = (n + kColumns - 1) / kColumns;
  const index_t ranges = std::clamp<index_t>(m * width / kWork, 1, kRanges);
  Buffer<double> parts(2 * ranges * n);
  std::fill(parts.begin(), parts.end(), 0.0);
  parallel_tasks(ranges * tiles, [&](index_t task) {
    const index_t range = task / tiles, first = task % tiles * kColumns, columns = std::min(kColumns, n - first);
    const index_t begin = m * range / ranges, end = m * (range + 1) / ranges;
    const auto block = x.block(begin, first, end - begin, columns);
    double* at = parts.data() + 2 * range * n + first;
    if (weights) {
      add<Squares, true>(block, shift + first, weights + begin, Sums{at, at + n});
    } else {
      add<Squares, false>(block, shift + first, nullptr, Sums{at, at + n});
    }
  });
  std::fill(sums.d, sums.d + n, 0.0);
  std::fill(sums.q, sums.q + n, 0.0);
  for (index_t range = 0; range < ranges; ++range) {
    for (index_t j = 0; j < n; ++j) {
      sums.d[j] += parts[2 * range * n + j];
      sums.q[j] += parts[(2 * range + 1) * n + j];
    }
  }
}

// Few columns without gaps: several rows side by side are one row of a wide matrix, which fills vectors; its sums are
// folded.
template <bool Squares, class T>
void narrow_pass(MatrixView<const T> x, const T* shift, Sums sums) {
  const index_t n = x.cols, side = kWide / n, wide = side * n, rows = x.rows / side;
  Buffer<T> repeated(wide);
  for (index_t j = 0; j < wide; ++j) repeated[j] = shift[j % n];
  Buffer<double> both(2 * wide);
  const Sums found{both.data(), both.data() + wide};
  pass<Squares>(MatrixView<const T>{x.data, rows, wide, wide, 1}, repeated.data(), nullptr, found);
  std::fill(sums.d, sums.d + n, 0.0);
  std::fill(sums.q, sums.q + n, 0.0);
  for (index_t j = 0; j < wide; ++j) {
    sums.d[j % n] += found.d[j];
    sums.q[j % n] += found.q[j];
  }
  add<Squares, false>(x.block(rows * side, 0, x.rows - rows * side, n), shift, nullptr, sums);
}

// Few rows of contiguous numbers: each vector of columns is read once and stays in registers (mean of 10,000 x 3 in Fortran
// order along axis 1: 21 us by passes over sums in memory, 7 so). A vector of columns of which one is not finite or was
// misled by its shift is left to the others' way: false.
template <bool Squares, class T>
[[gnu::always_inline]] inline bool few_rows_vector(const T* x, index_t stride, index_t m, double count, double share,
                                                   double* mean, double* low, double* squares) {
  using S = Simd<double>;
  using Vec = typename S::Vec;
  const auto at = [=](index_t i) __attribute__((always_inline)) { return detail::widened(x + i * stride); };
  const auto least = [](Vec a, Vec b) { return a < b ? a : b; };
  const auto most = [](Vec a, Vec b) { return a < b ? b : a; };
  Vec shift = at(m / 2);
  if (Squares && m > 2) {
    const Vec a = at(0), b = shift, c = at(m - 1);
    shift = most(least(a, b), least(most(a, b), c));
  }
  Vec d{}, q{};
  for (index_t i = 0; i < m; ++i) {
    const Vec v = at(i) - shift;
    d += v;
    if (Squares) q += v * v;
  }
  const Vec near = d * share, offset = near + (d - near * count) * share,
            drift = d * offset;  // a division's 16 cycles saved
  auto wrong = d - d != 0;
  if (Squares) wrong |= (drift > 0.9 * q) & (drift > 0);
  if (S::any(wrong)) return false;
  const Vec middle = shift + offset, part = middle - shift;
  S::store(mean, middle);
  if (low) S::store(low, (shift - (middle - part)) + (offset - part));
  if (Squares) S::store(squares, most(q - drift, Vec{}));
  return true;
}

// Rows after one another: the sums of all columns side by side.
template <class T>
void by_rows(const MatrixView<const T>& x, const double* weights, double weight, double* mean, double* low,
             double* squares) {
  const index_t n = x.cols;
  Buffer<T> shift(n);
  Buffer<double> both(2 * n);
  const Sums sums{both.data(), both.data() + n};
  middle_row(x, shift.data());
  for (int round = 0; round < 2; ++round) {
    if (!weights && n > 1 && 2 * n <= kWide && x.col_stride == 1 && x.row_stride == n && x.rows >= 8 * kWide) {
      squares ? narrow_pass<true>(x, shift.data(), sums) : narrow_pass<false>(x, shift.data(), sums);
    } else {
      squares ? pass<true>(x, shift.data(), weights, sums) : pass<false>(x, shift.data(), weights, sums);
    }
    bool again = false;
    for (index_t j = 0; squares && j < n; ++j) again |= misled(sums.d[j], weight, sums.q[j]);
    if (!again) break;
    for (index_t j = 0; j < n; ++j) {  // NaN and infinity stay in their own column, as they came
      if (std::isfinite(sums.d[j])) shift[j] = static_cast<T>(shift[j] + sums.d[j] / weight);
    }
  }
  const T* const from = shift.data();
  double* __restrict to = mean, * __restrict rest = low;
  for (index_t j = 0; j < n; ++j) set_mean(from[j], sums.d[j] / weight, to[j], rest[j]);
  for (index_t j = 0; squares && j < n; ++j) {
    const double value = sums.q[j] - sums.d[j] * (sums.d[j] / weight);
    squares[j] = std::max(value, 0 * value);
  }
}

// Of the columns from the first on, a vector at a time.
template <bool Squares, class T>
void few_rows_vectors(const MatrixView<const T>& x, index_t first, index_t last, double* mean, double* low,
                      double* squares) {
  constexpr index_t W = Simd<double>::width;
  const T* const data = x.data;
  const index_t stride = x.row_stride, m = x.rows;
  const double count = static_cast<double>(m), share = 1 / count;
  for (index_t j = first; j < last; j += W) {
    double* const rest = low ? low + j : nullptr;
    double* const q = Squares ? squares + j : nullptr;
    if (few_rows_vector<Squares>(data + j, stride, m, count, share, mean + j, rest, q)) continue;
    double unread[W];
    by_rows<T>(x.block(0, j, m, W), nullptr, count, mean + j, rest ? rest : unread, q);
  }
}

template <class T>
void by_few_rows(const MatrixView<const T>& x, double* mean, double* low, double* squares) {
  constexpr index_t W = Simd<double>::width;
  const index_t n = x.cols;
  const auto add = squares ? few_rows_vectors<true, T> : few_rows_vectors<false, T>;
  parallel_ranges(n / W, kWork / (x.rows * W) + 1,
                  [&](index_t begin, index_t end) { add(x, begin * W, end * W, mean, low, squares); });
  if (n % W) add(x, n - W, n, mean, low, squares);  // overlaps the one before it
}

// Short columns that are contiguous: some of them are copied across, so that they lie side by side. A column by itself costs
// some 40 ns beside its numbers.
template <class T>
void by_short_columns(const MatrixView<const T>& x, const double* weights, double weight, double* mean, double* low,
                      double* squares) {
  const index_t m = x.rows, blocks = (x.cols + kBeside - 1) / kBeside;
  parallel_ranges(blocks, kWork / (m * kBeside) + 1, [&](index_t first, index_t last) {
    Buffer<T> memory(m * kBeside);
    for (index_t block = first; block < last; ++block) {
      const index_t from = block * kBeside, count = std::min(kBeside, x.cols - from);
      const MatrixView<T> straight = c_order(memory.data(), m, count);
      copy<T>(x.block(0, from, m, count), straight);
      by_rows<T>(straight, weights, weight, mean + from, low + from, squares ? squares + from : nullptr);
    }
  });
}

// Columns that are contiguous: each by itself, long ones in ranges.
template <bool Squares, bool Weighted, class T>
void by_columns(MatrixView<const T> x, const double* weights, double* mean, double* low, double* squares) {
  const auto set = [=](index_t j, const Moment& found) {
    mean[j] = found.mean;
    low[j] = found.low;
    if (squares) squares[j] = std::isfinite(found.mean) ? found.squares : 0 * found.mean;
  };
  const index_t m = x.rows, n = x.cols, ranges = std::clamp<index_t>(m * n / kWork, 1, kRanges);
  if (ranges == 1 || n >= ranges) {
    parallel_ranges(n, kWork / m + 1, [&](index_t first, index_t last) {
      index_t j = first;
      constexpr index_t W = Simd<double>::width;
      if (!Weighted && m >= W && m <= kBesideRows) {
        Moment found[W];
        for (; j + W <= last; j += W) {
          moments_beside<Squares>(&x(0, j), x.col_stride, m, found);
          for (index_t c = 0; c < W; ++c) set(j + c, found[c]);
        }
      }
      for (; j < last; ++j) set(j, contiguous_moment<Squares, Weighted>(&x(0, j), m, weights));
    });
    return;
  }
  Buffer<Moment> parts(ranges * n);
  parallel_tasks(ranges * n, [&](index_t task) {
    const index_t j = task / ranges, range = task % ranges, begin = m * range / ranges, end = m * (range + 1) / ranges;
    parts[task] = contiguous_moment<Squares, Weighted>(&x(begin, j), end - begin, Weighted ? weights + begin : nullptr);
  });
  for (index_t j = 0; j < n; ++j) {
    Moment all = parts[j * ranges];
    for (index_t range = 1; range < ranges; ++range) all.merge(parts[j * ranges + range]);
    set(j, all);
  }
}

}  // namespace

template <class T>
double column_moments(MatrixView<const T> x, const double* weights, double* mean, double* low, double* squares) {
  const index_t n = x.cols;
  const double weight = weights ? sum_of(weights, x.rows) : static_cast<double>(x.rows);
  if (!weights && x.rows > 0 && x.rows <= kFewRows && x.col_stride == 1 && n >= Simd<double>::width) {
    by_few_rows<T>(x, mean, low, squares);
    return weight;
  }
  if constexpr (std::is_same_v<T, float>) {
    if (!weights && !squares && !low && float_sums::means(x, mean)) return weight;
  }
  if (!low) {
    Buffer<double> unread(n);
    return column_moments<T>(x, weights, mean, unread.data(), squares);
  }
  if (x.row_stride == 1 && x.rows > 0 && (x.col_stride != 1 || n == 1)) {
    if (x.rows <= kShort && n >= kBeside / 8) {
      by_short_columns<T>(x, weights, weight, mean, low, squares);
      return weight;
    }
    const auto f = weights ? (squares ? by_columns<true, true, T> : by_columns<false, true, T>)
                           : (squares ? by_columns<true, false, T> : by_columns<false, false, T>);
    f(x, weights, mean, low, squares);
    return weight;
  }
  if (n > 1 && x.rows > 1 && x.row_stride != 1 && std::abs(x.row_stride) < std::abs(x.col_stride)) {
    // Columns with gaps (rows of data along axis 1): copied, so that they have none.
    const index_t m = x.rows, some = std::clamp<index_t>(kWork / 2 / m, 1, kBeside);
    parallel_ranges((n + some - 1) / some, kWork / (m * some) + 1, [&](index_t begin, index_t end) {
      Buffer<T> memory(m * some);
      for (index_t from = begin * some; from < std::min(n, end * some); from += some) {
        const index_t count = std::min(some, n - from);
        const MatrixView<T> columns = f_order(memory.data(), m, count, m);
        copy<T>(x.block(0, from, m, count), columns);
        column_moments<T>(columns, weights, mean + from, low + from, squares ? squares + from : nullptr);
      }
    });
    return weight;
  }
  if (n >= 2 * kColumns && x.rows * kColumns <= kWork) {  // few long rows: what a block of columns needs stays in the cache
    parallel_ranges((n + kColumns - 1) / kColumns, kWork / (x.rows * kColumns) + 1, [&](index_t begin, index_t end) {
      for (index_t from = begin * kColumns; from < std::min(n, end * kColumns); from += kColumns) {
        by_rows<T>(x.block(0, from, x.rows, std::min(kColumns, n - from)), weights, weight, mean + from, low + from,
                   squares ? squares + from : nullptr);
      }
    });
    return weight;
  }
  by_rows<T>(x, weights, weight, mean, low, squares);
  return weight;
}

template double column_moments<float>(MatrixView<const float>, const double*, double*, double*, double*);
template double column_moments<double>(MatrixView<const double>, const double*, double*, double*, double*);

}  // namespace mmlcore
