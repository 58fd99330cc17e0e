#include "mmlcore/matrices/sparse_product.hpp"

#include "mmlcore/core/chains.hpp"
#include "mmlcore/core/parallel.hpp"
#include "sparse_rows.hpp"

namespace mmlcore {

template <class Index, class T, class Start>
void sparse_product(const Csr<Index, T, Start>& a, const double* x, double* y) {
  const EqualWork work(a, 256);
  parallel_tasks(work.pieces, [&](index_t p) {
    for (index_t row = work.begin(p), end = work.begin(p + 1); row < end; ++row) {
      const auto first = static_cast<index_t>(a.start[row]), count = static_cast<index_t>(a.start[row + 1]) - first;
      const Index* column = a.column + first;
      const T* value = a.value ? a.value + first : nullptr;
      y[row] = value ? sum_in_chains<double>(count, [&](index_t k) { return value[k] * x[column[k]]; })
                     : sum_in_chains<double>(count, [&](index_t k) { return x[column[k]]; });
    }
  });
}

template void sparse_product(const Csr<std::int32_t, float>&, const double*, double*);
template void sparse_product(const Csr<std::int32_t, double>&, const double*, double*);
template void sparse_product(const Csr<std::int32_t, double, std::int64_t>&, const double*, double*);
template void sparse_product(const Csr<std::int64_t, float>&, const double*, double*);
template void sparse_product(const Csr<std::int64_t, double>&, const double*, double*);

}  // namespace mmlcore
