// Products of matrices without packing, one or a stack: C = A B while B stays in the cache.
//
// Packing copies both operands, which is as much as the product of small ones and a good part of medium ones. So B's rows
// are read where they are, a block of columns at a time: C's block is held in registers, and each k adds a(i, k) * B(k,
// block). As long as B fits the second-level cache (kCached), this takes 0.4 to 0.95 of the time of packing for 12 to 400
// rows, any depth and 50 to 640 columns, in float64 and float32 (0.95 at 400 x 330 x 640; beyond the cache packing wins from
// some rows on: 512 x 512 float32 where it holds 512 KiB takes 1.3 of the time of packing). Blocks are 3, 2 or 1 vectors,
// the last of which may be a part (core/part_of_vector.hpp; by halves where the level has none): no element outside C is
// touched. Rows are shared among as few blocks as hold them. For a stack the blocks are chosen once: 250 random stacks of 2
// to 22 rows and columns run at 2.2 times numpy's speed, and one of them at less than that; by halves, and chosen item by
// item, at 1.1 times, a third of them at less.
//
// Stacks are bounded by memory for n <= 8; the next item is asked for while this one is computed.
// Needs unit column strides of B and C; A may have any strides. Cost: 2 m n k flops, no scratch memory but for panels.
#pragma once

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/caches.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

inline constexpr index_t kSmallProduct = 96;
inline constexpr index_t kLong = 4096;                // longer sums are taken in parts (product.hpp)
inline const index_t kCached = second_level_cache();  // bytes of B that stay there
// Few rows of A read B so few times that it may come from the third level (20 x 1000 times 1000 x 1000: 0.65 of the time).
inline constexpr index_t kFewRows = 64, kCachedBehind = index_t{8} << 20;
// Rows of B so far apart share two places of the first-level cache, which holds few of them (256 x 256 float64: packing
// takes 0.8 of the time).
inline constexpr index_t kColliding = 2048, kManyRows = 128;
inline constexpr index_t kTileRows = 8;  // the rows of A that are one register tile: B is read once, where it lies

// What is known to be zero, or is not wanted, and so is not computed (block by block: some of it still is).
enum class ProductPart {
  full,
  upper_result,  // only the upper triangle of C is wanted: what is below holds anything
  upper_factor,  // B is upper triangular
};

template <class T>
void product_small(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, ProductPart part = ProductPart::full);

// C = beta C + alpha A B by blocks of rows and columns on at most so many threads; the bits do not depend on their number.
// With beta == 0 what C held before is not read. B may have any strides.
template <class T>
void product_in_blocks(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, int threads, double alpha = 1,
                       double beta = 0);

// B in panels, each three vectors of its columns, row after row: read from its beginning to its end. Of any strides.
template <class T>
class Panels {
 public:
  static constexpr index_t kWidth = 3 * Simd<T>::width;

  explicit Panels(MatrixView<const T> b);
  void pack(MatrixView<const T> b);  // another one of the same shape
  const T* data() const { return memory_.data(); }
  // Where column j lies, of `depth` numbers.
  static index_t column(index_t j, index_t depth) { return j / kWidth * kWidth * depth + j % kWidth; }

 private:
  Buffer<T> memory_;
};

template <class T>
void product_of_panels(MatrixView<const T> a, const Panels<T>& b, MatrixView<T> c);

// Whether B's panels pay: it takes more than half of a first-level cache, and the rows of A share the cost. Read where they
// lie, the rows of B and the columns of A are each on a page of their own. Of numpy's time 20 of 41 x 53 times 53 x 414 took
// 1.4, in Fortran order 1.6, and take 0.95; 9 of 244 x 244 1.15 and 1.7, and take 1; 60 x 500 times 500 x 500 on one thread
// 1.05 to 1.4, and takes 0.9 to 1. Of a B in columns a copy would be made anyway.
template <class T>
bool is_worth_panels(const MatrixView<const T>& b, const MatrixView<T>& c) {
  constexpr index_t half_of_first_level = 16 << 10;
  return c.rows >= (lies_in_rows(b) ? 2 * Simd<T>::width : kTileRows) &&
         b.rows * b.cols * index_t{sizeof(T)} > half_of_first_level;
}

// One product, by the way that fits its shape: small, tall (product_tall.hpp) or large.
template <class T>
void product_single(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c);

// The upper triangle of a square C = A B that is symmetric; what lies below holds anything. Of B in columns half is sooner
// computed from a copy, too.
template <class T>
void product_upper(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c);

// c[i] = a[i] b[i] for stacks of equal count, any strides, any size of the matrices.
template <class T>
void product_batch(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c);

// Stacks of square matrices shorter than a vector. False, and nothing done, for anything else.
template <class T>
bool product_lanes(const MatrixBatch<const T>& a, const MatrixBatch<const T>& b, const MatrixBatch<T>& c);

extern template void product_small<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, ProductPart);
extern template void product_small<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                                           ProductPart);
extern template void product_in_blocks<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, int,
                                              double, double);
extern template void product_single<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
extern template void product_in_blocks<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, int,
                                               double, double);
extern template void product_single<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>);
extern template void product_upper<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>);
extern template void product_batch<float>(const MatrixBatch<const float>&, const MatrixBatch<const float>&,
                                          const MatrixBatch<float>&);
extern template void product_upper<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>);
extern template void product_batch<double>(const MatrixBatch<const double>&, const MatrixBatch<const double>&,
                                           const MatrixBatch<double>&);

extern template class Panels<float>;
extern template class Panels<double>;
extern template void product_of_panels<float>(MatrixView<const float>, const Panels<float>&, MatrixView<float>);
extern template void product_of_panels<double>(MatrixView<const double>, const Panels<double>&, MatrixView<double>);

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
bool is_unpacked_product(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  constexpr index_t size = sizeof(T);
  const bool few = a.rows <= kFewRows;
  const index_t step = lies_in_rows(b) ? b.row_stride * size : b.cols * size;
  if (!few && b.rows >= kManyRows && step % kColliding == 0) return false;
  return lies_in_rows(c) && a.cols <= kLong && b.rows * b.cols * size <= (few ? kCachedBehind : kCached);
}

}  // namespace mmlcore
