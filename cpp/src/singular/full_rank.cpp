#include "mmlcore/singular/full_rank.hpp"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/matrices/gram.hpp"
#include "mmlcore/matrices/product.hpp"

namespace mmlcore {
namespace {

constexpr double kMost = 1e100;  // of an entry, and the inverse of the least that the largest may be

// The upper triangle of X'X in rows, X in rows.
void gram(const MatrixView<const double>& x, double* to) {
  const index_t m = x.rows, p = x.cols;
  if (p > kSmallProduct) return product<double>(x.transposed(), x, c_order(to, p, p));
  gram_of_rows<double>(m, p, std::max<index_t>(16, 8192 / p), to,
                       [&](index_t, index_t first, index_t rows) { return x.block(first, 0, rows, p); });
}

}  // namespace

template <class T>
bool surely_full_rank(const MatrixView<const T>& a, double rtol) {
  const MatrixView<const T> tall = a.rows < a.cols ? a.transposed() : a;
  const index_t m = tall.rows, p = tall.cols;
  if (p == 0) return false;
  const double largest = largest_size(tall);
  if (!(largest >= 1 / kMost && largest <= kMost)) return false;
  Buffer<double> numbers(m * p + p * p);
  const MatrixView<double> rows = c_order(numbers.data(), m, p);
  if constexpr (std::is_same_v<T, double>) {
    copy<double>(tall, rows);
  } else {
    for (index_t i = 0; i < m; ++i) {
      for (index_t j = 0; j < p; ++j) rows(i, j) = static_cast<double>(tall(i, j));
    }
  }
  double* const square = numbers.data() + m * p;
  gram(rows, square);
  double trace = 0;
  for (index_t j = 0; j < p; ++j) trace += square[j * (p + 1)];
  constexpr double unit = std::numeric_limits<double>::epsilon() / 2;
  const double delta = (4 * static_cast<double>(m + p) * unit + 2 * rtol * rtol) * trace;
  for (index_t j = 0; j < p; ++j) square[j * (p + 1)] -= delta;
  return cholesky(f_order(square, p, p, p));  // columns of the lower triangle are rows of the upper one
}

template bool surely_full_rank<float>(const MatrixView<const float>&, double);
template bool surely_full_rank<double>(const MatrixView<const double>&, double);

}  // namespace mmlcore
