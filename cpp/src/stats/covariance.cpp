#include "mmlcore/stats/covariance.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "mmlcore/core/copy.hpp"
#include "mmlcore/matrices/gram.hpp"
#include "mmlcore/matrices/product_tiles.hpp"

namespace mmlcore {
namespace {

constexpr index_t kSampleRows = 256;

// The mean of up to kSampleRows rows, evenly spaced. What is not finite is left out: the pass itself reports it.
template <class T>
void provisional_mean(MatrixView<const T> x, T* shift) {
  const index_t rows = std::min(x.rows, kSampleRows);
  for (index_t j = 0; j < x.cols; ++j) {
    double sum = 0;
    for (index_t r = 0; r < rows; ++r) sum += x(x.rows * r / rows, j);
    const T mean = static_cast<T>(sum / static_cast<double>(rows));
    shift[j] = std::isfinite(mean) ? mean : T{0};
  }
}

// out = root * (x - shift) for a block of rows, row by row contiguous; sums[j] += root^2 (x - shift).
template <class T>
void centre_block(MatrixView<const T> x, const T* shift, const double* roots, MatrixView<T> out, double* sums, T* column) {
  const index_t n = x.cols;
  if (x.col_stride != 1) {
    copy<T>(x, out);
    x = out;
  }
  std::fill(column, column + n, T{0});
  for (index_t i = 0; i < x.rows; ++i) {
    const T* in = &x(i, 0);
    T* to = &out(i, 0);
    if (roots) {
      const T root = static_cast<T>(roots[i]);
      for (index_t j = 0; j < n; ++j) {
        to[j] = root * (in[j] - shift[j]);
        column[j] += root * to[j];
      }
    } else {
      for (index_t j = 0; j < n; ++j) {
        to[j] = in[j] - shift[j];
        column[j] += to[j];
      }
    }
  }
  for (index_t j = 0; j < n; ++j) sums[j] += column[j];
}

// S and d for few columns: blocks multiplied where they lie.
template <class T>
void narrow_pass(MatrixView<const T> x, const T* shift, const double* roots, double* s, double* d) {
  const index_t n = x.cols, slots = std::clamp<index_t>(x.rows / kFlush, 1, kSlots);
  Buffer<double> sums(slots * n);
  std::fill(sums.begin(), sums.end(), 0.0);
  gram_of_rows<T>(x.rows, n, kFlush, s, [&](index_t slot, index_t i, index_t rows) -> MatrixView<const T> {
    thread_local Buffer<T> block;
    if (block.size() < (kFlush + 1) * n) block = Buffer<T>((kFlush + 1) * n);
    const MatrixView<T> centred = c_order(block.data(), rows, n);
    centre_block<T>(x.block(i, 0, rows, n), shift, roots ? roots + i : nullptr, centred, sums.data() + slot * n,
                    block.data() + kFlush * n);
    return centred;
  });
  std::fill(d, d + n, 0.0);
  for (index_t slot = 0; slot < slots; ++slot) {
    for (index_t j = 0; j < n; ++j) d[j] += sums[slot * n + j];
  }
}

// A slice of rows in both orders that the micro-kernel reads: strips of M and strips of N columns,
// [strip][part][row][column].
template <class T>
struct Packed {
  using V = Simd<T>;
  static constexpr index_t M = gemm::Shape<T>::M, N = gemm::Shape<T>::N, W = V::width;
  // Rows of a part: they are summed in runs of kFlush, the runs in a tile of T, and parts in double. Few enough that such a
  // sum stays short, enough that adding the tile costs little.
  static constexpr index_t kPart = 8 * kFlush, kSlice = 2 * kPart;
  // A line of the cache between strips: rows of all strips would else fall on the same sets of the cache.
  static constexpr index_t kLine = 64 / index_t{sizeof(T)}, kStrideA = kPart * M + kLine, kStrideB = kPart * N + kLine;

  static index_t parts(index_t rows) { return (rows + kPart - 1) / kPart; }

  Packed(index_t n, index_t rows)
      : n(n),
        wide((n + M - 1) / M),
        narrow((n + N - 1) / N),
        a(parts(rows) * wide * kStrideA),
        b(parts(rows) * narrow * kStrideB) {}

