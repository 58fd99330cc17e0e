#include "mmlcore/matrices/complex_product.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/matrices/complex_blocks.hpp"
#include "mmlcore/matrices/complex_vector.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"

namespace mmlcore {
namespace {

// The real matrix that complex rows are.
template <class T>
auto parts_of(const MatrixView<T>& a) {
  using R = RealPart<std::remove_const_t<T>>;
  using Part = std::conditional_t<std::is_const_v<T>, const R, R>;
  return MatrixView<Part>{reinterpret_cast<Part*>(a.data), a.rows, 2 * a.cols, 2 * a.row_stride, 1};
}

// B', rows one after the other.
template <Complex T>
void expand(const MatrixView<const T>& b, RealPart<T>* to) {
  const index_t k = b.rows, n = b.cols;
  for (index_t p = 0; p < k; ++p) {
    RealPart<T>* __restrict plain = to + 4 * p * n, * __restrict turned = plain + 2 * n;
    const T* row = b.data + p * b.row_stride;
    const auto write = [&](index_t j, T x) {
      plain[2 * j] = turned[2 * j + 1] = x.real();
      plain[2 * j + 1] = x.imag();
      turned[2 * j] = -x.imag();
    };
    if (b.col_stride == 1) {
      for (index_t j = 0; j < n; ++j) write(j, row[j]);
    } else {
      for (index_t j = 0; j < n; ++j) write(j, row[j * b.col_stride]);
    }
  }
}

// Few rows of A times B in rows: real parts of a row and imaginary ones are two rows that are multiplied by B where it lies.
template <Complex T>
void rows_times(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  using R = RealPart<T>;
  const index_t m = a.rows, k = a.cols, n = c.cols;
  Buffer<R> memory(m * (4 * n + 2 * k));
  const MatrixView<R> rows = c_order(memory.data() + 4 * m * n, 2 * m, k), both = c_order(memory.data(), 2 * m, 2 * n);
  for (index_t i = 0; i < m; ++i) {
    for (index_t p = 0; p < k; ++p) {
      rows(2 * i, p) = a(i, p).real();
      rows(2 * i + 1, p) = a(i, p).imag();
    }
  }
  product_single<R>(MatrixView<const R>(rows), parts_of(b), both);
  for (index_t i = 0; i < m; ++i) {
    const R* __restrict const re = both.row(2 * i).data, * __restrict const im = re + 2 * n;
    R* __restrict const to = reinterpret_cast<R*>(c.data + i * c.row_stride);
    for (index_t j = 0; j < 2 * n; j += 2) {
      to[j] = re[j] - im[j + 1];
      to[j + 1] = re[j + 1] + im[j];
    }
  }
}

constexpr index_t kLongColumn = 8;  // columns of a matrix times a vector for which a sum along the rows pays

template <Complex T>
MatrixView<const T> straightened(const MatrixView<const T>& a, Buffer<T>& memory) {
  if (lies_in_rows(a)) return a;
  memory = Buffer<T>(a.rows * a.cols);
  const MatrixView<T> rows = c_order(memory.data(), a.rows, a.cols);
  copy<T>(a, rows);
  return rows;
}

}  // namespace

template <Complex T>
void complex_product(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  using R = RealPart<T>;
  MMLCORE_ASSERT(lies_in_rows(c));
  const index_t m = a.rows, k = a.cols, n = b.cols;
  if (k == 0) {
    for (index_t i = 0; i < m; ++i) std::fill_n(c.data + i * c.row_stride, n, T{0});
    return;
  }
  Buffer<T> straight;
  if (n == 1) {
    return complex_matrix_vector<T>(a.row_stride == 1 ? a : straightened(a, straight), {b.data, k, b.row_stride},
                                    {c.data, m, c.row_stride});
  }
  if (m == 1) {
    const MatrixView<const T> rows = b.row_stride == 1 ? b : straightened(b, straight);
    return complex_matrix_vector<T>(rows.transposed(), {a.data, k, a.col_stride}, {c.data, n, c.col_stride});
  }
  const ComplexBlocks<T> blocks(a, b, c);
  if (blocks.suit()) {
    return blocks.run(a.data, straightened(b, straight), c.data);
  }
  if (m * (k + 3 * n) <= 4 * k * n) return rows_times<T>(a, straightened(b, straight), c);
  const MatrixView<const T> rows = straightened(a, straight);
  Buffer<R> right(4 * k * n);
  expand<T>(b, right.data());
  product_single<R>(parts_of(rows), c_order<const R>(right.data(), 2 * k, 2 * n), parts_of(c));
}

template <Complex T>
void subtract_complex_product(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c) {
  using R = RealPart<T>;
  const index_t k = a.cols, n = b.cols;
  const ComplexBlocks<T, true> blocks(a, b, c);
  if (blocks.suit()) return blocks.run(a.data, b, c.data);
  Buffer<R> right(4 * k * n);
  expand<T>(b, right.data());
  product<R>(parts_of(a), c_order<const R>(right.data(), 2 * k, 2 * n), parts_of(c), R{-1}, R{1});
}

template <Complex T>
void product_batch(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c) {
  const index_t count = c.count(), m = a.item.rows, k = a.item.cols, n = b.item.cols, work = 4 * m * k * n;
  if (count == 0 || c.item.empty()) return;
  if (work > 50'000'000 || count == 1) {
    for (index_t i = 0; i < count; ++i) complex_product<T>(a[i], b[i], c[i]);
    return;
  }
  const ComplexBlocks<T> blocks(a.item, b.item, c.item);
  const bool small = blocks.suit() && (n > 1 || k < kLongColumn), copies = !lies_in_rows(b.item);
  parallel_ranges(count, std::max<index_t>(1, 50'000 / (work + 50)), [&](index_t begin, index_t end) {
    if (!small) {
      for (index_t i = begin; i < end; ++i) complex_product<T>(a[i], b[i], c[i]);
      return;
    }
    Buffer<T> memory(copies ? k * n : 0);
    const MatrixView<T> straight = c_order(memory.data(), k, n);
    for (index_t i = begin; i < end; ++i) {
      if (copies) copy<T>(b[i], straight);
      blocks.run(a.item.data + a.batch.offset(i), copies ? MatrixView<const T>(straight) : b[i],
                 c.item.data + c.batch.offset(i));
    }
  });
}

template void complex_product<std::complex<float>>(MatrixView<const std::complex<float>>,
                                                   MatrixView<const std::complex<float>>, MatrixView<std::complex<float>>);
template void complex_product<std::complex<double>>(MatrixView<const std::complex<double>>,
                                                    MatrixView<const std::complex<double>>,
                                                    MatrixView<std::complex<double>>);
template void subtract_complex_product<std::complex<float>>(MatrixView<const std::complex<float>>,
                                                            MatrixView<const std::complex<float>>,
                                                            MatrixView<std::complex<float>>);
template void subtract_complex_product<std::complex<double>>(MatrixView<const std::complex<double>>,
                                                             MatrixView<const std::complex<double>>,
                                                             MatrixView<std::complex<double>>);
template void product_batch<std::complex<float>>(const MatrixBatch<const std::complex<float>>&,
                                                 const MatrixBatch<const std::complex<float>>&,
                                                 const MatrixBatch<std::complex<float>>&);
template void product_batch<std::complex<double>>(const MatrixBatch<const std::complex<double>>&,
                                                  const MatrixBatch<const std::complex<double>>&,
                                                  const MatrixBatch<std::complex<double>>&);

}  // namespace mmlcore
