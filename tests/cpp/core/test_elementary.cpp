// The elementary functions against the C library's in long double: a table of the largest errors, in units in the last
// place, over random arguments of a range. What the table allows is what was measured, rounded up.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>

#include "mmlcore/core/elementary.hpp"

namespace mmlcore::elementary {
namespace {

TEST_SUITE_BEGIN("calculus");

using Long = long double;
constexpr int kDraws = 40'000;
// Where long double is no longer than double the reference has errors of its own.
constexpr double kReference = std::numeric_limits<Long>::digits > 60 ? 0.0 : 1.5;

// Whether products are added before they are rounded; x86-64-v2 does not.
#if defined(__FMA__) || defined(__aarch64__)
constexpr bool kFused = true;
#else
constexpr bool kFused = false;
#endif

double ulps(double got, Long right) {
  if (std::isnan(got) || std::isnan(right)) return std::isnan(got) && std::isnan(right) ? 0 : kInfinity;
  const double rounded = static_cast<double>(right);
  if (std::isinf(got) || std::isinf(rounded)) return got == rounded ? 0 : kInfinity;
  const double size = std::max(std::abs(rounded), std::numeric_limits<double>::min());
  const double unit = std::nextafter(size, kInfinity) - size;
  return static_cast<double>(std::abs(static_cast<Long>(got) - right) / unit);
}

struct Row {
  std::string name;
  Vec (*ours)(Vec);
  std::function<Long(Long)> reference;
  double low, high;  // arguments; of both signs and sizes evenly spread over powers of two where low is 0
  double allowed;
};

double draw(std::mt19937_64& bits, const Row& row) {
  std::uniform_real_distribution<double> share(0, 1);
  if (row.low != 0) return row.low + (row.high - row.low) * share(bits);
  const double size = row.high * std::exp2(-40 * share(bits));
  return bits() & 1 ? size : -size;
}

#define ROW(name, reference, low, high, allowed)                        \
  Row {                                                                 \
#name, [](Vec x) { return name(x); }, reference, low, high, allowed \
  }

TEST_CASE("errors of the elementary functions") {
  const auto of = [](auto f) { return std::function<Long(Long)>(f); };
  const Row rows[] = {
      ROW(exp, of([](Long x) { return std::exp(x); }), -745, 710, 1),
      ROW(exp, of([](Long x) { return std::exp(x); }), 0, 1, 1),
      ROW(exp2, of([](Long x) { return std::exp2(x); }), -1074, 1024, kFused ? 1 : 1.15),
      ROW(expm1, of([](Long x) { return std::expm1(x); }), 0, 50, 2),
      ROW(expit, of([](Long x) { return 1 / (1 + std::exp(-x)); }), 0, 700, 2),
      ROW(log, of([](Long x) { return std::log(x); }), 1e-300, 10, 1),
      ROW(log, of([](Long x) { return std::log(x); }), 0.5, 2, 1),
      ROW(log2, of([](Long x) { return std::log2(x); }), 0.5, 1e300, 2),
      ROW(log10, of([](Long x) { return std::log10(x); }), 0.5, 1e300, 2),
      ROW(log1p, of([](Long x) { return std::log1p(x); }), 0, 0.9, 1.2),
      ROW(cbrt, of([](Long x) { return std::cbrt(x); }), 0, 1e6, 1),
      ROW(sin, of([](Long x) { return std::sin(x); }), 0, 1e5, 1),
      ROW(cos, of([](Long x) { return std::cos(x); }), 0, 1e5, 1),
      ROW(tan, of([](Long x) { return std::tan(x); }), 0, 1e3, 2),
      ROW(arcsin, of([](Long x) { return std::asin(x); }), 0, 1, 2),
      ROW(arccos, of([](Long x) { return std::acos(x); }), 0, 1, 2),
      ROW(arctan, of([](Long x) { return std::atan(x); }), 0, 1e4, 2),
      ROW(sinh, of([](Long x) { return std::sinh(x); }), 0, 710, 2.2),
      ROW(cosh, of([](Long x) { return std::cosh(x); }), 0, 710, 2),
      ROW(tanh, of([](Long x) { return std::tanh(x); }), 0, 30, 2),
      ROW(arcsinh, of([](Long x) { return std::asinh(x); }), 0, 1e10, 2),
      ROW(arccosh, of([](Long x) { return std::acosh(x); }), 1.0001, 1e10, 2),
      ROW(arctanh, of([](Long x) { return std::atanh(x); }), 0, 0.999, 2),
      ROW(erf, of([](Long x) { return std::erf(x); }), 0, 6, 2),
      ROW(erfc, of([](Long x) { return std::erfc(x); }), 0, 27, 5),  // the C library's, for positive arguments
  };
  for (const Row& row : rows) {
    std::mt19937_64 bits(1);
    double worst = 0, at = 0;
    for (int k = 0; k < kDraws; k += V::width) {
      Vec x;
      for (int lane = 0; lane < V::width; ++lane) x[lane] = draw(bits, row);
      const Vec y = row.ours(x);
      for (int lane = 0; lane < V::width; ++lane) {
        const double error = ulps(y[lane], row.reference(x[lane]));
        if (error > worst) worst = error, at = x[lane];
      }
    }
    INFO(row.name << " at " << at);
    CHECK(worst <= row.allowed + kReference);
  }
}

TEST_CASE("powers are right to two units over the whole range") {
  std::mt19937_64 bits(2);
  std::uniform_real_distribution<double> exponent(-300, 300);
  double worst = 0;
  for (int k = 0; k < kDraws; k += V::width) {
    Vec x, y;
    for (int lane = 0; lane < V::width; ++lane) {
      x[lane] = std::exp2(exponent(bits));
      y[lane] = exponent(bits) / 100;
    }
    const Vec z = pow(x, y);
    for (int lane = 0; lane < V::width; ++lane) {
      worst = std::max(worst, ulps(z[lane], std::pow(static_cast<Long>(x[lane]), static_cast<Long>(y[lane]))));
    }
  }
  CHECK(worst <= 2 + kReference);
}

TEST_CASE("the ends of the range and what is no number") {
  const auto first = [](Vec v) { return v[0]; };
  CHECK(first(exp(splat(-kInfinity))) == 0);
  CHECK(first(exp(splat(kInfinity))) == kInfinity);
  CHECK(std::isnan(first(exp(splat(kNaN)))));
  CHECK(first(log(splat(0))) == -kInfinity);
  CHECK(std::isnan(first(log(splat(-1)))));
  CHECK(first(log(splat(kInfinity))) == kInfinity);
  CHECK(std::isnan(first(sin(splat(kInfinity)))));
  CHECK(first(tanh(splat(1e300))) == 1);
  CHECK(first(arctan(splat(-kInfinity))) == -std::atan(kInfinity));
  CHECK(std::signbit(first(sin(splat(-0.0)))));
  CHECK(std::signbit(first(expm1(splat(-0.0)))));
  CHECK(first(pow(splat(0), splat(0))) == 1);
  CHECK(first(hypot(splat(3e300), splat(4e300))) == doctest::Approx(5e300));
}

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore::elementary
