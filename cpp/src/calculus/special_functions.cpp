#include "mmlcore/calculus/special_functions.hpp"

#include <math.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numbers>

namespace mmlcore::calculus::special {
namespace {

using std::numbers::inv_sqrtpi, std::numbers::pi, std::numbers::sqrt2;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();

// exp(x^2), with the part of x^2 that its rounding leaves out.
double exp_of_square(double x) {
  const double square = x * x, rest = std::fma(x, x, -square);
  const double value = std::exp(square);
  return std::isfinite(value) ? value + value * rest : value;
}

// y with erfc(y) = q, 0 < q <= 1, where erfc(y) - q is known as `error(y)`.
template <class F>
double halley(double y, F&& error) {
  for (int step = 0; step < 4; ++step) {
    const double slope = -2 * inv_sqrtpi * std::exp(-y * y), e = error(y) / slope;
    if (!std::isfinite(e)) break;
    y -= e / (1 + y * e);
  }
  return y;
}

double start(double q) {  // q = erfc(y)
  const double logarithm = std::log(q) + std::log(2 - q), a = 0.147, b = 2 / (pi * a) + logarithm / 2;
  return std::sqrt(std::sqrt(b * b - logarithm / a) - b);
}

}  // namespace

double erfcx(double x) {
  if (x < 0) return x < -26.7 ? kInfinity : 2 * exp_of_square(x) - erfcx(-x);
  if (x < 25) return exp_of_square(x) * std::erfc(x);
  const double t = x < 1e10 ? 1 / (2 * x * x) : 0;
  double sum = 1, term = 1;
  for (int k = 1; k < 16; k += 2) sum += term *= -k * t;
  return sum * inv_sqrtpi / x;
}

double log_ndtr(double x) {
  if (x > 0) return std::log1p(-std::erfc(x / sqrt2) / 2);
  return std::log(erfcx(-x / sqrt2) / 2) - x * x / 2;
}

double erfinv(double x) {
  if (!(std::abs(x) < 1)) return std::abs(x) == 1 ? x * kInfinity : kNaN;
  if (std::abs(x) < 1e-8) return x / (2 * inv_sqrtpi);
  if (std::abs(x) > 0.5) return std::copysign(erfcinv(1 - std::abs(x)), x);
  return halley(std::copysign(start(1 - std::abs(x)), x), [x](double y) { return x - std::erf(y); });
}

double erfcinv(double x) {
  if (!(x > 0 && x < 2)) return x == 0 ? kInfinity : x == 2 ? -kInfinity : kNaN;
  if (x > 1) return -erfcinv(2 - x);
  if (x > 0.5) return erfinv(1 - x);
  return halley(start(x), [x](double y) { return std::erfc(y) - x; });
}

double gammaln(double x) {
#if defined(__GLIBC__) || defined(__APPLE__)
  int sign;  // `lgamma` keeps it in one place for all threads
  return ::lgamma_r(x, &sign);
#else
  return std::lgamma(x);
#endif
}

double gamma(double x) {
  if (x == 0) return std::copysign(kInfinity, x);
  return x < 0 && x == std::floor(x) ? kNaN : std::tgamma(x);
}

double polygamma(int n, double x) {
  if (std::isnan(x)) return x;
  if (x == kInfinity) return n == 0 ? x : 0;
  if (x <= 0 && x == std::floor(x))
    return n == 0 ? (x == 0 ? std::copysign(kInfinity, -x) : kNaN) : n % 2 ? kInfinity : kNaN;
  if (n == 0 && x < -1) return polygamma(0, 1 - x) - pi / std::tan(pi * (x - std::rint(x)));
  if (x < -1e4) return kNaN;  // the recurrence would take too many steps
  // (-1)^(n+1) times the function, which is positive for n > 0; steps n! / x^(n+1) until x is large.
  double factorial = 1;
  for (int i = 2; i <= n; ++i) factorial *= i;
  double sum = 0;
  const double large = 12 + 1.5 * n;
  for (; x < large; x += 1) sum += n == 0 ? -1 / x : factorial / std::pow(x, n + 1);
  static constexpr double bernoulli[] = {1.0 / 6,       -1.0 / 30,       1.0 / 42,      -1.0 / 30,
                                         5.0 / 66,      -691.0 / 2730,   7.0 / 6,       -3617.0 / 510,
                                         43867.0 / 798, -174611.0 / 330, 854513.0 / 138};
  const double inverse = 1 / (x * x);
  if (n == 0) {
    double tail = 0, power = inverse;
    for (int k = 1; k <= 7; ++k, power *= inverse) tail += bernoulli[k - 1] / (2 * k) * power;
    return sum + (std::log(x) - 0.5 / x - tail);
  }
  // (n-1)! / x^n + n! / (2 x^(n+1)) + sum of B_2k (2k+n-1)! / ((2k)! x^(2k+n))
  const double lead = factorial / n / std::pow(x, n);
  double series = 1 + n / (2 * x), term = n * (n + 1) / 2.0 * inverse;
  for (int k = 1; k <= 11; ++k) {
    series += bernoulli[k - 1] * term;
    term *= (2.0 * k + n) * (2.0 * k + n + 1) / ((2.0 * k + 1) * (2.0 * k + 2)) * inverse;
  }
  const double size = sum + lead * series;
  return n % 2 ? size : -size;
}

#if defined(_WIN32)
double bessel_j(int n, double x) { return ::_jn(n, x); }
double bessel_y(int n, double x) { return ::_yn(n, x); }
#else
double bessel_j(int n, double x) { return ::jn(n, x); }
double bessel_y(int n, double x) {
  if (x < 0) return kNaN;
  return ::yn(n, x);
}
#endif

double bessel_ie(int order, double x) {
  const int n = std::abs(order);
  const double size = std::abs(x), sign = x < 0 && n % 2 ? -1 : 1;
  if (std::isnan(x)) return x;
  if (size == kInfinity) return 0;
  if (size > 30 + 0.5 * n * n) {  // Hankel
    double sum = 1, term = 1;
    const double mu = 4.0 * n * n;
    for (int k = 1; k < 200; ++k) {
      const double next = term * -(mu - (2.0 * k - 1) * (2.0 * k - 1)) / (k * 8 * size);
      if (std::abs(next) > std::abs(term) || next == 0) break;
      sum += term = next;
      if (std::abs(term) < 1e-17 * std::abs(sum)) break;
    }
    return sign * sum / (std::sqrt(2 * pi) * std::sqrt(size));
  }
  const double half = size / 2;
  double term = std::exp(n == 0 || half == 0 ? -size : n * std::log(half) - std::lgamma(n + 1.0) - size);
  if (half == 0 && n > 0) return 0;
  double sum = term;
  for (int k = 1; k < 1000; ++k) {
    term *= half * half / (k * static_cast<double>(k + n));
    sum += term;
    if (term < 1e-17 * sum) break;
  }
  return sign * sum;
}

}  // namespace mmlcore::calculus::special
