#include "mmlcore/elimination/tell_singular.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "mmlcore/elimination/random_sides.hpp"

namespace mmlcore {
namespace {

constexpr index_t kParallelOrder = 64;  // of a system that is worth threads

// The square of the length of B x.
double squared_image(MatrixView<const double> b, VectorView<const double> x) {
  double squares = 0;
  for (index_t i = 0; i < b.rows; ++i) {
    double sum = 0;
    for (index_t j = 0; j < b.cols; ++j) sum += b(i, j) * x[j];
    squares += sum * sum;
  }
  return squares;
}

// The sum of the squares of the inverse's entries.
double squared_inverse(MatrixView<const double> lu, const index_t* pivots) {
  const index_t n = lu.rows;
  Buffer<double> entries(n * n);
  std::fill(entries.begin(), entries.end(), 0.0);
  for (index_t i = 0; i < n; ++i) entries[i * (n + 1)] = 1;
  lu_solve<double>(lu, pivots, c_order(entries.data(), n, n), n >= kParallelOrder);
  return dot(entries.data(), entries.data(), n * n);
}

}  // namespace

Told tell_singular(MatrixView<const double> b, double tol) {
  MMLCORE_ASSERT(b.rows == b.cols && b.rows >= 1 && b.col_stride == 1);
  const index_t n = b.rows, ld = padded_stride<double>(n), sides = kRandomSides<double>;
  double squares = 0, longest = 0;  // of rows
  for (index_t i = 0; i < n; ++i) {
    const double row = dot(b.row(i).data, b.row(i).data, n);
    squares += row;
    longest = std::max(longest, row);
  }
  Buffer<double> factors(n * ld), numbers(n * sides);
  Buffer<index_t> pivots(n);
  const MatrixView<double> lu{factors.data(), n, n, ld, 1}, x = c_order(numbers.data(), n, sides);
  copy<double>(b, lu);
  lu_factor<double>(lu, pivots.data(), n >= kParallelOrder);
  const double least = std::numeric_limits<double>::epsilon() * std::sqrt(longest);
  bool whole = true;
  for (index_t i = 0; i < n; ++i) {
    if (std::abs(lu(i, i)) >= least) continue;
    lu(i, i) = least;
    whole = false;
  }
  fill_random_sides<double>(x);
  lu_solve<double>(lu, pivots.data(), x, n >= kParallelOrder);
  double most = 0;
  index_t last = 0;
  for (index_t j = 0; j < sides; ++j) {
    double sum = 0;
    for (index_t i = 0; i < n; ++i) sum += x(i, j) * x(i, j);
    if (!(sum <= std::numeric_limits<double>::max())) return Told::open;
    if (sum > most) last = j;
    most = std::max(most, sum);
  }
  const double share = kLeastShare<double>, limit = squares * (4 * tol * tol);
  if (whole && most * limit < share * share) return Told::invertible;
  const bool singular = squared_image(b, MatrixView<const double>(x).col(last)) <= tol * tol * longest * most;
  if (singular) return Told::singular;
  return whole && squared_inverse(lu, pivots.data()) * limit < 1 ? Told::invertible : Told::open;
}

}  // namespace mmlcore
