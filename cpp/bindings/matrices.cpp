#include <algorithm>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/elimination/basis.hpp"
#include "mmlcore/matrices/complex_product.hpp"
#include "mmlcore/matrices/product.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/matrices/product_tall.hpp"
#include "mmlcore/matrices/rotations.hpp"
#include "mmlcore/matrices/transforms.hpp"
#include "module.hpp"

namespace mmlcore::bindings::matrices_py {
namespace {

// Between so many multiplications the BLAS that numpy brings is as fast.
constexpr double kLarge = kSmallProduct * kSmallProduct * kSmallProduct;
constexpr double kHuge = 2147483648.0;  // beyond, Python would not look for Ctrl-C for too long

template <class T>
bool matmul(const Call& call) {
  if (call.axes() == 0) {
    if constexpr (Complex<T>) {
      complex_product<T>(call.matrix<T>(0), call.matrix<T>(1), call.results<T>().item);
    } else {
      product_single<T>(call.matrix<T>(0), call.matrix<T>(1), call.results<T>().item);
    }
  } else {
    product_batch<T>(call.stack<T>(0), call.stack<T>(1), call.results<T>());
  }
  return true;
}

// Whether BLAS reads a matrix where it lies: one axis is contiguous and the other runs forward.
template <class T>
bool blas_takes(const MatrixView<const T>& a) {
  return (a.row_stride == 1 || a.col_stride == 1) && a.row_stride > 0 && a.col_stride > 0;
}

// A product without packing that one thread ends before two have begun, or of one register tile.
template <class T>
bool is_short_product(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c) {
  constexpr index_t few_steps = index_t{1} << 19;
  if (!lies_in_rows(b) || !is_unpacked_product(a, b, c)) return false;
  return a.rows <= kTileRows || a.rows * a.cols * b.cols <= few_steps;
}

// On one thread, with vectors of 32 bytes: 200 to 600 rows of float64 at 0.81 to 1.06 of BLAS's speed, by where matrices
// lie, float32 of 300 to 600 rows at 0.83 to 0.97; 400 x 50 times 50 x 400 at 1.15, so not where an axis is short.
template <class T>
bool blas_leads_alone(const MatrixView<const T>& a, const MatrixView<const T>& b, double work) {
  return kVectorBytes == 32 && work >= 1 << 22 && std::min({a.rows, a.cols, b.cols}) >= 100;
}

// One large product, with more than one thread: BLAS libraries keep their threads spinning, and two pools in turn would slow
// both down.
template <class T>
bool blas_multiplies(const Call& call) {
  if (call.axes() != 0) return false;
  const double work = static_cast<double>(call['m']) * static_cast<double>(call['k']) * static_cast<double>(call['n']);
  // A'A and A A', which numpy notices and of which BLAS computes half.
  const MatrixView<const T> a = call.matrix<T>(0), b = call.matrix<T>(1);
  const bool mirrored = a.data == b.data && a.rows == b.cols && a.row_stride == b.col_stride && a.col_stride == b.row_stride;
  if (work < kLarge || work >= (mirrored ? 8 : 1) * kHuge || call['m'] == 1 || call['n'] == 1) return false;
  const auto c = c_order<T>(nullptr, a.rows, b.cols);
  if (!blas_takes(a) || !blas_takes(b) || is_short_product(a, b, c) || is_tall_product(a, b, c)) return false;
  enter_context();
  return num_threads() > 1 || blas_leads_alone(a, b, work);
}
bool blas_is_as_fast(const Call& call, bool single) {
  return single ? blas_multiplies<float>(call) : blas_multiplies<double>(call);
}

template <class T>
bool move_points(const Call& call) {
  if (call.axes() != 0 || call.option(0) != -1) return false;
  product_single<T>(call.matrix<T>(1), call.matrix<T>(0).transposed(), call.results<T>().item);
  return true;
}

// By an affine map in homogeneous coordinates, whose last row is that of the identity.
template <class T>
bool move_points_affinely(const Call& call) {
  const index_t d = call['d'];
  if (call.axes() != 0 || call.option(0) != -1 || call['e'] != d + 1 || call['f'] != d + 1) return false;
  const MatrixView<const T> a = call.matrix<T>(0), from = call.matrix<T>(1);
  const MatrixView<T> to = call.results<T>().item;
  for (index_t j = 0; j < d; ++j) {
    if (a(d, j) != 0) return false;
  }
  if (a(d, d) != 1) return false;
  product_single<T>(from, a.block(0, 0, d, d).transposed(), to);
  for (index_t i = 0; i < to.rows; ++i) {
    for (index_t j = 0; j < d; ++j) to(i, j) += a(j, d);
  }
  return true;
}

// Three stacks, the first two multiplied first or the last two.
template <class T>
bool compose_stacks(const Call& call, bool left) {
  const index_t m = call['m'], k = call['k'], l = call['l'], n = call['n'], count = call.count();
  if (call.is_one(1) && call.is_one(left ? 0 : 2)) return false;  // the inner product is one for all
  const index_t rows = left ? m : k, cols = left ? l : n;
  Buffer<T> memory(count * rows * cols);
  MatrixBatch<T> part{c_order(memory.data(), rows, cols), {}};
  part.batch.push(count, rows * cols);
  const MatrixBatch<const T> found{part.item, part.batch};
  const auto a = call.stack<T>(0), b = call.stack<T>(1), c = call.stack<T>(2);
  product_batch<T>(left ? a : b, left ? b : c, part);
  left ? product_batch<T>(found, c, call.results<T>()) : product_batch<T>(a, found, call.results<T>());
  return true;
}

// Three matrices in the order of fewest operations.
template <class T>
bool compose_three(const Call& call) {
  const index_t m = call['m'], k = call['k'], l = call['l'], n = call['n'];
  if (call.axes() > 0) return compose_stacks<T>(call, m * k * l + m * l * n <= k * l * n + m * k * n);
  const MatrixView<const T> a = call.matrix<T>(0), b = call.matrix<T>(1), c = call.matrix<T>(2);
  const bool left = m * k * l + m * l * n <= k * l * n + m * k * n;
  Buffer<T> memory(left ? m * l : k * n);
  if (left) {
    product_single<T>(a, b, c_order(memory.data(), m, l));
    product_single<T>(c_order<const T>(memory.data(), m, l), c, call.results<T>().item);
  } else {
    product_single<T>(b, c, c_order(memory.data(), k, n));
    product_single<T>(a, c_order<const T>(memory.data(), k, n), call.results<T>().item);
  }
  return true;
}

// The item of a stack of numbers.
template <class T>
T number_of(const MatrixBatch<const T>& stack, index_t i) {
  return stack.item.data[stack.batch.offset(i)];
}

template <class T, int Factors>
bool scalings(const Call& call) {
  T check = 0;
  std::fill_n(call.result<T>(), call.count() * Factors * Factors, T{0});
  for (int f = 0; f < Factors; ++f) {
    const auto factors = call.stack<T>(f);
    T* const to = call.result<T>() + f * (Factors + 1);
    for (index_t i = 0; i < call.count(); ++i) check += (to[i * Factors * Factors] = number_of(factors, i)) * 0;
  }
  return check == 0;
}

template <class T>
bool oblique_projections(const Call& call) {
  const index_t d = call['d'];
  return each_pair<T>(call, [&](index_t i, VectorView<const T> along, VectorView<const T> normal) {
    return oblique_projection(along, normal, call.result<T>() + d * d * i);
  });
}
// Onto the plane of all coordinates but the last.
template <class T>
bool shadows(const Call& call) {
  const index_t d = call['d'];
  if (d == 0) return false;
  Buffer<T> up(d);
  std::fill(up.begin(), up.end(), T{0});
  up[d - 1] = 1;
  const auto along = call.stack<T>(0);
  const VectorView<const T> normal{up.data(), d};
  return each_item(call, d * d,
                   [&](index_t i) { return oblique_projection(vector_of(along, i), normal, call.result<T>() + d * d * i); });
}

// One larger matrix is a product that matmul may leave to numpy, and a system beside which Python costs nothing.
template <class T>
bool change_of_basis(const Call& call) {
  const index_t n = call['n'];
  if (n == 0 || call.count() == 0 || (call.count() == 1 && n > kSmallProduct)) return false;
  return change_basis<T>(call.stack<T>(0), call.stack<T>(1), call.results<T>());
}

template <class T>
bool all_rotations(const Call& call) {
  return rotations<T>(call.stack<T>(0), call.count(), call.result<T>());
}

template <class T>
bool shears(const Call& call) {
  const double axis = call.option(0);
  if (axis != 0 && axis != 1) return false;
  const auto amounts = call.stack<T>(0);
  return each_item(
      call, 4, [&](index_t i) { return shear(number_of(amounts, i), static_cast<int>(axis), call.result<T>() + 4 * i); });
}

template <class T>
bool reflections(const Call& call) {
  const index_t d = call['d'];
  const auto normals = call.stack<T>(0);
  return each_item(call, d * d, [&](index_t i) { return reflection(vector_of(normals, i), call.result<T>() + d * d * i); });
}

template <class T>
bool all_rotations3d(const Call& call) {
  return rotations3d<T>(call.stack<T>(0), call.stack<T>(1), call.count(), call.result<T>());
}

template <class T>
bool traces(const Call& call) {
  const auto a = call.stack<T>(0);
  const index_t least = std::min(call['m'], call['n']);
  return each_item(call, least, [&](index_t i) {
    const MatrixView<const T> item = a[i];
    T sum = 0;
    for (index_t j = 0; j < least; ++j) sum += item(j, j);
    call.result<T>()[i] = sum;
    return true;
  });
}

// One large product of complex matrices, with more than one thread.
template <class T>
bool blas_multiplies_complex(const Call& call) {
  if (call.axes() != 0) return false;
  const double work = 4 * static_cast<double>(call['m']) * static_cast<double>(call['k']) * static_cast<double>(call['n']);
  if (work < kLarge || work >= kHuge || call['m'] == 1 || call['n'] == 1) return false;
  if (!blas_takes(call.matrix<T>(0)) || !blas_takes(call.matrix<T>(1))) return false;
  enter_context();
  return num_threads() > 1;
}
bool blas_is_as_fast_for_complex(const Call& call, bool single) {
  return single ? blas_multiplies_complex<std::complex<float>>(call) : blas_multiplies_complex<std::complex<double>>(call);
}

const DoorRow rows[] = {
    {"matmul",
     Signature("(m?,k),(k,n?)->(m?,n?)"),
     "a b",
     "",
     {matmul<double>, matmul<float>},
     {.prefers_numpy = blas_is_as_fast, .numpy = "matmul"}},
    {"matmul",
     Signature("(m?,k),(k,n?)->(m?,n?)"),
     "a b",
     "",
     {matmul<std::complex<double>>, matmul<std::complex<float>>},
     {.prefers_numpy = blas_is_as_fast_for_complex, .numpy = "matmul", .complex = true}},
    {"transform_points",
     Signature("(m,d),(n?,d)->(n?,m)"),
     "matrix points",
     "axis=-1i",
     {move_points<double>, move_points<float>}},
    {"transform_points",
     Signature("(e,f),(n?,d)->(n?,d)"),
     "matrix points",
     "axis=-1i",
     {move_points_affinely<double>, move_points_affinely<float>}},
    {"compose", Signature("(m,k),(k,n)->(m,n)"), "matrices[0] matrices[1]", "", {matmul<double>, matmul<float>}},
    {"compose",
     Signature("(m,k),(k,l),(l,n)->(m,n)"),
     "matrices[0] matrices[1] matrices[2]",
     "",
     {compose_three<double>, compose_three<float>}},
    {"scaling", Signature("(),()->(2,2)"), "factors[0] factors[1]", "", {scalings<double, 2>, scalings<float, 2>}},
    {"scaling",
     Signature("(),(),()->(3,3)"),
     "factors[0] factors[1] factors[2]",
     "",
     {scalings<double, 3>, scalings<float, 3>}},
    {"scaling",
     Signature("(),(),(),()->(4,4)"),
     "factors[0] factors[1] factors[2] factors[3]",
     "",
     {scalings<double, 4>, scalings<float, 4>}},
    {"scaling",
     Signature("(),(),(),(),()->(5,5)"),
     "factors[0] factors[1] factors[2] factors[3] factors[4]",
     "",
     {scalings<double, 5>, scalings<float, 5>}},
    {"scaling",
     Signature("(),(),(),(),(),()->(6,6)"),
     "factors[0] factors[1] factors[2] factors[3] factors[4] factors[5]",
     "",
     {scalings<double, 6>, scalings<float, 6>}},
    {"oblique_projection",
     Signature("(d),(d)->(d,d)"),
     "direction normal",
     "",
     {oblique_projections<double>, oblique_projections<float>},
     {.power = 2}},
    {"oblique_projection", Signature("(d)->(d,d)"), "direction", "normal", {shadows<double>, shadows<float>}, {.power = 2}},
    {"change_basis",
     Signature("(n,n),(n,n)->(n,n)"),
     "matrix basis",
     "",
     {change_of_basis<double>, change_of_basis<float>},
     {.power = 3}},
    {"rotation", Signature("()->(2,2)"), "theta", "", {all_rotations<double>, all_rotations<float>}},
    {"rotation3d", Signature("(3),()->(3,3)"), "axis theta", "", {all_rotations3d<double>, all_rotations3d<float>}},
    {"shear", Signature("()->(2,2)"), "k", "axis=0i", {shears<double>, shears<float>}},
    {"reflection", Signature("(d)->(d,d)"), "normal", "", {reflections<double>, reflections<float>}, {.power = 2}},
    {"trace", Signature("(m,n)->()"), "A", "", {traces<double>, traces<float>}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.def(
      "matmul",
      [](const py::array& a, const py::array& b, py::array& out) {
        by_number(out, [&](auto zero) {
          using T = decltype(zero);
          const auto va = matrix_batch<const T>(a, "a"), vb = matrix_batch<const T>(b, "b");
          const auto vc = matrix_batch<T>(out, "out");
          without_gil([&] { product_batch<T>(va, vb, vc); });
        });
      },
      py::arg("a"), py::arg("b"), py::arg("out"), "out = a b for stacks of matrices.");
}

}  // namespace mmlcore::bindings::matrices_py
