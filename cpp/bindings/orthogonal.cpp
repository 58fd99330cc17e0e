#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/signs.hpp"
#include "mmlcore/orthogonal/complement.hpp"
#include "mmlcore/orthogonal/gram_schmidt_stack.hpp"
#include "mmlcore/orthogonal/is_orthonormal.hpp"
#include "mmlcore/orthogonal/orthogonalize.hpp"
#include "mmlcore/orthogonal/projection.hpp"
#include "mmlcore/orthogonal/qr.hpp"
#include "mmlcore/singular/pivoted_factors.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::orthogonal_py {
namespace {

// Options: normalize, drop.
template <class T>
bool in_order(const Call& call) {
  if (call.option(0) == 0 || call.option(1) != 0) return false;
  const index_t m = call['m'], n = call['n'];
  Buffer<RealPart<T>> norms(call.count() * n);
  gram_schmidt_stack<T>(call.stack<T>(0), call.results<T>(), norms.data(), default_rtol<RealPart<T>>(m, n));
  return true;
}

template <class T>
bool factors(const Call& call) {
  if (call.option(1) != 0) return false;  // with exchanges of columns
  if (Complex<T> && call['m'] * call['n'] > kComplexEntries) return false;
  qr<T>(call.stack<T>(0), call.results<T>(0), call.results<T>(1));
  return true;
}

template <class T>
bool dimensions(const Call& call) {
  const index_t m = call['m'], n = call['n'];
  const index_t count = call.count();
  auto* const to = call.result<std::int64_t>();
  Buffer<T> columns(count * m * n);
  Buffer<RealPart<T>> norms(count * n);
  MatrixBatch<T> q{c_order(columns.data(), m, n), {}};
  q.batch.push(count, m * n);
  gram_schmidt_stack<T>(call.stack<T>(0), q, norms.data(), default_rtol<RealPart<T>>(m, n));
  for (index_t i = 0; i < count; ++i) {
    to[i] = std::count_if(norms.data() + i * n, norms.data() + (i + 1) * n, [](auto norm) { return norm > 0; });
  }
  return true;
}

template <class T>
bool orthonormal(const Call& call) {
  const index_t m = call['m'], n = call['n'];
  const auto q = call.stack<T>(0);
  bool* const to = call.result<bool>();
  const double rtol =
      4 * (static_cast<double>(n) + std::sqrt(static_cast<double>(m))) * std::numeric_limits<RealPart<T>>::epsilon();
  return each_item(call, m * n * n, [&](index_t item) { return is_orthonormal<T>(q[item], rtol, to[item]); });
}

// Rows onto one subspace, or those of each item of a stack onto its own; a stack of rows onto one subspace is the
// function's, which takes all rows at once.
template <class T>
bool projections(const Call& call) {
  if (call.axes() != 0) {
    if (call.is_one(1)) return false;
    const auto x = call.stack<T>(0), b = call.stack<T>(1);
    const auto points = call.results<T>(0), coordinates = call.results<T>(1);
    const index_t n = call['n'], work = call['d'] * call['k'] * (n + call['k']);
    return each_item(
        call, work, [&](index_t i) { return project<T>(x[i], b[i], points[i], coordinates[i], call.result<T>(2) + i * n); });
  }
  return project<T>(call.matrix<T>(0), call.matrix<T>(1), call.results<T>(0).item, call.results<T>(1).item,
                    call.result<T>(2));
}

template <class T>
bool matrices_of_projections(const Call& call) {
  return projection_matrices<T>(call.stack<T>(0), call.results<T>());
}

// Of independent columns, at most as many as they have entries.
template <class T>
py::object complements(const Call& call) {
  const index_t d = call['d'], k = call['k'];
  if (call.axes() != 0 || k < 1 || k > d) return {};
  const NewArray<T> basis({d, d - k});
  const MatrixView<T> to = c_order(basis.data, d, d - k);
  const bool fine = apart(static_cast<double>(d * k) * static_cast<double>(d), [&] {
    if (!complement<T>(call.matrix<T>(0), default_rtol<T>(d, k), to)) return false;
    for (T* x = basis.data; x != basis.data + d * (d - k); ++x) *x += 0;  // no minus zeros
    point_columns<T>(to);
    return true;
  });
  return fine ? basis.array : py::object();
}

using Wide = std::complex<double>;
using Single = std::complex<float>;
constexpr DoorTraits kComplex{.power = 2, .complex = true};

const DoorRow rows[] = {
    {"orthogonal_complement", Signature("(d,k?)->"), "B", "", {}, {.makes = {complements<double>, complements<float>}}},
    {"span_dimension", Signature("(m,n)->()i"), "A", "rtol", {dimensions<double>, dimensions<float>}, {.power = 2}},
    {"is_orthogonal", Signature("(m,n)->()b"), "Q", "rtol", {orthonormal<double>, orthonormal<float>}, {.power = 2}},
    {"span_dimension", Signature("(m,n)->()i"), "A", "rtol", {dimensions<Wide>, dimensions<Single>}, kComplex},
    {"is_orthogonal", Signature("(m,n)->()b"), "Q", "rtol", {orthonormal<Wide>, orthonormal<Single>}, kComplex},
    {"gram_schmidt",
     Signature("(m,n)->(m,n)"),
     "A",
     "normalize=1 drop=0 rtol metric",
     {in_order<Wide>, in_order<Single>},
     kComplex},
    {"qr", Signature("(m,n)->(m,k),(k,n)"), "A", "mode pivoting=0", {factors<Wide>, factors<Single>}, kComplex},
    {"project", Signature("(n?,d),(d,k?)->(n?,d),(n?,k),(n?)"), "X B", "metric", {projections<double>, projections<float>}},
    {"projection_matrix",
     Signature("(d,k?)->(d,d)"),
     "B",
     "metric",
     {matrices_of_projections<double>, matrices_of_projections<float>},
     {.power = 2}},
    {"gram_schmidt",
     Signature("(m,n)->(m,n)"),
     "A",
     "normalize=1 drop=0 rtol metric",
     {in_order<double>, in_order<float>},
     {.power = 2}},
    {"qr", Signature("(m,n)->(m,k),(k,n)"), "A", "mode pivoting=0", {factors<double>, factors<float>}, {.power = 2}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.attr("COMPLEX_ENTRIES") = kComplexEntries;
  m.def(
      "gram_schmidt",
      [](const py::array& a, py::array& q, py::array& norms, double rtol) {
        by_number(q, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "A");
          const auto vq = matrix_batch<T>(q, "q");
          auto* out = data_of<RealPart<T>>(norms);
          without_gil([&] { gram_schmidt_stack<T>(va, vq, out, rtol); });
        });
      },
      py::arg("a"), py::arg("q"), py::arg("norms"), py::arg("rtol"),
      "Columns of a orthonormalized in order into q; norms (..., n), contiguous: lengths of what they added.");
  m.def(
      "orthogonalize",
      [](const py::array& rows, py::array& v) {
        const auto vr = matrix_view<const double>(rows, "rows");
        double* pv = vector_view<double>(v, "v").data;
        return without_gil([&] { return orthogonalize(vr, pv); });
      },
      py::arg("rows"), py::arg("v"), "v, contiguous, made orthogonal to orthonormal rows in place; returns its length.");
  m.def(
      "qr",
      [](const py::array& a, py::array& q, py::array& r) {
        by_number(q, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "A");
          const auto vq = matrix_batch<T>(q, "q"), vr = matrix_batch<T>(r, "r");
          without_gil([&] { qr<T>(va, vq, vr); });
        });
      },
      py::arg("a"), py::arg("q"), py::arg("r"),
      "a = q r, the diagonal of r non-negative, for stacks of matrices; q of min(m, n) columns, or square.");
  m.def(
      "pivoted_qr",
      [](const py::array& a, py::array& q, py::array& r, py::array_t<std::int64_t>& order) {
        return by_number(q, [&](auto zero) {
          using T = decltype(zero);
          const auto from = matrix_batch<const T>(a, "A");
          const auto left = matrix_batch<T>(q, "q"), right = matrix_batch<T>(r, "r");
          std::int64_t* const places = order.mutable_data();
          const index_t n = from.item.cols;
          return without_gil([&] {
            std::atomic<bool> fine{true};
            parallel_tasks(from.count(), [&](index_t i) {
              if (!pivoted_factors<T>(from[i], left[i], right[i], places + i * n)) fine = false;
            });
            return fine.load();
          });
        });
      },
      py::arg("a"), py::arg("q"), py::arg("r"), py::arg("order"),
      "a[:, order] = q r for stacks of matrices, order (..., n) contiguous. False where one is not finite.");
}

}  // namespace mmlcore::bindings::orthogonal_py
