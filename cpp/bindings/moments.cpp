// Sums of data sets for the Python functions of stats and decomposition: what the doors of stats.cpp leave to them, weights,
// units, bytes and chunks.
#include <utility>

#include "arrays.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/stats/byte_moments.hpp"
#include "mmlcore/stats/byte_scatter.hpp"
#include "mmlcore/stats/centred_product.hpp"
#include "mmlcore/stats/column_moments.hpp"
#include "mmlcore/stats/correlations.hpp"
#include "mmlcore/stats/covariance.hpp"
#include "mmlcore/stats/dual_scatter.hpp"
#include "mmlcore/stats/merge_moments.hpp"
#include "module.hpp"

namespace mmlcore::bindings::moments_py {
namespace {

using Contiguous = py::array_t<double, py::array::c_style | py::array::forcecast>;

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

bool is_plain(const py::array_t<double>& x, index_t size) {
  return x.size() == size && (x.flags() & py::array::c_style) && x.writeable();
}

constexpr double kLittle = 20'000;  // multiplications from which on the lock is released

// The sums over the rows of x and over `total` points whose sums are the first three, in the last three, which belong to
// nobody else; returns the number of points. None, where Python has to see to it: what is in the last three is lost then.
py::object with_points(const py::array& x, py::array_t<double>& mean, py::array_t<double>& low, py::array_t<double>& matrix,
                       double total, py::array_t<double>& new_mean, py::array_t<double>& new_low,
                       py::array_t<double>& new_matrix) {
  const bool aligned = (x.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) != 0;
  if (x.ndim() != 2 || !aligned || x.shape(0) == 0 || x.shape(1) != mean.size()) return py::none();
  const index_t n = x.shape(0), d = x.shape(1);
  for (const auto* part : {&mean, &low, &new_mean, &new_low})
    if (!is_plain(*part, d)) return py::none();
  if (!is_plain(matrix, d * d) || !is_plain(new_matrix, d * d)) return py::none();
  const Moments before{mean.mutable_data(), low.mutable_data(), matrix.mutable_data(), total};
  Moments found{new_mean.mutable_data(), new_low.mutable_data(), new_matrix.mutable_data(), 0};
  const auto add = [&](auto zero) {
    using T = decltype(zero);
    const auto points = matrix_view<const T>(x, "X");
    const auto run = [&] {
      scatter<T>(points, {}, {}, found);
      const auto [least, most] = range_of_diagonal(c_order<const double>(found.scatter, d, d));
      const double bound = sizeof(T) == 4 && d > kNarrowScatter ? kLeastSquareOfSingle : kLeastSquare;
      if (!(least >= bound * found.weight && most < 1 / kLeastSquare)) return false;
      return total == 0 || merge_moments(before, found, d, found);
    };
    const double work = static_cast<double>(n) * static_cast<double>(d * d);
    return work < kLittle ? run() : without_gil(run);
  };
  const bool fine = holds<double>(x) ? add(double{}) : holds<float>(x) ? add(float{}) : false;
  return fine ? py::object(py::float_(found.weight)) : py::object(py::none());
}

}  // namespace

void bind(py::module_& m) {
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
        const auto [least, most] = range_of_diagonal(c_order<const double>(moments.scatter, mean.size(), mean.size()));
        return py::make_tuple(moments.weight, least, most);
      },
      py::arg("x"), py::arg("y"), py::arg("weights"), py::arg("deviations"), py::arg("mean"), py::arg("scatter_matrix"),
      py::arg("low") = py::none(),
      "Mean, what rounding took from it, and scatter matrix of the rows of x and of y, weighted.\n\n"
      "Returns the sum of the weights, NaN if one is none, and the least and the largest number on the diagonal, NaN if one "
      "is.");
  m.def("with_points", &with_points, py::arg("x"), py::arg("mean"), py::arg("low"), py::arg("scatter_matrix"),
        py::arg("total"), py::arg("new_mean"), py::arg("new_low"), py::arg("new_scatter_matrix"),
        "Sums of points and of the rows of x, in given memory; their number, or None where Python has to see to it.");
  m.def(
      "byte_scatter",
      [](const py::array& x, py::array_t<double>& mean, py::array_t<double>& scatter_matrix) {
        const auto view = matrix_view<const std::uint8_t>(x, "X");
        double *pm = mean.mutable_data(), *ps = scatter_matrix.mutable_data();
        without_gil([&] { byte_scatter(view, pm, ps); });
      },
      py::arg("x"), py::arg("mean"), py::arg("scatter_matrix"), "Mean and scatter matrix of the rows of x, bytes; exact.");
  m.def(
      "correlations",
      [](const Contiguous& sums, py::array& to) {
        const index_t d = sums.shape(0);
        by_dtype(to, [&](auto zero) {
          using T = decltype(zero);
          T* const out = static_cast<T*>(to.mutable_data());
          without_gil([&] { correlations<T>(sums.data(), d, out); });
        });
      },
      py::arg("sums"), py::arg("to"), "Correlations from sums of products, (d, d), into `to`, contiguous.");
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

}  // namespace mmlcore::bindings::moments_py
