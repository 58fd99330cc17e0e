// The blocks of a small product (product_small.hpp), chosen once for all items of a stack: for items of some dozens of
// numbers choosing takes as long as multiplying.
#pragma once

#include <array>
#include <cstddef>

#include "mmlcore/core/views.hpp"

namespace mmlcore {

// Of one shape; and C = beta C + alpha A B where `adds`, else C = A B.
struct SmallStrides {
  index_t depth, a_row, a_col, b_row, c_row;
  bool adds = false;
  double alpha = 1, beta = 0;
};

// A block of C from where its parts of A, B and C start; of its last vector the first `last` numbers.
template <class T>
using TileKernel = void (*)(const SmallStrides&, const T* a, const T* b, T* c, index_t last);

template <class T>
class ChosenBlocks {
 public:
  // Shapes and strides alone matter; those of B and C have unit column strides.
  ChosenBlocks(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c);

  bool has_all() const { return count_ <= kMost; }
  void run(const T* a, const T* b, T* c) const {
    for (std::size_t k = 0; k < count_; ++k) {
      const Step& s = steps_[k];
      s.kernel(strides_, a + s.a, b + s.b, c + s.c, s.last);
    }
  }

 private:
  static constexpr std::size_t kMost = 12;
  struct Step {
    TileKernel<T> kernel;
    index_t a, b, c, last;
  };
  SmallStrides strides_;
  std::size_t count_ = 0;
  std::array<Step, kMost> steps_;
};

extern template class ChosenBlocks<float>;
extern template class ChosenBlocks<double>;

}  // namespace mmlcore
