#include <algorithm>
#include <cmath>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/stats/column_moments.hpp"
#include "mmlcore/stats/covariance.hpp"
#include "mmlcore/stats/order_statistics.hpp"
#include "mmlcore/stats/standardize.hpp"
#include "module.hpp"

namespace mmlcore::bindings::order_py {
namespace {

// Between two numbers that follow each other, as numpy has it: from the nearer of both.
double between(double a, double b, double t) {
  if (a == b || t == 0) return a;
  const double apart = b - a;
  if (!std::isfinite(apart)) return a * (1 - t) + b * t;
  return t < 0.5 ? a + apart * t : b - apart * (1 - t);
}

double middle(double a, double b) {
  const double sum = a + b;
  return std::isfinite(sum) || std::isinf(a) || std::isinf(b) ? sum / 2 : a / 2 + b / 2;
}

// One share of the way from the number of rank `below` to the next, in each column.
template <class T>
bool at_place(const MatrixView<const T>& x, double place, bool is_median, T* to) {
  index_t ranks[2];
  ranks[0] = static_cast<index_t>(place);
  ranks[1] = std::min(ranks[0] + 1, x.rows - 1);
  const double t = place - static_cast<double>(ranks[0]);
  const index_t count = t == 0 ? 1 : 2;
  Buffer<T> found(count * x.cols);
  order_statistics<T>(x, {ranks, count, 1}, c_order(found.data(), count, x.cols));
  for (index_t j = 0; j < x.cols; ++j) {
    const double a = found[j], b = found[count == 1 ? j : x.cols + j];
    to[j] = static_cast<T>(is_median ? middle(a, b) : between(a, b, t));
  }
  return true;
}

template <class T>
bool quantile_of(const MatrixView<const T>& x, double q, T* to) {
  return x.rows > 0 && q >= 0 && q <= 1 && at_place<T>(x, static_cast<double>(x.rows - 1) * q, false, to);
}

template <class T>
bool median_of(const MatrixView<const T>& x, T* to) {
  return x.rows > 0 && at_place<T>(x, static_cast<double>(x.rows - 1) / 2, true, to);
}

// Several of them; false where there are too many for one reading of long columns.
template <class T>
bool at_places(MatrixView<const T> x, const double* places, MatrixView<T> to) {
  Buffer<index_t> ranks(2 * to.rows);
  for (index_t q = 0; q < to.rows; ++q) {
    ranks[2 * q] = static_cast<index_t>(places[q]);
    ranks[2 * q + 1] = std::min(ranks[2 * q] + (static_cast<double>(ranks[2 * q]) < places[q]), x.rows - 1);
  }
  std::sort(ranks.begin(), ranks.end());
  const index_t count = std::unique(ranks.begin(), ranks.end()) - ranks.begin();
  if (count > kMostRanks && x.rows > kSortedInLanes) return false;
  Buffer<T> numbers(count * x.cols);
  const MatrixView<T> found = c_order(numbers.data(), count, x.cols);
  for (index_t r = 0; r < count; r += kMostRanks) {
    const index_t some = std::min<index_t>(kMostRanks, count - r);
    order_statistics<T>(x, {ranks.data() + r, some, 1}, found.block(r, 0, some, x.cols));
  }
  for (index_t q = 0; q < to.rows; ++q) {
    const index_t below = static_cast<index_t>(places[q]);
    const double t = places[q] - static_cast<double>(below);
    const index_t r = std::lower_bound(ranks.begin(), ranks.begin() + count, below) - ranks.begin();
    for (index_t j = 0; j < x.cols; ++j) {
      const double a = found(r, j);
      to(q, j) = static_cast<T>(between(a, t == 0 ? a : found(r + 1, j), t));
    }
  }
  return true;
}

template <class T>
bool medians(const Call& call) {
  return call.axes() == 0 && median_of<T>(call.matrix<T>(0), call.result<T>());
}

template <class T>
bool quantiles(const Call& call) {
  return call.axes() == 0 && quantile_of<T>(call.matrix<T>(0), call.option(0), call.result<T>());
}

// All numbers of a matrix as one column, where they lie in one piece.
template <class T>
bool as_column(const Call& call, MatrixView<const T>& x) {
  x = call.matrix<T>(0);
  const bool piece = (x.col_stride == 1 && x.row_stride == x.cols) || (x.row_stride == 1 && x.col_stride == x.rows);
  x = {x.data, x.rows * x.cols, 1, 1, x.rows * x.cols};
  return call.axes() == 0 && piece;
}

template <class T>
bool median_of_all(const Call& call) {
  MatrixView<const T> x;
  return as_column<T>(call, x) && median_of<T>(x, call.result<T>());
}

template <class T>
bool quantile_of_all(const Call& call) {
  MatrixView<const T> x;
  return as_column<T>(call, x) && quantile_of<T>(x, call.option(0), call.result<T>());
}

// Sums of squares that have kept their digits, or columns that do not vary.
template <class T>
bool standardized(const Call& call) {
  const bool vector = call.axes() == 0 && PyArray_NDIM(call.array(0)) == 1;
  const index_t axis = call.whole(0);
  if (call.axes() != 0 || axis < (vector ? -1 : -2) || axis > (vector ? 0 : 1)) return false;
  MatrixView<const T> x = call.matrix<T>(0);
  MatrixView<T> to = c_order(call.result<T>(), x.rows, x.cols);
  if (!vector && (axis == 1 || axis == -1)) {
    x = x.transposed();
    to = to.transposed();
  }
  const index_t d = x.cols;
  const double n = static_cast<double>(x.rows), divisor = n - call.option(1);
  if (x.rows == 0 || !(divisor > 0)) return false;
  Buffer<double> numbers(3 * d);
  double *const mean = numbers.data(), *const low = mean + d, *const scale = low + d;
  column_moments<T>(x, nullptr, mean, low, scale);
  Buffer<bool> doubtful(d);
  bool any = false, comfortable = true;
  for (index_t j = 0; j < d; ++j) {
    const double squares = scale[j];
    // Where numbers of this size differ, so do their squares.
    doubtful[j] = squares == 0 && std::abs(mean[j]) < 1e-100;
    any |= doubtful[j];
    comfortable &= (squares == 0) | ((squares >= kLeastSquare * n) & (squares < 1 / kLeastSquare));
  }
  if (!comfortable) return false;
  for (index_t j = 0; j < d; ++j) {  // no branch: becomes vectors
    const double squares = scale[j], root = std::sqrt(squares / divisor);
    scale[j] = squares == 0 ? 1 : root;
  }
  if (any && !all_zero<T>(x, doubtful.data())) return false;
  scale_columns<T>(x, mean, low, scale, to);
  return true;
}

const DoorRow rows[] = {
    {"median", Signature("(n,d?)->(d?)"), "X", "axis=0i", {medians<double>, medians<float>}, {.turns = true}},
    {"median", Signature("(n,d)->()"), "X", "axis=None", {median_of_all<double>, median_of_all<float>}},
    {"quantile",
     Signature("(n,d?)->(d?)"),
     "X",
     "q=nan axis=0i method",
     {quantiles<double>, quantiles<float>},
     {.turns = true, .axis = 1}},
    {"quantile", Signature("(n,d)->()"), "X", "q=nan axis=None method", {quantile_of_all<double>, quantile_of_all<float>}},
    {"standardize", Signature("(n,d?)->(n,d?)"), "X", "axis=0i ddof=0 weights", {standardized<double>, standardized<float>}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.def(
      "quantiles",
      [](const py::array& x, const py::array_t<double, py::array::c_style>& places, py::array& found) {
        const double* const wanted = places.data();
        return by_dtype(x, [&](auto zero) {
          using T = decltype(zero);
          const auto view = matrix_view<const T>(x, "X");
          const auto to = matrix_view<T>(found, "found");
          return without_gil([&] { return at_places<T>(view, wanted, to); });
        });
      },
      py::arg("x"), py::arg("places"), py::arg("found"),
      "Set found (q, d) to what lies at these places, 0 to n - 1, of each sorted column; NaN where it holds one.\n\n"
      "False, and nothing set, for many places of long columns.");
  m.def(
      "scale_columns",
      [](const py::array& x, const py::array_t<double, py::array::c_style>& mean,
         const py::array_t<double, py::array::c_style>& low, const py::array_t<double, py::array::c_style>& scale,
         py::array& to) {
        const double *pm = mean.data(), *pl = low.data(), *ps = scale.data();
        by_dtype(x, [&](auto zero) {
          using T = decltype(zero);
          const auto view = matrix_view<const T>(x, "X");
          const auto out = matrix_view<T>(to, "to");
          without_gil([&] { scale_columns<T>(view, pm, pl, ps, out); });
        });
      },
      py::arg("x"), py::arg("mean"), py::arg("low"), py::arg("scale"), py::arg("to"),
      "to = (x - mean - low) / scale, column by column; `to` may be x.");
}

}  // namespace mmlcore::bindings::order_py
