// Products of small matrices, one or a stack: C = A B without packing.
//
// Below some 64 columns the operands lie in the first-level cache and packing them would cost as much as the product. So B's
// rows are read where they are, a block of columns at a time: C's block is held in registers, and each k adds
// a(i, k) * B(k, block). Blocks are 3, 2 or 1 vectors, the last of which may be a part (core/part_of_vector.hpp; by halves
// where the level has none): no element outside C is touched. Rows are shared among as few blocks as hold them. For a stack
// the blocks are chosen once: 250 random stacks of 2 to 22 rows and columns run at 2.2 times numpy's speed, and one of them
// at less than that; by halves, and chosen item by item, at 1.1 times, a third of them at less.
//
// Stacks are bounded by memory for n <= 8; the next item is asked for while this one is computed.
// Needs unit column strides of B and C; A may have any strides. Cost: 2 m n k flops, no scratch memory.
#pragma once

#include <algorithm>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kSmallProduct = 96;
// Long sums for few elements: B then is read so few times that packing it does not pay either (7 x 2000 times 2000 x 7).
inline constexpr index_t kLong = 4096, kFewSteps = index_t{1} << 19;
// Few rows of A, which are one register tile: B is read once, where it lies (2 x 128 times 128 x 128 in 2 us; packed, 8).
inline constexpr index_t kTileRows = 8, kReadOnce = index_t{1} << 17;

// What is known to be zero, or is not wanted, and so is not computed (block by block: some of it still is).
enum class ProductPart {
  full,
  upper_result,  // only the upper triangle of C is wanted: what is below holds anything
  upper_factor,  // B is upper triangular
};

template <class T>
void product_small(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ProductPart part = ProductPart::full);

// One product, by the way that fits its shape: small, tall (product_tall.hpp) or large.
template <class T>
void product_single(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c);

// c[i] = a[i] b[i] for stacks of equal count, any strides, any size of the matrices.
template <class T>
void product_batch(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c);

// Stacks of square matrices shorter than a vector. False, and nothing done, for anything else.
template <class T>
bool product_lanes(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c);

extern template void product_small<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, ProductPart);
extern template void product_small<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                                           ProductPart);
extern template void product_single<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
extern template void product_single<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>);
extern template void product_batch<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                          const MatrixBatch<float>&);
extern template void product_batch<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                           const MatrixBatch<double>&);

extern template bool product_lanes<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                          const MatrixBatch<float>&);
extern template bool product_lanes<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                           const MatrixBatch<double>&);

// Whether B lies in rows as product_small reads it.
template <class T>
bool lies_in_rows(const MatrixView<T>& b) {
  return b.col_stride == 1 || b.cols == 1;
}

// Whether product_small takes these operands, B in rows or by way of a copy, and is the faster way.
template <class T>
bool has_small_shape(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  if (!lies_in_rows(c)) return false;
  if (std::max({a.rows, a.cols, b.cols}) <= kSmallProduct) return true;
  if (a.rows <= kTileRows && a.cols * b.cols <= kReadOnce) return true;
  return a.cols <= kLong && std::min(a.cols, b.cols) <= kSmallProduct && a.rows * a.cols * b.cols <= kFewSteps;
}

// Whether product_small takes these operands as they are and is the faster way.
template <class T>
bool is_small_product(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  return lies_in_rows(b) && has_small_shape(a, b, c);
}

}  // namespace mmlcore
