#include "mmlcore/matrices/sparse_gram.hpp"

#include <algorithm>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/chains.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/parallel.hpp"
#include "sparse_rows.hpp"

namespace mmlcore {

template <class Index, class T>
void sparse_gram(const Csr<Index, T>& a, const double* left, VectorView<const double> right, const double* v, double* y) {
  const index_t n = right.size;
  const EqualWork work(a, kGramPieces);
  Buffer<double> sums(work.pieces * n), weights(work.pieces);
  const double along = dot(right.data, v, n);
  parallel_tasks(work.pieces, [&](index_t p) {
    double *to = sums.data() + p * n, weight = 0;
    std::fill(to, to + n, 0.0);
    for (index_t row = work.begin(p), end = work.begin(p + 1); row < end; ++row) {
      const auto first = static_cast<index_t>(a.start[row]), count = static_cast<index_t>(a.start[row + 1]) - first;
      const Index* column = a.column + first;
      const T* value = a.value + first;
      const double u = sum_in_chains<double>(count, [&](index_t k) { return value[k] * v[column[k]]; }) - left[row] * along;
      for (index_t k = 0; k < count; ++k) to[column[k]] += u * value[k];
      weight += u * left[row];
    }
    weights[p] = weight;
  });
  double weight = 0;
  for (const double part : weights) weight += part;
  parallel_ranges(n, 4096, [&](index_t begin, index_t end) {
    for (index_t j = begin; j < end; ++j) y[j] = -weight * right.data[j];
    for (index_t p = 0; p < work.pieces; ++p) {
      const double* from = sums.data() + p * n;
      for (index_t j = begin; j < end; ++j) y[j] += from[j];
    }
  });
}

template void sparse_gram(const Csr<std::int32_t, float>&, const double*, VectorView<const double>, const double*, double*);
template void sparse_gram(const Csr<std::int32_t, double>&, const double*, VectorView<const double>, const double*, double*);
template void sparse_gram(const Csr<std::int64_t, float>&, const double*, VectorView<const double>, const double*, double*);
template void sparse_gram(const Csr<std::int64_t, double>&, const double*, VectorView<const double>, const double*, double*);

}  // namespace mmlcore
