#include "mmlcore/matrices/sparse_product.hpp"

#include <algorithm>

#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

template <class Term>
double row_sum(index_t count, Term&& term) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  index_t k = 0;
  for (; k + 4 <= count; k += 4) {
    s0 += term(k);
    s1 += term(k + 1);
    s2 += term(k + 2);
    s3 += term(k + 3);
  }
  for (; k < count; ++k) s0 += term(k);
  return (s0 + s1) + (s2 + s3);
}

}  // namespace

template <class Index, class T>
void sparse_product(const SparseRows<Index, T>& a, const double* x, double* y) {
  constexpr index_t kWork = index_t{1} << 15;  // of a piece: some 30 us
  const auto done = [&](index_t row) { return static_cast<index_t>(a.start[row]) + 4 * row; };
  const index_t work = done(a.rows), pieces = std::clamp<index_t>(work / kWork, 1, 256);
  // The first row from which on at least `share` of the work is left behind.
  const auto row_at = [&](index_t share) {
    index_t low = 0, high = a.rows;
    while (low < high) {
      const index_t middle = low + (high - low) / 2;
      done(middle) < share ? low = middle + 1 : high = middle;
    }
    return low;
  };
  parallel_tasks(pieces, [&](index_t p) {
    const index_t begin = p == 0 ? 0 : row_at(work / pieces * p),
                  end = p + 1 == pieces ? a.rows : row_at(work / pieces * (p + 1));
    for (index_t row = begin; row < end; ++row) {
      const auto first = static_cast<index_t>(a.start[row]), count = static_cast<index_t>(a.start[row + 1]) - first;
      const Index* column = a.column + first;
      const T* value = a.value ? a.value + first : nullptr;
      y[row] = value ? row_sum(count, [&](index_t k) { return value[k] * x[column[k]]; })
                     : row_sum(count, [&](index_t k) { return x[column[k]]; });
    }
  });
}

template void sparse_product(const SparseRows<std::int32_t, float>&, const double*, double*);
template void sparse_product(const SparseRows<std::int32_t, double>&, const double*, double*);
template void sparse_product(const SparseRows<std::int64_t, float>&, const double*, double*);
template void sparse_product(const SparseRows<std::int64_t, double>&, const double*, double*);

}  // namespace mmlcore
