#include "mmlcore/elimination/cholesky_batch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/copy.hpp"
#include "mmlcore/core/first_failure.hpp"
#include "mmlcore/core/lanes.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/elimination/cholesky.hpp"

namespace mmlcore {
namespace {

constexpr index_t kParallelOrder = 256;  // from here on one matrix employs all threads
constexpr index_t kBlock = 32;           // rows that are copied together

enum class Why { fine, not_finite, not_positive };
struct Outcome {
  Why why = Why::fine;
  index_t row = -1;
};

// The lower triangle, zeros above. False where it holds NaN or infinity.
template <class T>
bool copy_lower_finite(const MatrixView<const T>& from, const MatrixView<T>& to) {
  const index_t n = from.rows;
  bool fine = true;
  T check = 0;
  for (index_t i = 0; i < n; i += kBlock) {
    const index_t rows = std::min(kBlock, n - i);
    fine &= copy_finite<T>(from.block(i, 0, rows, i), to.block(i, 0, rows, i));
    for (index_t r = i; r < i + rows; ++r) {
      for (index_t j = i; j <= r; ++j) check += (to(r, j) = from(r, j)) * 0;
      std::fill(&to(r, r) + 1, &to(r, 0) + n, T{0});
    }
  }
  return fine && check == 0;
}

// Whether products of the factor's entries may vanish beside this entry of the diagonal.
template <class T>
constexpr T kLeastDiagonal = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();

// Half the exponents of the diagonal, by which rows and columns are divided.
template <class T>
Outcome factor_scaled(const MatrixView<const T>& a, const MatrixView<T>& l, bool parallel) {
  const index_t n = a.rows;
  Buffer<int> half(n);
  for (index_t i = 0; i < n; ++i) half[i] = a(i, i) > 0 ? std::ilogb(a(i, i)) >> 1 : 0;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j <= i; ++j) l(i, j) = std::ldexp(a(i, j), -half[i] - half[j]);
  }
  const index_t bad = cholesky_rows<T>(l, parallel);
  if (bad >= 0) return {Why::not_positive, bad};
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j <= i; ++j) l(i, j) = std::ldexp(l(i, j), half[i]);
  }
  return {};
}

template <class T>
Outcome one(const MatrixView<const T>& a, const MatrixView<T>& l, bool parallel) {
  if (!copy_lower_finite(a, l)) return {Why::not_finite, -1};
  T least = 1;
  for (index_t i = 0; i < a.rows; ++i) least = std::min(least, l(i, i));
  if (least < kLeastDiagonal<T>) return factor_scaled(a, l, parallel);
  const index_t bad = cholesky_rows<T>(l, parallel);
  return bad < 0 ? Outcome{} : Outcome{Why::not_positive, bad};
}

template <class T>
struct Group {
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;

  const MatrixBatch<const T>& a;
  const MatrixBatch<T>& l;
  FirstFailure<Why>& failures;

  // Of order N, whose numbers stay in registers.
  template <int N>
  void run(index_t first) const {
    Vec numbers[N * N];
    run(first, numbers, std::integral_constant<index_t, N>{});
  }

  template <class Order>
  [[gnu::always_inline]] void run(index_t first, Vec* x, Order n) const {
    const LaneGroup<const T> from(a, first);
    load_lanes<T>(from, x);
    Vec check{};
    Mask regular = Mask{} == Mask{};
    const auto entry = [=](index_t i, index_t j) -> Vec& { return x[i * n + j]; };
    cholesky_small<Vec>(
        n,
        [&](index_t i, index_t j) {
          check += entry(i, j) * 0;
          return entry(i, j);
        },
        entry,
        [&](index_t, const Vec& whole, const Vec& pivot) {
          regular &= (pivot > 0) & (whole > S::splat(kLeastDiagonal<T>));
          return true;
        });
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = i + 1; j < n; ++j) entry(i, j) = Vec{};
    }
    store_lanes<T>(LaneGroup<T>(l, first), x);
    if (const Mask odd = ~(regular & (check == 0)); S::any(odd)) [[unlikely]]
      again(first, odd);
  }

  // By themselves, for those whose diagonal has very small entries, and to learn what is wrong.
  void again(index_t first, Mask lanes) const {
    for (index_t lane = 0; lane < S::width && first + lane < l.count(); ++lane) {
      if (!lanes[lane]) continue;
      const Outcome outcome = one<T>(a[first + lane], l[first + lane], false);
      if (outcome.why != Why::fine) failures.record(first + lane, outcome.why);
    }
  }
};

template <class T>
void in_lanes(const MatrixBatch<const T>& a, const MatrixBatch<T>& l, FirstFailure<Why>& failures) {
  constexpr index_t W = Simd<T>::width;
  const index_t n = a.item.rows;
  const Group<T> group{a, l, failures};
  parallel_ranges((l.count() + W - 1) / W, std::max<index_t>(1, 8000 / (n * n * (n + 10))), [&](index_t begin, index_t end) {
    Buffer<typename Simd<T>::Vec> work(n * n);
    for (index_t g = begin; g < end; ++g) {
      switch (n) {
        case 2:
          group.template run<2>(g * W);
          break;
        case 3:
          group.template run<3>(g * W);
          break;
        case 4:
          group.template run<4>(g * W);
          break;
        default:
          group.run(g * W, work.data(), n);
      }
    }
  });
}

}  // namespace

template <class T>
NoFactor cholesky_batch(const MatrixBatch<const T>& a, const MatrixBatch<T>& l) {
  const index_t n = a.item.rows, count = l.count();
  if (n == 0 || count == 0) return {};
  if (count == 1) {
    const Outcome outcome = one<T>(a[0], l[0], true);
    return outcome.why == Why::fine ? NoFactor{} : NoFactor{0, outcome.row};
  }
  FirstFailure<Why> failures;
  const auto item = [&](index_t i, bool parallel) {
    const Outcome outcome = one<T>(a[i], l[i], parallel);
    if (outcome.why != Why::fine) failures.record(i, outcome.why);
    return outcome.why == Why::fine;
  };
  if (n <= kCholeskyLanes) {
    in_lanes(a, l, failures);
  } else if (n >= kParallelOrder) {
    for (index_t i = 0; i < count && item(i, true); ++i) {
    }
  } else {
    parallel_ranges(count, std::max<index_t>(1, 200000 / (n * n * n)), [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end && item(i, false); ++i) {
      }
    });
  }
  if (!failures.any()) return {};
  return {failures.item(), one<T>(a[failures.item()], l[failures.item()], false).row};
}

template NoFactor cholesky_batch<float>(const MatrixBatch<const float>&, const MatrixBatch<float>&);
template NoFactor cholesky_batch<double>(const MatrixBatch<const double>&, const MatrixBatch<double>&);

}  // namespace mmlcore
