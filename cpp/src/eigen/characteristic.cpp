#include "mmlcore/eigen/characteristic.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace mmlcore {
namespace {

// high + low, |low| at most half a unit in the last place of high.
struct Pair {
  double high = 0, low = 0;
};

inline Pair sorted_sum(double large, double small) {
  const double sum = large + small;
  return {sum, small - (sum - large)};
}

inline Pair sum_of(double a, double b) {
  const double sum = a + b, part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}

// Relative error of sums 2^-104 of the sum of the sizes, of products 2^-102.
inline Pair operator+(Pair a, Pair b) {
  const Pair high = sum_of(a.high, b.high), low = sum_of(a.low, b.low);
  const Pair first = sorted_sum(high.high, high.low + low.high);
  return sorted_sum(first.high, first.low + low.low);
}

inline Pair operator*(Pair a, Pair b) {
  const double product = a.high * b.high, rest = std::fma(a.high, b.high, -product);
  return sorted_sum(product, rest + (a.high * b.low + a.low * b.high));
}

inline Pair operator/(Pair a, double b) {
  const double first = a.high / b, rest = std::fma(-first, b, a.high);
  return sorted_sum(first, (rest + a.low) / b);
}

// A number and the sum of the sizes of all that was added up for it.
struct Bounded {
  Pair value;
  double size = 0;
};

inline Bounded operator*(const Bounded& a, const Bounded& b) { return {a.value * b.value, a.size * b.size}; }
inline void operator+=(Bounded& a, const Bounded& b) { a = {a.value + b.value, a.size + b.size}; }

// The same of a complex number: |x y| = |x| |y| bounds what is added up for either part of a product, and rounding of the
// two parts together is less than twice that of a real number, for which kUnit has room.
struct BoundedParts {
  Pair real, imag;
  double size = 0;
};

inline Pair operator-(Pair a) { return {-a.high, -a.low}; }
inline BoundedParts operator*(const BoundedParts& a, const BoundedParts& b) {
  return {a.real * b.real + -(a.imag * b.imag), a.real * b.imag + a.imag * b.real, a.size * b.size};
}
inline void operator+=(BoundedParts& a, const BoundedParts& b) { a = {a.real + b.real, a.imag + b.imag, a.size + b.size}; }

constexpr double kUnit = 0x1p-101;
constexpr int kMostPower = 40;  // entries lie within 2^-40 and 2^40, so that no power leaves the range

// The exponent of the last bit of a number that is not zero.
int last_bit(double x) {
  int power = 0;
  const double fraction = std::frexp(x, &power);
  const auto bits = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  int zeros = 0;
  while (((bits >> zeros) & 1) == 0) ++zeros;
  return power - 53 + zeros;
}

// The float64 nearest to the exact value, known to `error`, on a grid of this unit; false where it is not certain.
bool rounded(Pair value, double error, double unit, double& to) {
  if (error < unit / 4) {
    const double high = std::rint(value.high / unit), low = std::rint((value.high / unit - high) + value.low / unit);
    to = (high + low) * unit;
    return true;
  }
  to = value.high + value.low;
  return value.high + (value.low - error) == to && value.high + (value.low + error) == to;
}

// What the steps ask of numbers of either kind.
Bounded bounded(double x) { return {{x, 0}, std::abs(x)}; }
BoundedParts bounded(std::complex<double> x) {
  return {{x.real(), 0}, {x.imag(), 0}, std::sqrt(x.real() * x.real() + x.imag() * x.imag())};
}
Bounded part(const Bounded& a, double of) { return {a.value / -of, a.size / of}; }
BoundedParts part(const BoundedParts& a, double of) { return {a.real / -of, a.imag / -of, a.size / of}; }
bool rounded(const Bounded& a, double error, double unit, double& to) { return rounded(a.value, error, unit, to); }
bool rounded(const BoundedParts& a, double error, double unit, std::complex<double>& to) {
  double real = 0, imag = 0;
  const bool fine = rounded(a.real, error, unit, real) && rounded(a.imag, error, unit, imag);
  to = {real, imag};
  return fine;
}

// Whether a number is neither too large nor too small; `grid` is lowered to its last bit.
bool fits(double x, int& grid) {
  const double size = std::abs(x);
  if (x == 0) return true;
  if (!(size > std::ldexp(1.0, -kMostPower) && size < std::ldexp(1.0, kMostPower))) return false;
  grid = std::min(grid, last_bit(x));
  return true;
}
bool fits(std::complex<double> x, int& grid) { return fits(x.real(), grid) && fits(x.imag(), grid); }

}  // namespace

