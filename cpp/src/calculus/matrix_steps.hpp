// Linear algebra inside programs: each operation on a stack of matrices, by the kernels of the other chapters.
//
// Where numpy raises an error (a singular matrix, one that is not positive definite, NaN), the results of that matrix are
// NaN, and those of the other points what they are.
#pragma once

#include <limits>
#include <span>

#include "mmlcore/calculus/operation.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore::calculus {

struct MatrixStep {
  Op op;
  std::int32_t aux;
  index_t m, n, k;
};

// `size` numbers of each point, or the same ones for all.
template <class T>
struct StackOperand {
  const T* data;
  index_t size;
  bool same;
};
template <class T>
struct StackResult {
  T* data;
  index_t size;
};
inline StackOperand<double> stack_of(std::span<const double> x) { return {x.data(), static_cast<index_t>(x.size()), true}; }

// Point after point, [point][item][row][column].
template <class T>
void run_matrices(const MatrixStep& step, index_t points, const StackOperand<T>& a, const StackOperand<T>& b,
                  const StackResult<T>& out);

extern template void run_matrices<float>(const MatrixStep&, index_t, const StackOperand<float>&, const StackOperand<float>&,
                                         const StackResult<float>&);
extern template void run_matrices<double>(const MatrixStep&, index_t, const StackOperand<double>&,
                                          const StackOperand<double>&, const StackResult<double>&);

}  // namespace mmlcore::calculus
