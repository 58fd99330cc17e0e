#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/stats/affine.hpp"
#include "mmlcore/stats/byte_moments.hpp"
#include "mmlcore/stats/byte_scatter.hpp"
#include "mmlcore/stats/centred_product.hpp"
#include "mmlcore/stats/column_moments.hpp"
#include "mmlcore/stats/covariance.hpp"
#include "mmlcore/stats/dual_scatter.hpp"
#include "module.hpp"

namespace mmlcore::bindings {

using Contiguous = py::array_t<double, py::array::c_style | py::array::forcecast>;
namespace {

// Where a kernel puts what rounding took from the means: an array, or, if nobody asks, memory of its own.
struct Low {
  Low(const py::object& given, index_t size) {
    if (given.is_none()) {
      own = Buffer<double>(size);
      data = own.data();
      return;
    }
    array = given.cast<py::array_t<double>>();
    if (array.size() != size) throw DomainError("an internal call came with a mean of the wrong length");
    data = array.mutable_data();
  }

  Buffer<double> own;
  py::array_t<double> array;
  double* data;
};

// The least and the largest number on the diagonal of a matrix (d, d); NaN for both if one is.
std::pair<double, double> range_of_diagonal(const double* matrix, index_t d) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (index_t j = 0; j < d; ++j) {
    const double x = matrix[j * (d + 1)];
    if (std::isnan(x)) return {x, x};
    least = std::min(least, x);
    most = std::max(most, x);
  }
  return {least, most};
}

// Below it the long way chooses units.
template <class T>
double least_square(index_t columns) {
  return sizeof(T) == 4 && columns > kNarrowScatter ? kLeastSquareOfSingle : kLeastSquare;
}

// The sums over the columns of one data set, in double; false where there is none, or stacks of them.
template <class T>
bool moments_of(const Call& call, double* mean, double* squares) {
  if (call.axes() != 0 || call['n'] == 0) return false;
  Buffer<double> low(call['d']);
  column_moments<T>(call.matrix<T>(0), nullptr, mean, low.data(), squares);
  return true;
}

template <class T>
bool means(const Call& call) {
  const index_t d = call['d'];
  Buffer<double> mean(d);
  if (!moments_of<T>(call, mean.data(), nullptr)) return false;
  bool finite = true;
  for (index_t j = 0; j < d; ++j) {
    finite &= std::isfinite(mean[j]);
    call.result<T>()[j] = static_cast<T>(mean[j]);
  }
  return finite;
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
    fine &= found >= kLeastSquare && found <= std::min(1 / kLeastSquare, double{std::numeric_limits<T>::max()});
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
  const auto [least, most] = range_of_diagonal(matrix, d);
  const double bound = least_square<T>(d);
  if (!(least >= bound * n && most < 1 / kLeastSquare)) return false;
  if (sizeof(T) == 4 && most / divisor > double{std::numeric_limits<T>::max()}) return false;
  for (index_t i = 0; i < d * d; ++i) call.result<T>()[i] = static_cast<T>(matrix[i] / divisor);
  return true;
}

// The matrix of scatter divided by the deviations; they cancel what weights and units would do.
template <class T>
bool correlations(const Call& call) {
  const index_t d = call['d'];
  if (call.axes() != 0 || call['n'] < 2 || d == 0) return false;
  Buffer<double> mean(d), low(d), sums(d * d), deviations(d);
  Moments moments{mean.data(), low.data(), sums.data(), 0};
  scatter<T>(call.matrix<T>(0), {}, {nullptr, Weights::Kind::weight}, moments);
  const auto [least, most] = range_of_diagonal(sums.data(), d);
  const double n = static_cast<double>(call['n']);
  const double bound = least_square<T>(d);
  if (!(least >= bound * n && most < 1 / kLeastSquare)) return false;
  for (index_t j = 0; j < d; ++j) deviations[j] = std::sqrt(sums[j * (d + 1)]);
  for (index_t i = 0; i < d; ++i) {
    for (index_t j = 0; j < d; ++j) {
      const double found = i == j ? 1 : std::clamp(sums[i * d + j] / deviations[i] / deviations[j], -1.0, 1.0);
      const double mirror = i == j ? 1 : std::clamp(sums[j * d + i] / deviations[j] / deviations[i], -1.0, 1.0);
      call.result<T>()[i * d + j] = static_cast<T>((found + mirror) / 2);
    }
  }
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
     "b |",
     {mapped_covariance<double>, mapped_covariance<float>},
     {.power = 2}},
    {"correlation",
     Signature("(n,d)->(d,d)"),
     "X",
     "weights",
     {correlations<double>, correlations<float>},
     {.power = 2, .bytes = true}},
    {"covariance",
     Signature("(n,d)->(d,d)"),
     "X",
     "Y | weights ddof=0",
     {covariances<double>, covariances<float>},
     {.power = 2, .bytes = true}},
    {"mean",
     Signature("(n,d?)->(d?)"),
     "X",
     "axis=0i | weights",
     {means<double>, means<float>},
     {.bytes = true, .turns = true}},
    {"variance",
     Signature("(n,d?)->(d?)"),
     "X",
     "axis=0i ddof=0 | weights",
     {variances<double>, variances<float>},
     {.bytes = true, .turns = true}},
};

}  // namespace