  T* strip_a(index_t start, index_t p) const { return a.data() + (start / kPart * wide + p) * kStrideA; }
  T* strip_b(index_t start, index_t q) const { return b.data() + (start / kPart * narrow + q) * kStrideB; }

  // Rows first ... first + x.rows - 1 of the slice, each root * (x - shift); column[j] += root^2 (x - shift). The part that
  // they belong to starts at row `start` of the slice.
  void fill(MatrixView<const T> x, const T* shift, const double* roots, index_t start, index_t first, T* column) {
    for (index_t i = 0; i < x.rows; ++i) {
      const T* in = &x(i, 0);
      const T root = roots ? static_cast<T>(roots[i]) : T{1};
      for (index_t p = 0; p < wide; ++p) {
        T* to = strip_a(start, p) + (first + i) * M;
        const index_t j = p * M, width = std::min(M, n - j);
        if (width == M) {
          for (index_t c = 0; c < M; c += W) {
            const typename V::Vec centred = root * (V::load(in + j + c) - V::load(shift + j + c));
            V::store(to + c, centred);
            V::store(column + j + c, V::load(column + j + c) + root * centred);
          }
        } else {
          for (index_t c = 0; c < width; ++c) {
            to[c] = root * (in[j + c] - shift[j + c]);
            column[j + c] += root * to[c];
          }
          std::fill(to + width, to + M, T{0});
        }
      }
      for (index_t q = 0; q < narrow; ++q) copy_narrow(start, first + i, q);
    }
  }

  index_t n, wide, narrow;
  Buffer<T> a, b;

