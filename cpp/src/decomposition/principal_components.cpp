#include "mmlcore/decomposition/principal_components.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/eigen/symmetric_pairs.hpp"
#include "mmlcore/singular/jacobi_svd.hpp"
#include "mmlcore/stats/column_moments.hpp"
#include "mmlcore/stats/covariance.hpp"

namespace mmlcore {
namespace {

constexpr double kTie = 1e-3;  // entries that differ by less, relatively, are of one size

template <class T>
void point(const MatrixView<T>& components) {
  for (index_t j = 0; j < components.rows; ++j) {
    const VectorView<T> v = components.row(j);
    const index_t lead = leading_entry<T>({v.data, v.size, v.stride}, static_cast<T>(1 - kTie));
    if (lead == v.size || !(v[lead] < 0)) continue;
    for (index_t i = 0; i < v.size; ++i) v[i] = -v[i];
  }
}

template <class T>
bool by_values(const MatrixView<const T>& x, PrincipalComponents<T>& found) {
  const index_t n = x.rows;
  column_moments<T>(x, nullptr, found.mean, found.low, nullptr);
  const MatrixView<T> columns = found.components.transposed();
  int power = 0;
  if (!centred_svd<T>(x, found.mean, found.low, found.variances, &power, columns) || std::abs(power) > 400) return false;
  found.total = 0;
  for (index_t j = 0; j < std::min(n, x.cols); ++j) {
    const double value = std::ldexp(found.variances[j], power);
    found.total += found.variances[j] = value * value / static_cast<double>(std::max<index_t>(n - 1, 1));
  }
  return true;
}

template <class T>
bool by_scatter(const MatrixView<const T>& x, PrincipalComponents<T>& found) {
  const index_t d = x.cols, k = found.components.rows;
  const double n = static_cast<double>(x.rows),
               least = sizeof(T) == 4 && d > kNarrowScatter ? kLeastSquareOfSingle : kLeastSquare;
  Buffer<double> numbers(d * d * 2 + d);
  const auto sums = c_order<double>(numbers.data(), d, d), vectors = c_order<double>(&sums(0, 0) + d * d, d, d);
  double* const values = numbers.data() + 2 * d * d;
  Moments moments{found.mean, found.low, numbers.data(), 0};
  scatter<T>(x, {}, {nullptr, Weights::Kind::weight}, moments);
  found.total = 0;
  for (index_t j = 0; j < d; ++j) {
    if (!(sums(j, j) >= least * n && sums(j, j) < 1 / kLeastSquare)) return false;
    found.total += sums(j, j) / (n - 1);
  }
  if (!symmetric_pairs<double>(MatrixView<const double>(sums), values, vectors)) return false;
  for (index_t j = 0; j < k; ++j) {
    found.variances[j] = std::max(values[d - 1 - j], 0.0) / (n - 1);
    for (index_t i = 0; i < d; ++i) found.components(j, i) = static_cast<T>(vectors(i, d - 1 - j));
  }
  return true;
}

}  // namespace

bool has_few_components(index_t n, index_t d) {
  if (std::max(n, d) <= kValuesRoute) return n > 0 && std::min(n, d) > 0 && std::min(n, d) <= kJacobiSide;
  return n >= d && d > 0 && d <= kScatterFeatures;
}

template <class T>
bool principal_components(const MatrixView<const T>& x, PrincipalComponents<T>& found) {
  if (!(std::max(x.rows, x.cols) <= kValuesRoute ? by_values(x, found) : by_scatter(x, found))) return false;
  point(found.components);
  return true;
}

template bool principal_components<float>(const MatrixView<const float>&, PrincipalComponents<float>&);
template bool principal_components<double>(const MatrixView<const double>&, PrincipalComponents<double>&);

}  // namespace mmlcore
