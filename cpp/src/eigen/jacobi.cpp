#include "mmlcore/eigen/jacobi.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/first_failure.hpp"
#include "mmlcore/core/lanes.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/signs.hpp"

namespace mmlcore {
namespace {

constexpr int kSweeps = 20;  // three times what is needed

// W matrices of N rows: a(i, j) for i >= j, and the rows of v are the eigenvectors.
template <class T, int N>
class Group {
 public:
  using S = Simd<T>;
  using Vec = typename S::Vec;
  using Mask = typename S::Mask;

  Vec* matrix() { return a_; }

  void solve(bool with_vectors) {
    scale();
    vectors_ = with_vectors ? N : 0;
    for (int i = 0; i < vectors_; ++i) {
      for (int j = 0; j < N; ++j) v_[i][j] = S::splat(i == j ? 1 : 0);
    }
    constexpr T small = std::numeric_limits<T>::epsilon() / 4;
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
      const Vec rounding = small * small * diagonal_squares();
      if (!S::any(off_squares() > rounding)) break;
      limit_ = rounding / T(N * N);
      for (int q = 1; q < N; ++q) {
        for (int p = 0; p < q; ++p) rotate(p, q);
      }
    }
    sort();
    for (int i = 0; i < vectors_; ++i) point(v_[i]);
    if (S::any(scaled_)) unscale();
  }

  // Lanes whose lower triangle holds NaN or infinity; what lies above the diagonal is not read.
  Mask odd() const {
    Vec sum{};
    for (int i = 0; i < N; ++i) {
      for (int j = 0; j <= i; ++j) sum += a_[i * N + j] * 0;
    }
    return sum != 0;
  }

  const Mask& scaled() const { return scaled_; }
  const Vec& value(int i) const { return a_[i * N + i]; }
  const Vec& vector(int i, int k) const { return v_[i][k]; }

 private:
  // Entry (i, j) of the symmetric matrix, in its lower triangle.
  Vec& at(int i, int j) { return i >= j ? a_[i * N + j] : a_[j * N + i]; }

  // Powers of two that bring matrices whose squares would leave the range near 1.
  void scale() {
    Vec top{};
    for (int i = 0; i < N; ++i) {
      for (int j = 0; j <= i; ++j) {
        const Vec size = S::abs(a_[i * N + j]);
        top = size > top ? size : top;
      }
    }
    const T most = std::ldexp(T{1}, sizeof(T) == 8 ? 200 : 20);
    scaled_ = (top > most) | ((top < 1 / most) & (top > 0));
    if (!S::any(scaled_)) return;
    Vec down = S::splat(1), half = S::splat(1);
    for (int l = 0; l < S::width; ++l) {
      power_[l] = 0;
      if (!scaled_[l] || !std::isfinite(top[l])) continue;
      int power = 0;
      std::frexp(top[l], &power);
      power_[l] = power;
      down[l] = std::ldexp(T{1}, -power / 2);  // in two steps: the whole power may not be a number
      half[l] = std::ldexp(T{1}, -power + power / 2);
    }
    for (int i = 0; i < N; ++i) {
      for (int j = 0; j <= i; ++j) a_[i * N + j] = a_[i * N + j] * down * half;
    }
  }

  void unscale() {
    for (int i = 0; i < N; ++i) {
      for (int l = 0; l < S::width; ++l) {
        if (scaled_[l]) a_[i * N + i][l] = std::ldexp(a_[i * N + i][l], power_[l]);
      }
    }
  }

  Vec off_squares() const {
    Vec sum{};
    for (int i = 1; i < N; ++i) {
      for (int j = 0; j < i; ++j) sum += a_[i * N + j] * a_[i * N + j];
    }
    return sum;
  }
  Vec diagonal_squares() const {
    Vec sum{};
    for (int i = 0; i < N; ++i) sum += a_[i * N + i] * a_[i * N + i];
    return sum;
  }

  inline __attribute__((always_inline)) void rotate(int p, int q) {
    const Vec apq = at(q, p), app = at(p, p), aqq = at(q, q);
    if (!S::any(apq * apq > limit_)) return;
    // t with one division; where a_pq is too small for its square, it is far below rounding (see scale).
    const Vec gap = aqq - app, twice = apq + apq;
    const Vec size = S::abs(gap) + S::sqrt(gap * gap + twice * twice);
    Vec t = (gap < 0 ? -twice : twice) / size;
    t = S::abs(apq) < kTiny ? Vec{} : t;
    const Vec c = 1 / S::sqrt(t * t + 1), s = t * c;
    at(p, p) = app - t * apq;
    at(q, q) = aqq + t * apq;
    at(q, p) = Vec{};
    for (int i = 0; i < p; ++i) turn(c, s, a_[p * N + i], a_[q * N + i]);
    for (int i = p + 1; i < q; ++i) turn(c, s, a_[i * N + p], a_[q * N + i]);
    for (int i = q + 1; i < N; ++i) turn(c, s, a_[i * N + p], a_[i * N + q]);
    for (int i = 0; i < vectors_; ++i) turn(c, s, v_[p][i], v_[q][i]);
  }