 private:
  void copy_narrow(index_t start, index_t row, index_t q) const {
    T* to = strip_b(start, q) + row * N;
    const auto from = [&](index_t j) { return strip_a(start, j / M) + row * M + j % M; };
    if constexpr (M % N == 0) {
      std::memcpy(to, from(q * N), sizeof(T) * N);  // a constant size is a single move
    } else {
      for (index_t c = 0; c < N; ++c) to[c] = q * N + c < wide * M ? *from(q * N + c) : T{0};
    }
  }
};

// The product of a wide strip and a narrow one added to the double matrix s, n columns, at (i, j).
template <class T, int MV>
void add_product(index_t depth, const T* a, const T* b, double* s, index_t n, index_t i, index_t j) {
  using Shape = gemm::Shape<T>;
  constexpr int M = MV * Shape::W, N = Shape::N;
  const index_t rows = std::min<index_t>(M, n - i), cols = std::min<index_t>(N, n - j);
  // Column-major below the diagonal is row-major above it.
  for (index_t c = 0; c < cols; ++c) {
    for (index_t r = 0; r < rows; r += 8) __builtin_prefetch(s + (j + c) * n + i + r, 1);
  }
  alignas(64) T tile[M * N];
  for (index_t k = 0; k < depth; k += kFlush) {
    gemm::Micro<T, MV, N> micro;
    micro.run(std::min(kFlush, depth - k), a + k * Shape::M, Shape::M, b + k * N, N, 1);
    micro.store(tile, M, T{1}, k == 0 ? T{0} : T{1});
  }
  for (index_t c = 0; c < cols; ++c) {
    double* to = s + (j + c) * n + i;
    if (rows == M) {
      for (index_t r = 0; r < M; ++r) to[r] += tile[c * M + r];
    } else {
      for (index_t r = 0; r < rows; ++r) to[r] += tile[c * M + r];
    }
  }
}

// S and d for many columns. A slice of rows is centred and packed, then the tiles on and below the diagonal (in column-major
// order) are shared out.
template <class T>
void wide_pass(MatrixView<const T> x, const T* shift, const double* roots, double* s, double* d) {
  using Shape = gemm::Shape<T>;
  constexpr index_t M = Shape::M, N = Shape::N, W = Shape::W, part = Packed<T>::kPart, slice = Packed<T>::kSlice;
  constexpr index_t chunk = kFlush, chunks = slice / chunk;
  const index_t n = x.cols;
  Packed<T> packed(n, std::min(slice, x.rows));
  Buffer<T> columns(chunks * n);
  std::fill(s, s + n * n, 0.0);
  std::fill(d, d + n, 0.0);
  for (index_t first = 0; first < x.rows; first += slice) {
    const index_t rows = std::min(slice, x.rows - first), used = (rows + chunk - 1) / chunk;
    parallel_tasks(used, [&](index_t g) {
      const index_t k = g * chunk, size = std::min(chunk, rows - k), start = k / part * part;
      MatrixView<const T> block = x.block(first + k, 0, size, n);
      Buffer<T> copied(block.col_stride == 1 ? 0 : size * n);
      if (block.col_stride != 1) {
        copy<T>(block, c_order(copied.data(), size, n));
        block = c_order<const T>(copied.data(), size, n);
      }
      T* column = columns.data() + g * n;
      std::fill(column, column + n, T{0});
      packed.fill(block, shift, roots ? roots + first + k : nullptr, start, k - start, column);
    });
    for (index_t g = 0; g < used; ++g) {
      for (index_t j = 0; j < n; ++j) d[j] += columns[g * n + j];
    }
    // The strips with most tiles first: threads then end at about the same time.
    parallel_tasks(packed.wide, [&](index_t task) {
      const index_t p = packed.wide - 1 - task, i = p * M;
      const int vectors = gemm::strip_width<T>(std::min(M, n - i)) / static_cast<int>(W);
      const index_t last = std::min(packed.narrow, (i + vectors * W + N - 1) / N);
      for (index_t start = 0; start < rows; start += part) {
        const index_t size = std::min(part, rows - start);
        const T* a = packed.strip_a(start, p);
        for (index_t q = 0; q < last; ++q) {
          const T* b = packed.strip_b(start, q);
          // Rows above the diagonal are left out, a vector of them at a time.
          const index_t above = std::max<index_t>(q * N - i, 0) / W;
          const T* from = a + above * W;
          const index_t row = i + above * W;
          switch (vectors - above) {
            case 1:
              add_product<T, 1>(size, from, b, s, n, row, q * N);
              break;
            case 2:
              add_product<T, 2>(size, from, b, s, n, row, q * N);
              break;
            default:
              add_product<T, 3>(size, from, b, s, n, row, q * N);
          }
        }
      }
    });
  }
}

}  // namespace

template <class T>
void scatter(MatrixView<const T> x, const double* roots, Moments& moments) {
  const index_t m = x.rows, n = x.cols;
  double *s = moments.scatter, *mean = moments.mean;
  moments.weight = static_cast<double>(m);
  if (roots) {
    moments.weight = 0;
    for (index_t i = 0; i < m; ++i) moments.weight += roots[i] * roots[i];
  }
  Buffer<T> shift(n);
  Buffer<double> d(n);
  provisional_mean(x, shift.data());
  for (int pass = 0; pass < 2; ++pass) {
    if (n <= kSmallProduct) {
      narrow_pass<T>(x, shift.data(), roots, s, d.data());
    } else {
      wide_pass<T>(x, shift.data(), roots, s, d.data());
    }
    bool misled = false;
    for (index_t j = 0; j < n; ++j) {
      const double drift = d[j] * d[j] / moments.weight;
      misled |= drift > 0.99 * s[j * n + j] && drift > 0 && std::isfinite(s[j * n + j]);
    }
    if (!misled || pass == 1) break;
    for (index_t j = 0; j < n; ++j) shift[j] = static_cast<T>(shift[j] + d[j] / moments.weight);
  }
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = i; j < n; ++j) {
      const double value = s[i * n + j] - d[i] * (d[j] / moments.weight);
      s[i * n + j] = s[j * n + i] = i == j ? std::max(value, 0 * value) : value;
    }
  }
  for (index_t j = 0; j < n; ++j) mean[j] = shift[j] + d[j] / moments.weight;
}

template void scatter<float>(MatrixView<const float>, const double*, Moments&);
template void scatter<double>(MatrixView<const double>, const double*, Moments&);

}  // namespace mmlcore
