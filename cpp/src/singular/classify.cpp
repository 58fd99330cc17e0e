#include "mmlcore/singular/classify.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/eigen/symmetric_pairs.hpp"
#include "mmlcore/elimination/equilibrate.hpp"
#include "mmlcore/elimination/tell_singular.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/singular/nilpotent.hpp"
#include "mmlcore/singular/singular_values.hpp"

namespace mmlcore {
namespace {

using View = MatrixView<const double>;

// The exponent of two of the size of x, and of zero a very small one.
constexpr int kNone = -(1 << 28);
int exponent(double x) { return x == 0 ? kNone : std::ilogb(x) + 1; }

// Whether f(i, j) holds for all entries.
template <class F>
bool all_entries(index_t n, F&& f) {
  for (index_t i = 0; i < n; ++i) {
    bool row = true;
    for (index_t j = 0; j < n; ++j) row &= static_cast<bool>(f(i, j));
    if (!row) return false;
  }
  return true;
}

double largest(View a) {
  double top = 0;
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) top = std::max(top, std::abs(a(i, j)));
  }
  return top;
}

// Products of matrices whose entries carry rounding themselves: of 2 x 2 reflections and rotations, the largest error of
// twelve thousand was 6.3 times rtol and their size squared.
constexpr double kProducts = 8;

// One matrix on its way through the questions. Squares of numbers lie one after the other in `memory`.
class Questions {
 public:
  Questions(index_t n, double tol) : n_(n), tol_(tol), memory_(6 * n * n), scale_(n) {}

  template <class T>
  bool ask(const MatrixView<const T>& a) {
    if (!read(a)) return false;
    by_entries();
    if (is(kSymmetric) && n_ > kMediumOrder) return false;
    by_triangles();
    balance();
    by_products();
    if (!by_spectrum()) return false;
    if (!is(kSingular)) return true;
    if (is(kIdempotent) && !is(kZero)) return true;
    bool nilpotent = false;
    const bool fine = is_nilpotent(balanced(), tol_, &nilpotent);
    set(kNilpotent, nilpotent);
    return fine;
  }
  unsigned classes() const { return classes_; }

 private:
  bool is(unsigned kinds) const { return (classes_ & kinds) != 0; }
  void set(unsigned kind, bool holds) { classes_ |= holds ? kind : 0u; }
  MatrixView<double> square(int k) const { return c_order(memory_.data() + k * n_ * n_, n_, n_); }
  View near() const { return square(0); }          // its largest entry in [1/2, 1)
  View equilibrated() const { return square(1); }  // every row's and column's
  View balanced() const { return square(2); }
  View given() const { return square(5); }

