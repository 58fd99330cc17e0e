#include "mmlcore/elimination/echelon.hpp"

#include <cmath>
#include <limits>

#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/maps.hpp"
#include "mmlcore/core/numbers.hpp"
#include "mmlcore/elimination/eliminate_rows.hpp"

namespace mmlcore {
namespace {

// The largest sum of the absolute values of a row: what is small is small against this.
template <class T>
RealPart<T> row_norm(const MatrixView<T>& a) {
  return a.empty() ? RealPart<T>{0} : rows_map(a).cwiseAbs().rowwise().sum().maxCoeff();
}

template <class T>
void scale(MatrixView<T> a, int power) {
  for (index_t i = 0; i < a.rows; ++i) {
    for (index_t j = 0; j < a.cols; ++j) a(i, j) = times_power(a(i, j), power);
  }
}

template <class T>
EchelonResult eliminate(MatrixView<T> a, bool reduced, RealPart<T> tol, index_t* pivots, std::vector<RowStep>* steps,
                        bool polls) {
  EchelonResult result;
  const auto log = [&](RowStep::Kind kind, index_t i, index_t j, T factor) {
    if (steps) steps->push_back({kind, i, j, static_cast<std::complex<double>>(factor)});
  };
  for (index_t c = 0; c < a.cols && result.rank < a.rows; ++c) {
    if (polls) poll_interrupt();
    const index_t r = result.rank;
    const index_t p = pivot_row(a, c, r);
    if (std::abs(a(p, c)) <= tol) {
      for (index_t i = r; i < a.rows; ++i) a(i, c) = 0;
      continue;
    }
    if (p != r) {
      exchange_rows(a, p, r, 0);
      ++result.swaps;
      log(RowStep::swap, r, p, T{1});
    }
    if (reduced && a(r, c) != T{1}) {
      const T factor = T{1} / a(r, c), pivot = a(r, c);
      for (index_t k = c + 1; k < a.cols; ++k) a(r, k) /= pivot;
      a(r, c) = 1;
      log(RowStep::scale, r, r, factor);
    }
    for (index_t i = reduced ? 0 : r + 1; i < a.rows; ++i) {
      if (i == r || a(i, c) == T{0}) continue;
      const T factor = -a(i, c) / a(r, c);
      a(i, c) = 0;
      add_row(a, i, r, factor, c + 1);
      log(RowStep::add, i, r, factor);
    }
    pivots[result.rank++] = c;
  }
  return result;
}

}  // namespace

template <class T>
EchelonResult row_echelon(MatrixView<T> a, bool reduced, double rtol, index_t* pivots, std::vector<RowStep>* steps,
                          bool polls) {
  using R = RealPart<T>;
  constexpr int room = sizeof(R) == 8 ? 64 : 16;  // elimination may make numbers so many powers of two larger
  const R norm = row_norm(a), most = std::ldexp(std::numeric_limits<R>::max(), -room);
  int power = 0;
  if (!(norm <= most)) {
    power = room;
  } else if (norm > 0 && norm < std::ldexp(std::numeric_limits<R>::min(), 2 * std::numeric_limits<R>::digits)) {
    power = std::ilogb(norm);  // products of small numbers would vanish
  }
  if (power == 0) return eliminate<T>(a, reduced, static_cast<R>(rtol) * norm, pivots, steps, polls);
  scale(a, -power);
  const std::size_t before = steps ? steps->size() : 0;
  const auto result = eliminate<T>(a, reduced, static_cast<R>(rtol) * row_norm(a), pivots, steps, polls);
  if (!reduced) scale(a, power);  // else pivots are 1 at every scale
  for (std::size_t k = before; steps && k < steps->size(); ++k) {
    RowStep& step = (*steps)[k];
    if (step.kind == RowStep::scale) step.factor = times_power(step.factor, -power);
  }
  return result;
}

template EchelonResult row_echelon<float>(MatrixView<float>, bool, double, index_t*, std::vector<RowStep>*, bool);
template EchelonResult row_echelon<double>(MatrixView<double>, bool, double, index_t*, std::vector<RowStep>*, bool);
template EchelonResult row_echelon<std::complex<float>>(MatrixView<std::complex<float>>, bool, double, index_t*,
                                                        std::vector<RowStep>*, bool);
template EchelonResult row_echelon<std::complex<double>>(MatrixView<std::complex<double>>, bool, double, index_t*,
                                                         std::vector<RowStep>*, bool);

}  // namespace mmlcore