template <class T>
bool characteristic_polynomial(MatrixView<const T> a, Widened<T>* coefficients) {
  using Number = decltype(bounded(Widened<T>{}));
  constexpr index_t N = Complex<T> ? kExactComplexOrder : kExactOrder;
  const index_t n = a.rows;
  coefficients[0] = 1;
  if (n == 0) return true;
  Number powers[(N + 1) / 2][N * N];  // A, A^2, ..., as rows
  int grid = kMostPower;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) {
      const auto x = static_cast<Widened<T>>(a(i, j));
      if (!fits(x, grid)) return false;
      powers[0][i * n + j] = bounded(x);
    }
  }
  const index_t kept = std::max<index_t>(1, (n + 1) / 2);
  for (index_t p = 1; p < kept; ++p) {
    for (index_t i = 0; i < n; ++i) {
      Number* const row = powers[p] + i * n;
      std::fill(row, row + n, Number{});
      for (index_t k = 0; k < n; ++k) {
        for (index_t j = 0; j < n; ++j) row[j] += powers[p - 1][i * n + k] * powers[0][k * n + j];
      }
    }
  }
  Number traces[N + 1], c[N + 1];
  for (index_t k = 1; k <= n; ++k) {  // of A^k, from A^i and A^(k-i)
    const index_t first = std::min(k - 1, kept);
    for (index_t i = 0; i < n; ++i) {
      if (k == 1) {
        traces[k] += powers[0][i * n + i];
        continue;
      }
      for (index_t j = 0; j < n; ++j) traces[k] += powers[first - 1][i * n + j] * powers[k - first - 1][j * n + i];
    }
  }
  // Roundings one after the other: n + 4 for each further power, n^2 for a trace, k + 12 for a coefficient, by 2^-104 each.
  c[0] = bounded(Widened<T>{1});
  for (index_t k = 1; k <= n; ++k) {
    Number sum = traces[k];
    for (index_t i = 1; i < k; ++i) sum += c[i] * traces[k - i];
    c[k] = part(sum, static_cast<double>(k));
    const double steps = static_cast<double>(k * (n * n + n + k + 16));
    if (!rounded(c[k], c[k].size * steps * kUnit, std::ldexp(1.0, static_cast<int>(k) * grid), coefficients[k]))
      return false;
  }
  return true;
}

void polynomial_of_roots(const std::complex<double>* roots, index_t n, std::complex<double>* coefficients) {
  coefficients[0] = 1;
  for (index_t k = 0; k < n; ++k) {
    const double real = roots[k].real(), imag = roots[k].imag();
    coefficients[k + 1] = 0;
    for (index_t i = k + 1; i > 0; --i) {
      const std::complex<double> c = coefficients[i - 1];
      coefficients[i] -= std::complex<double>(real * c.real() - imag * c.imag(), real * c.imag() + imag * c.real());
    }
  }
}

template bool characteristic_polynomial<float>(MatrixView<const float>, double*);
template bool characteristic_polynomial<double>(MatrixView<const double>, double*);
template bool characteristic_polynomial<std::complex<float>>(MatrixView<const std::complex<float>>, std::complex<double>*);
template bool characteristic_polynomial<std::complex<double>>(MatrixView<const std::complex<double>>, std::complex<double>*);

}  // namespace mmlcore