  static inline __attribute__((always_inline)) void turn(Vec c, Vec s, Vec& x, Vec& y) {
    const Vec old = x;
    x = c * old - s * y;
    y = s * old + c * y;
  }

  // Ascending, by exchanges of neighbours in rounds of odd and even places.
  void sort() {
    for (int round = 0; round < N; ++round) {
      for (int i = round % 2; i + 1 < N; i += 2) {
        Vec &x = a_[i * N + i], &y = a_[(i + 1) * N + i + 1];
        const Mask swap = x > y;
        if (!S::any(swap)) continue;
        exchange(swap, x, y);
        for (int k = 0; k < vectors_; ++k) exchange(swap, v_[i][k], v_[i + 1][k]);
      }
    }
  }
  static void exchange(Mask swap, Vec& x, Vec& y) {
    const Vec old = x;
    x = swap ? y : x;
    y = swap ? old : y;
  }

  // The leading entry positive (signs.hpp).
  static void point(Vec (&row)[N]) {
    Vec most = S::abs(row[0]);
    for (int k = 1; k < N; ++k) most = S::abs(row[k]) > most ? S::abs(row[k]) : most;
    const Vec share = most * kLeading<T>;
    Vec leading{};
    for (int k = N; k-- > 0;) leading = S::abs(row[k]) >= share ? row[k] : leading;
    const Mask sign = reinterpret_cast<Mask>(leading) & std::numeric_limits<typename S::Int>::min();
    // An entry that a rounding error alone keeps from being the largest is given that error.
    const Vec even = S::abs(leading) >= most * kEven<T> ? leading : S::splat(std::numeric_limits<T>::quiet_NaN());
    for (int k = 0; k < N; ++k) {
      const Vec turned = reinterpret_cast<Vec>(reinterpret_cast<Mask>(row[k]) ^ sign);
      row[k] = row[k] == even ? most : turned;
    }
  }

  static constexpr T kTiny = sizeof(T) == 8 ? T(1e-150) : T(1e-18);

  Vec a_[N * N], v_[N][N], limit_;
  Mask scaled_;
  int power_[S::width];
  int vectors_ = N;  // 0 for the values alone
};

enum class Failure { not_finite, overflow };

template <class T, int N>
void stack(const MatrixBatch<const T>& a, T* values, const MatrixBatch<T>& vectors, FirstFailure<Failure>& failures) {
  using S = Simd<T>;
  constexpr index_t W = S::width;
  parallel_ranges((a.count() + W - 1) / W, 500 / (N * N * N) + 1, [&](index_t begin, index_t end) {
    Group<T, N> group;
    typename S::Vec columns[N * N];
    for (index_t g = begin; g < end; ++g) {
      const LaneGroup<const T> from(a, g * W);
      load_lanes<T>(from, group.matrix());
      from.prefetch();
      const auto bad = group.odd();
      for (index_t l = 0; l < from.used && S::any(bad); ++l) {
        if (bad[l]) failures.record(g * W + l, Failure::not_finite);
      }
      group.solve(vectors.item.data != nullptr);
      const auto scaled = group.scaled() & ~bad;
      for (index_t l = 0; l < from.used && S::any(scaled); ++l) {
        const T most = std::max(std::abs(group.value(0)[l]), std::abs(group.value(N - 1)[l]));
        if (scaled[l] && !std::isfinite(most)) failures.record(g * W + l, Failure::overflow);
      }
      if (vectors.item.data) {
        for (int i = 0; i < N; ++i) {
          for (int k = 0; k < N; ++k) columns[k * N + i] = group.vector(i, k);
        }
        store_lanes<T>(LaneGroup<T>(vectors, g * W), columns);
      }
      for (int i = 0; i < N; ++i) {
        for (index_t l = 0; l < from.used; ++l) values[(g * W + l) * N + i] = group.value(i)[l];
      }
    }
  });
}

template <class T, int... N>
void dispatch(std::integer_sequence<int, N...>, const MatrixBatch<const T>& a, T* values, const MatrixBatch<T>& vectors,
              FirstFailure<Failure>& failures) {
  using Fn = void (*)(const MatrixBatch<const T>&, T*, const MatrixBatch<T>&, FirstFailure<Failure>&);
  static constexpr std::array<Fn, sizeof...(N)> table{&stack<T, N + 1>...};
  table[a.item.rows - 1](a, values, vectors, failures);
}

}  // namespace

template <class T>
void jacobi(const MatrixBatch<const T>& a, T* values, const MatrixBatch<T>& vectors) {
  if (a.count() == 0 || a.item.empty()) return;
  FirstFailure<Failure> failures;
  dispatch<T>(std::make_integer_sequence<int, kJacobiOrder>{}, a, values, vectors, failures);
  if (!failures.any()) return;
  const std::string item = of_item(a.count() == 1 ? -1 : failures.item());
  if (failures.kind() == Failure::not_finite) throw DomainError("A: contains NaN or infinity" + item + ".");
  throw DomainError("A: an eigenvalue leaves the range of numbers" + item + "; divide A by a constant.");
}

template void jacobi<float>(const MatrixBatch<const float>&, float*, const MatrixBatch<float>&);
template void jacobi<double>(const MatrixBatch<const double>&, double*, const MatrixBatch<double>&);

}  // namespace mmlcore
