#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/orthogonal/gram_schmidt.hpp"
#include "mmlcore/orthogonal/orthogonalize.hpp"
#include "mmlcore/orthogonal/projection.hpp"
#include "mmlcore/orthogonal/qr.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

// Options: normalize, drop.
template <class T>
bool in_order(const Call& call) {
  if (call.option(0) == 0 || call.option(1) != 0) return false;
  const index_t m = call['m'], n = call['n'];
  const double rtol = default_rtol<T>(m, n);
  const auto a = call.stack<T>(0);
  const auto q = call.results<T>();
  // A stack is shared out between the threads; a single matrix employs them all by itself.
  parallel_tasks(call.count(), [&](index_t i) {
    Buffer<T> norms(n);
    gram_schmidt<T>(a[i], q[i], norms.data(), rtol);
  });
  return true;
}

template <class T>
bool factors(const Call& call) {
  qr<T>(call.stack<T>(0), call.results<T>(0), call.results<T>(1));
  return true;
}

// Onto one subspace.
template <class T>
bool projections(const Call& call) {
  if (call.axes() != 0) return false;
  return project<T>(call.matrix<T>(0), call.matrix<T>(1), call.results<T>(0).item, call.results<T>(1).item,
                    call.result<T>(2));
}

template <class T>
bool projection_matrices(const Call& call) {
  return call.axes() == 0 && projection_matrix<T>(call.matrix<T>(0), call.results<T>().item);
}

const DoorRow rows[] = {
    {"project", Signature("(n?,d),(d,k?)->(n?,d),(n?,k),(n?)"), "X B", "metric", {projections<double>, projections<float>}},
    {"projection_matrix",
     Signature("(d,k?)->(d,d)"),
     "B",
     "metric",
     {projection_matrices<double>, projection_matrices<float>},
     {.power = 2}},
    {"gram_schmidt",
     Signature("(m,n)->(m,n)"),
     "A",
     "normalize=1 drop=0 rtol metric",
     {in_order<double>, in_order<float>},
     {.power = 2}},
    {"qr", Signature("(m,n)->(m,k),(k,n)"), "A", "", {factors<double>, factors<float>}, {.power = 2}},
};

}  // namespace

void bind_orthogonal(py::module_& m) {
  add_doors(m, rows);
  m.def(
      "gram_schmidt",
      [](const py::array& a, py::array& q, py::array& norms, double rtol) {
        by_dtype(q, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "A");
          const auto vq = matrix_batch<T>(q, "q");
          T* out = data_of<T>(norms);
          without_gil([&] {
            // A stack is shared out between the threads; a single matrix employs them all by itself.
            parallel_tasks(vq.count(), [&](index_t i) { gram_schmidt<T>(va[i], vq[i], out + i * va.item.cols, rtol); });
          });
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
        by_dtype(q, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "A");
          const auto vq = matrix_batch<T>(q, "q"), vr = matrix_batch<T>(r, "r");
          without_gil([&] { qr<T>(va, vq, vr); });
        });
      },
      py::arg("a"), py::arg("q"), py::arg("r"), "a = q r, the diagonal of r non-negative, for stacks of matrices.");
}

}  // namespace mmlcore::bindings
