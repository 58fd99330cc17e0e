#include "mmlcore/singular/reflected_svd.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/lane_arithmetic.hpp"
#include "mmlcore/eigen/back_transformation.hpp"
#include "mmlcore/singular/bidiagonal.hpp"
#include "mmlcore/singular/bidiagonal_svd.hpp"

namespace mmlcore {
namespace {

// A matrix of m >= n rows.
template <class T>
class Problem {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  static constexpr index_t W = S::width;

  Problem(index_t m, index_t n)
      : m_(m),
        n_(n),
        rows_(padded_rows<T>(n)),
        columns_(padded_rows<T>(m)),
        numbers_(6 * n + bidiagonal_scratch<T>(m, n)),
        memory_(m * rows_ + n * (columns_ + rows_)),
        vectors_(2 * n * n) {}

  bool solve(const MatrixView<const T>& a, double* values, int* power) {
    const PaddedRows<T> matrix{memory_.data(), rows_};
    copy<T>(a, {matrix.data, m_, n_, rows_, 1});
    if (!scale(matrix, power)) return false;
    T *const diagonal = numbers_.data() + 4 * n_, *const behind = diagonal + n_;
    bidiagonalize<T>(m_, n_, matrix, told(), behind + n_);
    // From the last row up it is the upper form that is wanted.
    std::reverse_copy(told().diagonal, told().diagonal + n_, diagonal);
    std::reverse_copy(told().before, told().before + n_ - 1, behind);
    return bidiagonal_svd<T>(n_, diagonal, behind, values, x(), y());
  }

  // H_{n-1} ... H_0 [0; X] and G_{n-1} ... G_1 Y, and what completes the sets.
  void longer(const MatrixView<T>& to) const { apply(x(), to, m_, m_ - n_ + 1, m_ + 1, told().u, told().tau); }
  void shorter(const MatrixView<T>& to) const { apply(y(), to, n_, 1, n_, {told().v.row(1), rows_}, told().sigma + 1); }

 private:
  Bidiagonal<T> told() const {
    T *const u = memory_.data() + m_ * rows_, *const v = u + n_ * columns_, *const own = numbers_.data();
    return {{u, columns_}, {v, rows_}, own, own + n_, own + 2 * n_, own + 3 * n_};
  }
  MatrixView<T> x() const { return c_order(vectors_.data(), n_, n_); }
  MatrixView<T> y() const { return c_order(vectors_.data() + n_ * n_, n_, n_); }

  // The largest entry in [1/2, 1), zeros behind the rows.
  bool scale(PaddedRows<T> rows, int* power) const {
    const index_t whole = whole_vectors<T>(n_);
    Vec most{}, check{};
    for (index_t i = 0; i < m_; ++i) {
      T* const row = rows.row(i);
      std::fill(row + n_, row + whole, T{0});
      for (index_t c = 0; c < whole; c += W) {
        const Vec x = S::load(row + c), size = S::abs(x);
        check += x * 0;
        most = size > most ? size : most;
      }
    }
    if (lane_sum<T>(check) != 0) return false;  // NaN is not 0
    std::frexp(lane_max<T>(most), power);
    if (*power == 0) return true;
    // In two steps: the whole power may not be a number.
    const T half = std::ldexp(T{1}, -(*power / 2)), rest = std::ldexp(T{1}, -(*power - *power / 2));
    for (index_t i = 0; i < m_; ++i) {
      for (index_t c = 0; c < whole; c += W) S::store(rows.row(i) + c, S::load(rows.row(i) + c) * half * rest);
    }
    return true;
  }

  void apply(const MatrixView<const T>& turns, const MatrixView<T>& to, index_t rows, index_t begin, index_t end,
             PaddedRows<T> vectors, const T* scales) const {
    const index_t width = padded_rows<T>(to.cols), above = rows - n_;
    Buffer<T> memory(rows * width);
    const PaddedRows<T> z{memory.data(), width};
    for (index_t i = 0; i < rows; ++i) {
      T* const row = z.row(i);
      std::fill_n(row, whole_vectors<T>(to.cols), T{0});
      if (i < above && n_ + i < to.cols) row[n_ + i] = 1;
      if (i >= above) std::copy_n(&turns(rows - 1 - i, 0), n_, row);
    }
    back_transform<T>(begin, end, vectors, scales, z, to.cols);
    copy<T>({z.data, rows, to.cols, width, 1}, to);
  }

  const index_t m_, n_, rows_, columns_;
  Buffer<T> numbers_, memory_, vectors_;
};

}  // namespace

template <class T>
bool reflected_svd(const MatrixView<const T>& a, double* values, int* power, MatrixView<T> left, MatrixView<T> right) {
  const bool wide = a.rows < a.cols;
  if (wide) std::swap(left, right);
  Problem<T> problem(std::max(a.rows, a.cols), std::min(a.rows, a.cols));
  if (!problem.solve(wide ? a.transposed() : a, values, power)) return false;
  problem.longer(left);
  problem.shorter(right);
  return true;
}

template bool reflected_svd<float>(const MatrixView<const float>&, double*, int*, MatrixView<float>, MatrixView<float>);
template bool reflected_svd<double>(const MatrixView<const double>&, double*, int*, MatrixView<double>, MatrixView<double>);

}  // namespace mmlcore
