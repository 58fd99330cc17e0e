// Principal components of plain arrays in one call. What it answers with None goes the way of python/mmlcore/decomposition,
// which converts, checks and says what is wrong.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>

#include "arrays.hpp"
#include "door_out.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/decomposition/principal_components.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/stats/centred_product.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::decomposition_py {
namespace {

constexpr index_t kLittle = 1 << 15;  // multiplications from which on the lock is released

template <class T>
py::array_t<T> new_array(index_t rows, index_t cols = -1) {
  const npy_intp shape[2] = {rows, cols};
  PyObject* made = new_result<T>(cols < 0 ? 1 : 2, shape);
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::array_t<T>>(made);
}

// Memory for a matrix of results: see Destination.
template <class T>
class Place {
 public:
  Place(const py::object& out, index_t rows, index_t cols, std::initializer_list<py::handle> read) {
    PyObject* arrays[3];
    int count = 0;
    for (const py::handle array : read) arrays[count++] = array.ptr();
    const npy_intp shape[2] = {rows, cols};
    to_.emplace(out.ptr(), kTypeNumber<T>, 2, shape, arrays, count);
    view = c_order<T>(static_cast<T*>(to_->data()), rows, cols);
  }
  py::object delivered() const { return to_->delivered(); }
  MatrixView<T> view;

 private:
  std::optional<Destination> to_;
};

bool aligned(const py::array& x) { return (x.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) != 0; }
bool aligned_matrix(const py::array& x) { return x.ndim() == 2 && aligned(x); }
// What was pickled may lie anywhere in a message or a file.
bool aligned_model(const py::array& mean, const py::object& low, const py::array& components) {
  if (mean.ndim() != 1 || !aligned(mean) || !aligned_matrix(components)) return false;
  if (low.is_none()) return true;
  const py::array rest(low);
  return rest.ndim() == 1 && rest.size() == mean.size() && aligned(rest) && holds<double>(rest);
}

template <class T>
py::object components(const MatrixView<const T>& x, index_t k) {
  const index_t n = x.rows, d = x.cols, p = std::min(n, d);
  auto rows = new_array<T>(k, d), explained = new_array<T>(k), shares = new_array<T>(k), values = new_array<T>(k);
  auto mean = new_array<T>(d);
  auto rest = new_array<double>(d);
  Buffer<double> numbers(d + p);
  double *const m = numbers.data(), *const low = rest.mutable_data();
  PrincipalComponents<T> found{m, low, m + d, c_order<T>(rows.mutable_data(), k, d), 0};
  bool fine = false;
  if (n * d * p < kLittle) {
    fine = principal_components<T>(x, found);
  } else {
    fine = without_gil([&] { return principal_components<T>(x, found); });
  }
  if (!fine || !(found.total <= std::numeric_limits<T>::max())) return py::none();
  double noise = found.total;
  for (index_t j = 0; j < k; ++j) {
    const double variance = found.variances[j];
    noise -= variance;
    explained.mutable_data()[j] = static_cast<T>(variance);
    shares.mutable_data()[j] = static_cast<T>(found.total > 0 ? variance / found.total : 0);
    values.mutable_data()[j] = static_cast<T>(std::sqrt(variance * static_cast<double>(n - 1)));
  }
  bool exact = true;
  for (index_t j = 0; j < d; ++j) {
    mean.mutable_data()[j] = static_cast<T>(m[j]);
    low[j] += m[j] - mean.data()[j];
    exact &= low[j] == 0;
  }
  noise = p > k ? std::max(noise, 0.0) / static_cast<double>(p - k) : 0.0;
  return py::make_tuple(rows, explained, shares, values, mean, exact ? py::object(py::none()) : py::object(rest), noise);
}

// Bytes as float64, in one piece where they lie in one, in rows else.
class Widened {
 public:
  explicit Widened(const py::array& x) {
    const auto bytes = matrix_view<const std::uint8_t>(x, "X");
    const index_t n = bytes.rows, d = bytes.cols;
    memory_ = Buffer<double>(n * d);
    const bool in_columns = bytes.row_stride == 1 && bytes.col_stride == n;
    view_ = in_columns ? f_order<const double>(memory_.data(), n, d, n) : c_order<const double>(memory_.data(), n, d);
    if (in_columns || (bytes.col_stride == 1 && bytes.row_stride == d)) {
      std::copy_n(bytes.data, n * d, memory_.data());
      return;
    }
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < d; ++j) memory_[i * d + j] = bytes(i, j);
    }
  }
  const MatrixView<const double>& view() const { return view_; }

 private:
  Buffer<double> memory_;
  MatrixView<const double> view_;
};

py::object principal_components_of(const py::array& x, const py::object& wanted) {
  if (!aligned_matrix(x)) return py::none();
  const index_t n = x.shape(0), d = x.shape(1);
  const index_t k = wanted.is_none()                  ? std::min(n, d)
                    : PyLong_CheckExact(wanted.ptr()) ? PyLong_AsSsize_t(wanted.ptr())
                                                      : -1;
  if (PyErr_Occurred()) PyErr_Clear();  // an integer beyond the range
  if (k < 0 || k > std::min(n, d) || !has_few_components(n, d)) return py::none();
  if (holds<double>(x)) return components(matrix_view<const double>(x, "X"), k);
  if (holds<float>(x)) return components(matrix_view<const float>(x, "X"), k);
  if (!holds<std::uint8_t>(x) || std::max(n, d) > kValuesRoute) return py::none();
  return components(Widened(x).view(), k);
}