  template <class T>
  bool read(const MatrixView<const T>& a) {
    const MatrixView<double> near = square(0), given = square(5);
    double check = 0;
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = 0; j < n_; ++j) {
        const auto x = static_cast<double>(a(i, j));
        near(i, j) = given(i, j) = x;
        check += x * 0;
        top_ = std::max(top_, std::abs(x));
      }
    }
    if (check != 0) return false;
    power_ = top_ == 0 ? 0 : exponent(top_);
    if (power_ != 0) {
      for (index_t i = 0; i < n_ * n_; ++i) near.data[i] = std::ldexp(near.data[i], -power_);
    }
    one_ = std::ldexp(1.0, std::min(-power_, 1000));
    set(kZero, top_ == 0);
    return true;
  }

  void by_entries() {
    const View a = near();
    const double tol = tol_, one = one_;
    set(kIdentity, all_entries(n_, [=](index_t i, index_t j) { return std::abs(a(i, j) - (i == j ? one : 0.0)) <= tol; }));
    set(kSymmetric, all_entries(n_, [=](index_t i, index_t j) { return std::abs(a(i, j) - a(j, i)) <= tol; }));
    set(kSkewSymmetric, all_entries(n_, [=](index_t i, index_t j) { return std::abs(a(i, j) + a(j, i)) <= tol; }));
    std::vector<int> columns(static_cast<std::size_t>(n_), 0);
    bool permutation = true;
    for (index_t i = 0; i < n_ && permutation; ++i) {
      int ones = 0;
      for (index_t j = 0; j < n_; ++j) {
        const bool is_one = std::abs(a(i, j) - one) <= tol;
        permutation &= is_one || std::abs(a(i, j)) <= tol;
        ones += is_one ? 1 : 0;
        columns[static_cast<std::size_t>(j)] += is_one ? 1 : 0;
      }
      permutation &= ones == 1;
    }
    set(kPermutation, permutation && std::all_of(columns.begin(), columns.end(), [](int k) { return k == 1; }));
  }

  void by_triangles() {
    const MatrixView<double> b = square(1);
    scale_to<double>(equilibration<double>(near()), near(), b);
    const double limit = tol_ * largest(b);
    set(kLowerTriangular, all_entries(n_, [=](index_t i, index_t j) { return i >= j || std::abs(b(i, j)) <= limit; }));
    set(kUpperTriangular, all_entries(n_, [=](index_t i, index_t j) { return i <= j || std::abs(b(i, j)) <= limit; }));
    set(kDiagonal, is(kLowerTriangular) && is(kUpperTriangular));
  }

  // Rows and columns count as large as the diagonal at least: what lies off the diagonal of a triangle could be made as
  // small as one likes. All coordinates move together, by a quarter of what each lacks, which goes by a half at a time.
  void balance() {
    const View a = near();
    const MatrixView<double> off = square(3);
    constexpr double none = -std::numeric_limits<double>::infinity();
    double diagonal = 0;
    for (index_t i = 0; i < n_; ++i) diagonal = std::max(diagonal, std::abs(a(i, i)));
    const double least = std::log2(diagonal);
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = 0; j < n_; ++j) off(i, j) = i == j ? none : std::log2(std::abs(a(i, j)));
    }
    Buffer<double> memory(3 * n_);
    double *const scale = memory.data(), *const rows = scale + n_, *const columns = rows + n_;
    std::fill_n(scale, n_, 0.0);
    for (int round = 0; round < 64; ++round) {
      std::fill_n(columns, n_, none);
      for (index_t i = 0; i < n_; ++i) {
        double row = none;
        for (index_t j = 0; j < n_; ++j) {
          const double now = off(i, j) + scale[j] - scale[i];
          row = std::max(row, now);
          columns[j] = std::max(columns[j], now);
        }
        rows[i] = std::max(row, least);
      }
      double most = 0;
      for (index_t i = 0; i < n_; ++i) {
        const double column = std::max(columns[i], least);
        if (rows[i] == none || column == none) continue;
        scale[i] += (rows[i] - column) / 4;
        most = std::max(most, std::abs(rows[i] - column));
      }
      if (most < 0.01) break;
    }
    for (index_t i = 0; i < n_; ++i) scale_[i] = static_cast<int>(std::lrint(scale[i]));
    balance_to(near(), square(2));
  }

  // b_ij = a_ij 2^(s_j - s_i).
  void balance_to(View a, MatrixView<double> b) const {
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = 0; j < n_; ++j) {
        const int step = scale_[j] - scale_[i];
        b(i, j) = step == 0 ? a(i, j) : std::ldexp(a(i, j), step);
      }
    }
  }

  // Entry (i, i) of the square of b, and what rounding leaves of it.
  struct Sum {
    double value = 0, rounding = 0;
  };
  Sum squared(View b, index_t i) const {
    Sum sum;
    for (index_t j = 0; j < n_; ++j) {
      sum.value += b(i, j) * b(j, i);
      sum.rounding += std::abs(b(i, j) * b(j, i));
    }
    sum.rounding *= 2 * static_cast<double>(n_) * std::numeric_limits<double>::epsilon();
    return sum;
  }

  void by_products() {
    const MatrixView<double> b = square(3), product = square(4);
    balance_to(given(), b);
    const double size = largest(b), rounding = kProducts * tol_ * size * size;
    const double room = std::min(rounding, size / 2), around_one = std::min(rounding, 0.5);
    bool idempotent = true, involutory = true;
    for (index_t i = 0; i < n_ && (idempotent || involutory); ++i) {
      const Sum sum = squared(b, i);
      idempotent &= std::abs(sum.value - b(i, i)) <= room + sum.rounding;
      involutory &= std::abs(sum.value - 1) <= around_one + sum.rounding;
    }
    if (idempotent || involutory) {
      product_single<double>(b, b, product);
      set(kIdempotent,
          idempotent && all_entries(n_, [=](index_t i, index_t j) { return std::abs(product(i, j) - b(i, j)) <= room; }));
      set(kInvolutory, involutory && is_identity(product, around_one));
    }
    if (!(top_ > 0 && top_ < 2)) return;
    const View a = given();
    Buffer<double> squares(n_);
    std::fill(squares.begin(), squares.end(), 0.0);
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = 0; j < n_; ++j) squares[j] += a(i, j) * a(i, j);
    }
    for (const double s : squares) {
      if (!(std::abs(s - 1) <= 0.75)) return;
    }
    product_single<double>(a.transposed(), a, product);
    set(kOrthogonal, is_identity(product, std::min(kProducts * tol_ * top_ * top_, 0.5)));
  }

  bool is_identity(MatrixView<double> product, double limit) const {
    return all_entries(n_, [=](index_t i, index_t j) { return std::abs(product(i, j) - (i == j ? 1.0 : 0.0)) <= limit; });
  }

  bool by_spectrum() {
    double low = 0, high = 0;
    if (is(kSymmetric) && !scaled_spectrum(low, high)) return false;
    const bool definite = is(kSymmetric) && low > tol_ * high;
    const bool proven = definite || is(kIdentity | kOrthogonal | kPermutation | kInvolutory);
    bool singular = false;
    if (has_no_cycle(balanced())) {  // nilpotent
      singular = true;
    } else if (!proven) {
      const Told told = tell_singular(equilibrated(), tol_);
      singular = told == Told::singular;
      if (told == Told::open) {
        if (n_ > kValuesSide) return false;
        double values[kValuesSide];
        if (!scaled_singular_values<double>(MatrixBatch<const double>{equilibrated(), {}}, values)) return false;
        singular = values[n_ - 1] <= tol_ * values[0];
      }
    }
    singular |= is(kIdempotent) && !is(kIdentity);
    set(kSingular, singular);
    set(kInvertible, !singular);
    set(kPositiveDefinite, definite && !singular);
    set(kPositiveSemidefinite, is(kSymmetric) && low >= -tol_ * std::max(high, 0.0));
    return true;
  }

  // The ends of the spectrum of (A + A') / 2 in coordinates scaled by the roots of the diagonal.
  bool scaled_spectrum(double& low, double& high) {
    const View a = near();
    const MatrixView<double> b = square(3);
    std::vector<int> half(static_cast<std::size_t>(n_), 0);
    for (index_t i = 0; i < n_; ++i) {
      const int own = a(i, i) != 0 ? exponent(a(i, i)) : largest_exponent(i);
      if (own != kNone) half[static_cast<std::size_t>(i)] = own >= 0 ? own / 2 : -((1 - own) / 2);
    }
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = 0; j < n_; ++j) {
        const int step = half[static_cast<std::size_t>(i)] + half[static_cast<std::size_t>(j)];
        b(i, j) = std::ldexp(a(i, j) / 2 + a(j, i) / 2, -step);
      }
    }
    if (n_ == 1) {
      low = high = b(0, 0);
      return true;
    }
    Buffer<double> values(n_);
    if (!symmetric_values<double>(b, values.data())) return false;
    low = values[0];
    high = values[n_ - 1];
    return true;
  }
  int largest_exponent(index_t i) const {
    int most = kNone;
    for (index_t j = 0; j < n_; ++j) most = std::max(most, exponent(near()(i, j)));
    return most;
  }

  const index_t n_;
  const double tol_;
  const Buffer<double> memory_;
  const Buffer<int> scale_;
  double top_ = 0, one_ = 1;
  int power_ = 0;
  unsigned classes_ = 0;
};

}  // namespace

template <class T>
bool classify(const MatrixView<const T>& a, double rtol, unsigned* classes) {
  MMLCORE_ASSERT(a.rows == a.cols && a.rows >= 1 && a.rows <= kClassifyOrder);
  Questions questions(a.rows, rtol);
  const bool fine = questions.ask(a);
  *classes = questions.classes();
  return fine;
}

template bool classify<float>(const MatrixView<const float>&, double, unsigned*);
template bool classify<double>(const MatrixView<const double>&, double, unsigned*);

}  // namespace mmlcore
