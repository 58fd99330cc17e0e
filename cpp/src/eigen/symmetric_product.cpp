#include "mmlcore/eigen/symmetric_product.hpp"

#include <algorithm>

#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore {
namespace {

using V = Simd<double>;
constexpr index_t W = V::width;

// Rows r ... r + 3 of the triangle, and their mirror images. Row r and r + 1 have r + 1, r + 2, ... elements.
void four_rows(const double* a0, index_t stride, const double* x, index_t r, double* y) {
  const double *a1 = a0 + stride, *a2 = a1 + stride, *a3 = a2 + stride;
  const double x0 = x[r], x1 = x[r + 1], x2 = x[r + 2], x3 = x[r + 3];
  typename V::Vec s0{}, s1{}, s2{}, s3{};
  index_t c = 0;
  for (; c + W <= r; c += W) {
    const typename V::Vec xc = V::load(x + c), r0 = V::load(a0 + c), r1 = V::load(a1 + c), r2 = V::load(a2 + c),
                          r3 = V::load(a3 + c);
    s0 += r0 * xc;
    s1 += r1 * xc;
    s2 += r2 * xc;
    s3 += r3 * xc;
    V::store(y + c, V::load(y + c) + ((r0 * x0 + r1 * x1) + (r2 * x2 + r3 * x3)));
  }
  double t0 = V::sum(s0), t1 = V::sum(s1), t2 = V::sum(s2), t3 = V::sum(s3);
  for (; c < r; ++c) {
    t0 += a0[c] * x[c];
    t1 += a1[c] * x[c];
    t2 += a2[c] * x[c];
    t3 += a3[c] * x[c];
    y[c] += (a0[c] * x0 + a1[c] * x1) + (a2[c] * x2 + a3[c] * x3);
  }
  // The 4 x 4 block on the diagonal.
  y[r] += t0 + a0[r] * x0 + a1[r] * x1 + a2[r] * x2 + a3[r] * x3;
  y[r + 1] += t1 + a1[r] * x0 + a1[r + 1] * x1 + a2[r + 1] * x2 + a3[r + 1] * x3;
  y[r + 2] += t2 + a2[r] * x0 + a2[r + 1] * x1 + a2[r + 2] * x2 + a3[r + 2] * x3;
  y[r + 3] += t3 + a3[r] * x0 + a3[r + 1] * x1 + a3[r + 2] * x2 + a3[r + 3] * x3;
}

}  // namespace

SymmetricProduct::SymmetricProduct(index_t most) : stride_(padded_stride<double>(most)), parts_(kSlots * stride_) {}

void SymmetricProduct::part(const double* a, index_t stride, index_t n, const double* x, index_t slot) const {
  const index_t count = slots(n), groups = n / 4;
  double* y = parts_.data() + slot * stride_;
  std::fill(y, y + n, 0.0);
  for (index_t g = slot; g < groups; g += count) four_rows(a + 4 * g * stride, stride, x, 4 * g, y);
  if (slot > 0) return;
  for (index_t r = 4 * groups; r < n; ++r) {
    const double* row = a + r * stride;
    y[r] += dot(row, x, r + 1);
    for (index_t c = 0; c < r; ++c) y[c] += x[r] * row[c];
  }
}

void SymmetricProduct::sum(index_t n, double* y) const {
  const double* part = parts_.data();
  std::copy(part, part + n, y);
  for (index_t slot = 1; slot < slots(n); ++slot) {
    part += stride_;
    for (index_t c = 0; c < n; ++c) y[c] += part[c];
  }
}

void symmetric_product(MatrixView<const double> a, const double* x, double* y) {
  if (a.col_stride != 1) throw DomainError("an internal call came with rows that are not contiguous");
  const index_t n = a.rows, slots = SymmetricProduct::slots(n);
  const SymmetricProduct product(n);
  parallel_tasks(slots, [&](index_t slot) { product.part(a.data, a.row_stride, n, x, slot); });
  product.sum(n, y);
}

}  // namespace mmlcore