constexpr index_t kFewBytes = index_t{1} << 20;  // that are widened all at once

template <class T>
py::object scores(const MatrixView<const T>& points, const py::array& mean, const py::object& low,
                  const py::array& components, const py::object& given, const py::array& read) {
  const auto rows = matrix_view<const T>(components, "components");
  const index_t n = points.rows, d = points.cols, k = rows.rows;
  Buffer<T> parts(2 * d);
  const auto m = vector_view<const T>(mean, "mean");
  for (index_t j = 0; j < d; ++j) parts[j] = m[j];
  if (!low.is_none()) {
    const auto l = vector_view<const double>(py::array(low), "low");
    for (index_t j = 0; j < d; ++j) parts[d + j] = static_cast<T>(l[j]);
  }
  const T* const rest = low.is_none() ? nullptr : parts.data() + d;
  const Place<T> place(given, n, k, {read, components, mean});
  const auto run = [&] { return centred_product<T>(points, parts.data(), rest, rows.transposed(), place.view); };
  return (n * d * k < kLittle ? run() : without_gil(run)) ? place.delivered() : py::object(py::none());
}

py::object scores_of(const py::array& x, const py::array& mean, const py::object& low, const py::array& components,
                     const py::object& out) {
  if (!aligned_matrix(x) || !aligned_model(mean, low, components)) return py::none();
  if (x.shape(1) != mean.size() || components.shape(1) != mean.size()) return py::none();
  if (holds<double>(mean) && holds<double>(components)) {
    if (holds<double>(x)) return scores<double>(matrix_view<const double>(x, "X"), mean, low, components, out, x);
    if (holds<std::uint8_t>(x) && x.size() > 0 && x.size() <= kFewBytes) {
      return scores<double>(Widened(x).view(), mean, low, components, out, x);
    }
  }
  if (holds<float>(x) && holds<float>(mean) && holds<float>(components)) {
    return scores<float>(matrix_view<const float>(x, "X"), mean, low, components, out, x);
  }
  return py::none();
}

constexpr index_t kPointRows = 64;  // rows that are multiplied, and moved, while they are in the cache

// mean + scores components.
template <class T>
py::object points(const py::array& given, const py::array& mean, const py::object& low, const py::array& components,
                  const py::object& out) {
  const auto scores = matrix_view<const T>(given, "X"), rows = matrix_view<const T>(components, "components");
  const index_t n = scores.rows, d = rows.cols;
  const auto m = vector_view<const T>(mean, "mean");
  Buffer<T> front(2 * d);
  T *const offset = front.data(), *const rest = offset + d;
  for (index_t j = 0; j < d; ++j) {
    double whole = m[j];
    if (!low.is_none()) whole += vector_view<const double>(py::array(low), "low")[j];
    offset[j] = static_cast<T>(whole);
    rest[j] = static_cast<T>(whole - static_cast<double>(offset[j]));
  }
  const Place<T> place(out, n, d, {given, components, mean});
  const auto to = place.view;
  const auto run = [&] {
    if (std::isnan(largest_size(scores))) return false;
    parallel_ranges((n + kPointRows - 1) / kPointRows, 1024 / (d * rows.rows / 64 + 1) + 1, [&](index_t begin, index_t end) {
      for (index_t first = begin * kPointRows; first < std::min(n, end * kPointRows); first += kPointRows) {
        const index_t count = std::min(kPointRows, n - first);
        product_single<T>(scores.block(first, 0, count, scores.cols), rows, to.block(first, 0, count, d));
        for (index_t i = first; i < first + count; ++i) {
          T* __restrict row = to.row(i).data;
          for (index_t j = 0; j < d; ++j) row[j] = (row[j] + rest[j]) + offset[j];
        }
      }
    });
    return true;
  };
  return (n * d * rows.rows < kLittle ? run() : without_gil(run)) ? place.delivered() : py::object(py::none());
}

py::object points_of(const py::array& scores, const py::array& mean, const py::object& low, const py::array& components,
                     const py::object& out) {
  if (!aligned_matrix(scores) || !aligned_model(mean, low, components)) return py::none();
  if (scores.shape(1) != components.shape(0)) return py::none();
  if (components.shape(1) != mean.size()) return py::none();
  if (holds<double>(scores) && holds<double>(mean) && holds<double>(components)) {
    return points<double>(scores, mean, low, components, out);
  }
  if (holds<float>(scores) && holds<float>(mean) && holds<float>(components)) {
    return points<float>(scores, mean, low, components, out);
  }
  return py::none();
}

}  // namespace

void bind(py::module_& m) {
  m.attr("VALUES_ROUTE") = kValuesRoute;
  m.def("principal_components", principal_components_of, py::arg("x"), py::arg("k"),
        "(components, variances, shares, singular values, mean, what rounding took from it or None, noise).\n\n"
        "Of few features or points; None where Python has to see to it.");
  m.def("component_scores", scores_of, py::arg("x"), py::arg("mean"), py::arg("low"), py::arg("components"),
        py::arg("out") = py::none(),
        "(x - mean - low) components' for arrays of one type; None where Python has to see to it.");
  m.def("component_points", points_of, py::arg("scores"), py::arg("mean"), py::arg("low"), py::arg("components"),
        py::arg("out") = py::none(),
        "mean + low + scores components for arrays of one type; None where Python has to see to it.");
}

}  // namespace mmlcore::bindings::decomposition_py
