// Matrix product C = beta C + alpha A B, for any strides of A, B and C, float32 and float64.
//
// The variant is that of Goto and van de Geijn ("Anatomy of high-performance matrix multiplication", ACM TOMS 34, 2008), in
// the loop order of BLIS (Van Zee and van de Geijn, ACM TOMS 41, 2015):
//
//   for each slice of kDepth columns of A and rows of B           the slice is copied ("packed") once, in the order in which
//     for each tile of C that fits the second-level cache          the innermost loop reads it, whatever its strides were
//       for each micro-tile of M x N elements                      a strip of B stays in the first-level cache
//         C_micro += A_strip B_strip                               kDepth rank-1 updates held in registers
//
// A micro-tile is M = 3 vectors by N columns: 3 N accumulators, 3 loads and N broadcasts for 3 N fused multiply-adds, which
// runs at the peak of the multiply-add units at every instruction level. The innermost loop wants C's unit stride along
// the vector; a C-ordered C is computed as C' = B' A'. A C without a unit stride is handled through a small tile.
//
// Because packing reads each element once and may do anything to it, a caller can hand in a `Pack` that converts or centres
// on the way (the covariance kernel does): the product then costs no extra pass over the data.
//
// Cost: 2 m n k flops; 2 m n k / kDepth bytes-loads of C; scratch (m + n) kDepth elements. Parallel over tiles of C; every
// element of C is one sum in one order, so the bits do not depend on the number of threads.
//
// Eigen's product has one thread, and takes 0.8 to 0.9 of the time of one thread here at AVX-512; two threads make it 1.3
// (n = 300) to 1.5 (500, 1000) times as fast as Eigen's (bench/cpp, "product"). That it takes any strides, and that its
// parts can be had, is what the other kernels need.
#pragma once

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

// C = beta C + alpha A B. With beta == 0 what C held before is not read. C must not overlap A or B.
template <Real T>
void product(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, T alpha = 1, T beta = 0);

// The same on the calling thread alone: for blocks of a kernel that is parallel itself.
template <Real T>
void product_serial(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, T alpha = 1, T beta = 0);

// The parts, for kernels that pack their own operands (covariance) or run many small products.
namespace gemm {

template <Real T>
struct Shape {
  static constexpr int W = Simd<T>::width;
  static constexpr int MV = 3;                          // vectors along the unit stride of C
  static constexpr int M = MV * W;                      // rows of a micro-tile
  static constexpr int N = kVectorBytes == 64 ? 8 : 4;  // columns of a micro-tile
  static constexpr index_t depth = sizeof(T) == 8 ? 256 : 384;
};

// Rows of a strip of A that covers `rows` rows, a multiple of the vector width: a last strip may be thinner than M.
template <Real T>
constexpr int strip_width(index_t rows) {
  constexpr index_t W = Shape<T>::W, M = Shape<T>::M;
  return static_cast<int>(rows >= M ? M : (rows + W - 1) / W * W);
}

// Copies `a` (at most `width` rows) to out[k * width + row], rows beyond a.rows as zeros. Any strides.
template <Real T>
void pack_strip(MatrixView<const T> a, int width, T* out);

// c = beta c + alpha * (packed strip of A) * (packed strip of B): `width` is that of A's strip, B's is Shape::N. A c smaller
// than the micro-tile, or without unit row stride, goes through a tile on the stack.
template <Real T>
void packed_tile(int width, index_t depth, const T* a, const T* b, MatrixView<T> c, T alpha, T beta);

extern template void pack_strip<float>(MatrixView<const float>, int, float*);
extern template void pack_strip<double>(MatrixView<const double>, int, double*);
extern template void packed_tile<float>(int, index_t, const float*, const float*, MatrixView<float>, float, float);
extern template void packed_tile<double>(int, index_t, const double*, const double*, MatrixView<double>, double, double);

}  // namespace gemm

extern template void product<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, float, float);
extern template void product<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, double, double);
extern template void product_serial<float>(MatrixView<const float>, MatrixView<const float>, MatrixView<float>, float,
                                           float);
extern template void product_serial<double>(MatrixView<const double>, MatrixView<const double>, MatrixView<double>, double,
                                            double);

}  // namespace mmlcore
