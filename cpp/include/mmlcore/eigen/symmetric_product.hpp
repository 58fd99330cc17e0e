// y = A x for a symmetric matrix of which the lower triangle is read, and read once.
//
// The product is bound by memory: 2 n^2 flops on 8 n^2 bytes. Number a_rc of the triangle serves twice, in y_r by x_c and in
// y_c by x_r, so that half of the bytes suffice; four rows are taken at a time, which lets each load and store of y serve
// four of them. Row groups are dealt out to a fixed number of slots, each with a y of its own, summed in order: the same
// bits for every number of threads. Threads are what Eigen's selfadjointView lacks: two take 2.4 times less than it for 1000
// rows and 3.9 times less for 3000, one 1.0 to 1.2 times less up to 1000 rows and 2.3 for 3000 (bench/cpp).
#pragma once

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

class SymmetricProduct {
 public:
  explicit SymmetricProduct(index_t most);  // of up to `most` rows

  // The tasks that a product of n rows consists of.
  static index_t slots(index_t n) { return n < kSerial ? 1 : kSlots; }
  // Task `slot`; rows are `stride` apart.
  void part(const double* a, index_t stride, index_t n, const double* x, index_t slot) const;
  // y (n), after all tasks.
  void sum(index_t n, double* y) const;

 private:
  static constexpr index_t kSlots = 4, kSerial = 96;  // smaller triangles are one thread's work
  index_t stride_;
  Buffer<double> parts_;
};

// y = A x; `a` with unit column stride.
void symmetric_product(MatrixView<const double> a, const double* x, double* y);

}  // namespace mmlcore