void bind_stats(py::module_& m) {
  add_doors(m, rows);
  m.attr("LEAST_SQUARE") = kLeastSquare;
  m.attr("LEAST_SQUARE_OF_SINGLE") = kLeastSquareOfSingle;
  m.attr("NARROW_SCATTER") = kNarrowScatter;
  m.def(
      "scatter",
      [](const py::array& x, const py::object& y, const py::object& weights, bool deviations, py::array_t<double>& mean,
         py::array_t<double>& scatter_matrix, const py::object& low) {
        const Low rest(low, mean.size());
        Moments moments{mean.mutable_data(), rest.data, scatter_matrix.mutable_data(), 0};
        const auto kept = weights.is_none() ? Contiguous() : Contiguous(weights);
        const auto kind = deviations ? Weights::Kind::deviation : Weights::Kind::weight;
        const Weights w{weights.is_none() ? nullptr : kept.data(), kind};
        by_dtype(x, [&](auto zero) {
          using T = decltype(zero);
          const auto view = matrix_view<const T>(x, "X");
          VectorView<const T> last;
          if (!y.is_none()) last = vector_view<const T>(py::array(y), "y");
          without_gil([&] { scatter<T>(view, last, w, moments); });
        });
        const auto [least, most] = range_of_diagonal(moments.scatter, mean.size());
        return py::make_tuple(moments.weight, least, most);
      },
      py::arg("x"), py::arg("y"), py::arg("weights"), py::arg("deviations"), py::arg("mean"), py::arg("scatter_matrix"),
      py::arg("low") = py::none(),
      "Mean, what rounding took from it, and scatter matrix of the rows of x and of y, weighted.\n\n"
      "Returns the sum of the weights, NaN if one is none, and the least and the largest number on the diagonal, NaN if one "
      "is.");
  m.def(
      "byte_scatter",
      [](const py::array& x, py::array_t<double>& mean, py::array_t<double>& scatter_matrix) {
        const auto view = matrix_view<const std::uint8_t>(x, "X");
        double *pm = mean.mutable_data(), *ps = scatter_matrix.mutable_data();
        without_gil([&] { byte_scatter(view, pm, ps); });
      },
      py::arg("x"), py::arg("mean"), py::arg("scatter_matrix"), "Mean and scatter matrix of the rows of x, bytes; exact.");
  m.def(
      "byte_moments",
      [](const py::array& x, py::array_t<double>& mean, const py::object& squares) {
        const auto view = matrix_view<const std::uint8_t>(x, "X");
        double* pm = mean.mutable_data();
        double* ps = squares.is_none() ? nullptr : squares.cast<py::array_t<double>>().mutable_data();
        without_gil([&] { byte_moments(view, pm, ps); });
      },
      py::arg("x"), py::arg("mean"), py::arg("squares"),
      "Mean and, unless None, squared deviations of columns of bytes; exact.");
  m.def(
      "column_moments",
      [](const py::array& x, const py::object& weights, py::array_t<double>& mean, const py::object& squares,
         const py::object& low) {
        const auto w = weights.is_none() ? Contiguous() : Contiguous(weights);
        const double* pw = weights.is_none() ? nullptr : w.data();
        const Low rest(low, mean.size());
        double *pm = mean.mutable_data(), *pl = rest.data;
        double* ps = squares.is_none() ? nullptr : squares.cast<py::array_t<double>>().mutable_data();
        return by_dtype(x, [&](auto zero) {
          using T = decltype(zero);
          const auto view = matrix_view<const T>(x, "X");
          return without_gil([&] { return column_moments<T>(view, pw, pm, pl, ps); });
        });
      },
      py::arg("x"), py::arg("weights"), py::arg("mean"), py::arg("squares"), py::arg("low") = py::none(),
      "Mean, what rounding took from it and, unless None, sum of squared deviations of each column.\n\n"
      "Returns the sum of the weights.");
  m.def(
      "centred_product",
      [](const py::array& x, const py::object& mean, const py::array& w, py::array& out, const py::object& low) {
        return by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto vx = matrix_view<const T>(x, "X"), vw = matrix_view<const T>(w, "w");
          const T* vm = mean.is_none() ? nullptr : vector_view<const T>(py::array(mean), "mean").data;
          const T* vl = low.is_none() ? nullptr : vector_view<const T>(py::array(low), "low").data;
          const auto vo = matrix_view<T>(out, "out");
          return without_gil([&] { return centred_product<T>(vx, vm, vl, vw, vo); });
        });
      },
      py::arg("x"), py::arg("mean"), py::arg("w"), py::arg("out"), py::arg("low") = py::none(),
      "out = (x - mean - low) w, both contiguous; False if x holds NaN or infinity. Mean None: each row minus its own.");
  m.def(
      "dual_scatter",
      [](const py::array& x, py::array_t<double>& mean, py::array_t<double>& inner, const py::object& low) {
        const Low rest(low, mean.size());
        by_dtype(x, [&](auto zero) {
          using T = decltype(zero);
          const auto view = matrix_view<const T>(x, "X");
          double *m = mean.mutable_data(), *l = rest.data, *k = inner.mutable_data();
          without_gil([&] { dual_scatter<T>(view, m, l, k); });
        });
      },
      py::arg("x"), py::arg("mean"), py::arg("inner"), py::arg("low") = py::none(),
      "Mean of the rows of x, and what rounding took from it; and the inner products of the centred rows.");
}

}  // namespace mmlcore::bindings
