#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/stats/affine.hpp"
#include "mmlcore/stats/column_moments.hpp"
#include "mmlcore/stats/correlations.hpp"
#include "mmlcore/stats/covariance.hpp"
#include "mmlcore/stats/cross_covariance.hpp"
#include "module.hpp"

namespace mmlcore::bindings::stats_py {
namespace {

// Below it the long way chooses units.
template <class T>
double least_square(index_t columns) {
  return sizeof(T) == 4 && columns > kNarrowScatter ? kLeastSquareOfSingle : kLeastSquare;
}

// The sums over the columns of one data set, in double; false where there is none, or stacks of them.
template <class T>
bool moments_of(const Call& call, double* mean, double* squares) {
  if (call.axes() != 0 || call['n'] == 0) return false;
  column_moments<T>(call.matrix<T>(0), nullptr, mean, nullptr, squares);
  return true;
}

template <class T>
bool means(const Call& call) {
  const index_t d = call['d'];
  T* __restrict to = call.result<T>();
  Buffer<double> mean(sizeof(T) == 8 ? 0 : d);
  double* const found = sizeof(T) == 8 ? reinterpret_cast<double*>(to) : mean.data();
  if (!moments_of<T>(call, found, nullptr)) return false;
  for (index_t j = 0; sizeof(T) != 8 && j < d; ++j) to[j] = static_cast<T>(found[j]);
  return all_finite(found, d);
}

// All numbers of a matrix as one column, where they lie in one piece.
template <class T>
bool as_column(const MatrixView<const T>& x, MatrixView<const T>& column) {
  column = {x.data, x.rows * x.cols, 1, 1, x.rows * x.cols};
  return (x.col_stride == 1 && x.row_stride == x.cols) || (x.row_stride == 1 && x.col_stride == x.rows);
}

// Of all numbers; else by the means of the rows, or of what lies in one piece.
template <class T>
bool mean_of_all(const Call& call) {
  if (call.axes() != 0 || call['n'] == 0 || call['d'] == 0) return false;
  MatrixView<const T> x = call.matrix<T>(0), column;
  if (as_column(x, column)) {
    x = column;
  } else if (x.col_stride == 1) {
    x = x.transposed();
  }
  Buffer<double> means(x.cols), low(x.cols);
  column_moments<T>(x, nullptr, means.data(), low.data(), nullptr);
  double sum = 0;
  for (index_t j = 0; j < x.cols; ++j) sum += (means[j] - means[0]) + low[j];
  const double mean = means[0] + sum / static_cast<double>(x.cols);
  *call.result<T>() = static_cast<T>(mean);
  return std::isfinite(mean);
}

// Whether variances and sums of products of deviations are far from the ends of the range.
template <class T>
bool is_fine_variance(double found) {
  return found >= kLeastSquare && found <= std::min(1 / kLeastSquare, double{std::numeric_limits<T>::max()});
}

template <class T>
bool variance_of_all(const Call& call) {
  MatrixView<const T> column;
  if (call.axes() != 0 || !as_column(call.matrix<T>(0), column)) return false;
  const double n = static_cast<double>(column.rows) - call.option(1);
  if (!(n > 0) || column.rows == 0) return false;
  double mean, low, squares;
  column_moments<T>(column, nullptr, &mean, &low, &squares);
  *call.result<T>() = static_cast<T>(squares / n);
  return is_fine_variance<T>(squares / n);
}

template <class T>
bool variances(const Call& call) {
  const index_t d = call['d'];
  const double n = static_cast<double>(call['n']) - call.option(1);
  if (!(n > 0)) return false;
  Buffer<double> mean(d), squares(d);
  if (!moments_of<T>(call, mean.data(), squares.data())) return false;
  bool fine = true;
  for (index_t j = 0; j < d; ++j) {
    const double found = squares[j] / n;
    fine &= is_fine_variance<T>(found);
    call.result<T>()[j] = static_cast<T>(found);
  }
  return fine;
}

template <class T>
bool covariances(const Call& call) {
  const index_t d = call['d'];
  const double n = static_cast<double>(call['n']), divisor = n - call.option(2);
  if (call.axes() != 0 || call['n'] < 2 || d == 0 || !(divisor > 0)) return false;
  Buffer<double> mean(d), low(d), sums(sizeof(T) == 8 ? 0 : d * d);
  double* const matrix = sizeof(T) == 8 ? reinterpret_cast<double*>(call.result<T>()) : sums.data();
  Moments moments{mean.data(), low.data(), matrix, 0};
  scatter<T>(call.matrix<T>(0), {}, {nullptr, Weights::Kind::weight}, moments);
  const auto [least, most] = range_of_diagonal(c_order<const double>(matrix, d, d));
  const double bound = least_square<T>(d);
  if (!(least >= bound * n && most < 1 / kLeastSquare)) return false;
  if (sizeof(T) == 4 && most / divisor > double{std::numeric_limits<T>::max()}) return false;
  for (index_t i = 0; i < d * d; ++i) call.result<T>()[i] = static_cast<T>(matrix[i] / divisor);
  return true;
}

// Of two data sets with the same points.
template <class T>
bool cross_covariances(const Call& call) {
  const index_t d = call['d'], e = call['e'];
  const double n = static_cast<double>(call['n']), divisor = n - call.option(1);
  if (call.axes() != 0 || call['n'] < 2 || d == 0 || e == 0 || !(divisor > 0)) return false;
  Buffer<double> numbers(d * e + d + e);
  double *const sums = numbers.data(), *const squares = sums + d * e;
  cross_scatter<T>(call.matrix<T>(0), call.matrix<T>(1), sums, squares, squares + d);
  for (index_t j = 0; j < d + e; ++j) {
    if (!is_fine_variance<T>(squares[j] / n)) return false;
  }
  for (index_t i = 0; i < d * e; ++i) call.result<T>()[i] = static_cast<T>(sums[i] / divisor);
  return true;
}

// The matrix of scatter divided by the deviations; they cancel what weights and units would do.
template <class T>
bool correlations_of(const Call& call) {
  const index_t d = call['d'];
  if (call.axes() != 0 || call['n'] < 2 || d == 0) return false;
  Buffer<double> mean(d), low(d), sums(d * d);
  Moments moments{mean.data(), low.data(), sums.data(), 0};
  scatter<T>(call.matrix<T>(0), {}, {nullptr, Weights::Kind::weight}, moments);
  const auto [least, most] = range_of_diagonal(c_order<const double>(sums.data(), d, d));
  const double bound = least_square<T>(d);
  if (!(least >= bound * static_cast<double>(call['n']) && most < 1 / kLeastSquare)) return false;
  correlations<T>(sums.data(), d, call.result<T>());
  return true;
}

template <class T>
bool mapped_mean(const Call& call) {
  return call.axes() == 0 && affine_mean(call.vector<T>(0), call.matrix<T>(1), call.vector<T>(2), call.result<T>());
}

template <class T>
bool mapped_covariance(const Call& call) {
  if (call.axes() != 0 || call['d'] == 0) return false;
  Buffer<T> product(call['m'] * call['d']);
  return affine_covariance(call.matrix<T>(0), call.matrix<T>(1), call.results<T>().item, product.data());
}

const DoorRow rows[] = {
    {"affine_mean", Signature("(d),(m,d),(m)->(m)"), "mean A b", "", {mapped_mean<double>, mapped_mean<float>}},
    {"affine_covariance",
     Signature("(d,d),(m,d)->(m,m)"),
     "S A",
     "b",
     {mapped_covariance<double>, mapped_covariance<float>},
     {.power = 2}},
    {"correlation",
     Signature("(n,d)->(d,d)"),
     "X",
     "weights",
     {correlations_of<double>, correlations_of<float>},
     {.power = 2, .bytes = true, .few_bytes = 4096}},
    {"covariance",
     Signature("(n,d)->(d,d)"),
     "X",
     "Y weights ddof=0",
     {covariances<double>, covariances<float>},
     {.power = 2, .bytes = true}},
    {"covariance",
     Signature("(n,d),(n,e)->(d,e)"),
     "X Y",
     "weights ddof=0",
     {cross_covariances<double>, cross_covariances<float>}},
    {"mean",
     Signature("(n,d?)->(d?)"),
     "X",
     "axis=0i weights",
     {means<double>, means<float>},
     {.bytes = true, .turns = true}},
    {"mean", Signature("(n,d)->()"), "X", "axis=None weights", {mean_of_all<double>, mean_of_all<float>}, {.bytes = true}},
    {"variance",
     Signature("(n,d?)->(d?)"),
     "X",
     "axis=0i ddof=0 weights",
     {variances<double>, variances<float>},
     {.bytes = true, .turns = true}},
    {"variance",
     Signature("(n,d)->()"),
     "X",
     "axis=None ddof=0 weights",
     {variance_of_all<double>, variance_of_all<float>},
     {.bytes = true}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.attr("LEAST_SQUARE") = kLeastSquare;
  m.attr("LEAST_SQUARE_OF_SINGLE") = kLeastSquareOfSingle;
  m.attr("NARROW_SCATTER") = kNarrowScatter;
}

}  // namespace mmlcore::bindings::stats_py
