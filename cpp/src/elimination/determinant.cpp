#include "mmlcore/elimination/determinant.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/first_failure.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/complex_lu.hpp"
#include "mmlcore/elimination/determinant_small.hpp"
#include "mmlcore/elimination/equilibrate.hpp"
#include "mmlcore/elimination/lu.hpp"
#include "mmlcore/elimination/solve_batch.hpp"

namespace mmlcore {
namespace {

constexpr index_t kParallelOrder = 256;  // from here on one matrix employs all threads

enum class Failure { not_finite };

// A product that cannot leave the range: mantissa and power of two.
template <Number T>
struct Product {
  T mantissa = 1;
  std::int64_t exponent = 0;

  void multiply(T factor) {
    if constexpr (Complex<T>) {
      mantissa = near_one(times(mantissa, near_one(factor)));
    } else {
      int power = 0;
      mantissa = std::frexp(mantissa * std::frexp(factor, &power), &shift_) * 2;
      exponent += power + shift_ - 1;
    }
  }

 private:
  // The larger part in [1, 2), or 0.
  T near_one(T x) {
    if (x == T{0}) return x;
    const int power = std::ilogb(largest_part(x));
    exponent += power;
    return times_power(x, -power);
  }
  int shift_ = 0;
};

int clamped(std::int64_t exponent) { return static_cast<int>(std::clamp<std::int64_t>(exponent, -5000, 5000)); }

constexpr index_t kPlain = 24;  // up to here plain loops take less than a panel's start

// The product of the pivots of `lu`, which is factored in place. False where one is zero or near the ends of the range, or
// where they differ too much.
template <Number T>
bool pivots_of(MatrixView<T> lu, bool parallel, Product<T>& product) {
  const index_t n = lu.rows;
  if (n <= kPlain && !Complex<T>) {
    if constexpr (Real<T>) product.multiply(eliminate_rows(lu));
  } else {
    Buffer<index_t> pivots(n);
    if constexpr (Complex<T>) {
      complex_lu<T>(lu, pivots.data());
    } else {
      lu_factor<T>(lu, pivots.data(), parallel);
    }
    for (index_t k = 0; k < n; ++k) {
      if (pivots[k] != k) product.multiply(-1);
    }
  }
  PivotRange<RealPart<T>> range;
  for (index_t k = 0; k < n; ++k) {
    range.add(std::abs(lu(k, k)));
    product.multiply(lu(k, k));
    if (lu(k, k) == T{0}) break;
  }
  return n == 0 || range.comfortable();
}

}  // namespace

template <Number T>
bool determinant(MatrixView<const T> a, bool parallel, T& mantissa, std::int64_t& exponent) {
  const index_t n = a.rows, ld = n <= kPlain ? n : padded_stride<T>(n);
  Buffer<T> storage(ld * n);
  const MatrixView<T> lu{storage.data(), n, n, ld, 1};
  if (!copy_finite<T>(a, lu)) return false;
  Product<T> product;
  const bool crosses = n == 2 && Real<T>;
  if (crosses || (!pivots_of(lu, parallel, product) && !in_one_unit(a))) {
    const Equilibration scale = matched(a);
    scale_to<T>(scale, a, lu);
    const bool was_zero = product.mantissa == T{0};
    product = {};
    if (crosses) {
      if constexpr (Real<T>) {
        product.multiply(cross(lu(0, 0), lu(0, 1), lu(1, 0), lu(1, 1), [](T x, T y, T z) { return std::fma(x, y, z); }));
      }
    } else {
      pivots_of(lu, parallel, product);
    }
    // Entries are at most 1 here: what is left of a product that was zero before is a number, or nothing but rounding.
    using R = RealPart<T>;
    const R noise = 8 * static_cast<R>(n) * std::numeric_limits<R>::epsilon();
    if (was_zero && !crosses && product.exponent < 0 &&
        std::ldexp(std::abs(product.mantissa), clamped(product.exponent)) <= noise)
      product.mantissa = 0;
    for (index_t i = 0; i < n; ++i) product.exponent += scale.rows[i] + scale.cols[i];
  }
  mantissa = product.mantissa;
  exponent = mantissa == T{0} ? 0 : product.exponent;
  return true;
}

template <Number T>
void determinants(const MatrixBatch<const T>& a, T* mantissa, std::int64_t* exponent) {
  const index_t n = a.item.rows, count = a.count();
  FirstFailure<Failure> failures;
  const auto one = [&](index_t i, bool parallel) {
    std::int64_t power = 0;
    if (!determinant<T>(a[i], parallel, mantissa[i], power)) return failures.record(i, Failure::not_finite);
    if (exponent) {
      exponent[i] = power;
    } else {
      mantissa[i] = times_power(mantissa[i], clamped(power));
    }
  };
  if (n >= 2 && n <= lane_order<T> && count > 1) {
    determinant_lanes<T>(a, mantissa, exponent, [&](index_t i) { one(i, false); });
  } else if (n >= kParallelOrder || count == 1) {
    for (index_t i = 0; i < count; ++i) one(i, n >= 64);
  } else {
    parallel_ranges(count, 100000 / (n * n * n + 100) + 1, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) one(i, false);
    });
  }
  if (!failures.any()) return;
  const std::string item = of_item(count == 1 ? -1 : failures.item());
  throw DomainError("A: contains NaN or infinity" + item + ".");
}

template bool determinant<float>(MatrixView<const float>, bool, float&, std::int64_t&);
template bool determinant<double>(MatrixView<const double>, bool, double&, std::int64_t&);
template bool determinant<std::complex<float>>(MatrixView<const std::complex<float>>, bool, std::complex<float>&,
                                               std::int64_t&);
template bool determinant<std::complex<double>>(MatrixView<const std::complex<double>>, bool, std::complex<double>&,
                                                std::int64_t&);
template void determinants<float>(const MatrixBatch<const float>&, float*, std::int64_t*);
template void determinants<double>(const MatrixBatch<const double>&, double*, std::int64_t*);
template void determinants<std::complex<float>>(const MatrixBatch<const std::complex<float>>&, std::complex<float>*,
                                                std::int64_t*);
template void determinants<std::complex<double>>(const MatrixBatch<const std::complex<double>>&, std::complex<double>*,
                                                 std::int64_t*);

}  // namespace mmlcore
