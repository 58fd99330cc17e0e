#include "newton_lanes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>

#include "mmlcore/calculus/block_evaluator.hpp"
#include "mmlcore/core/region_failed.hpp"
#include "mmlcore/core/simd.hpp"

namespace mmlcore::optimize {
namespace {

using S = Simd<double>;
using V = S::Vec;
using Mask = S::Mask;
constexpr index_t W = S::width;
constexpr index_t kMostPoints = 128;  // of a block
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

V largest(V a, V b) { return a > b ? a : b; }
V least(V a, V b) { return a < b ? a : b; }
// Halvings of all steps after which a start is taken as held fast by a minimum of |f|, to which damped steps creep: 100,000
// starts in [-3, 3]^2 for x^2 + y^2 = 4, x^3 - y = 1, of which a quarter are, take 107 ms without such a bound.
constexpr double kMostHalvings = 32;

template <int N>
struct Lanes {
  V x[N], f[N], step[N], size[N], trial[N];  // `size`: how large unknowns may be
  V norm, first, last, part, taken, halvings, shortened;
  V below, above;                     // of one equation: where f was negative, and where positive
  Mask begun, slow, enclosed, alive;  // alive: has a problem
  index_t problem[W];
};

// -J^-1 f by elimination with row pivots; the lanes whose pivots are large enough.
template <int N>
Mask solve(V (&a)[N][N + 1], V (&step)[N]) {
  V whole[N];
  for (int i = 0; i < N; ++i) {
    whole[i] = S::abs(a[i][0]);
    for (int j = 1; j < N; ++j) whole[i] = largest(whole[i], S::abs(a[i][j]));
  }
  Mask good = whole[0] == whole[0];
  for (int j = 0; j < N; ++j) {
    for (int i = j + 1; i < N; ++i) {
      const Mask better = S::abs(a[i][j]) * whole[j] > S::abs(a[j][j]) * whole[i];
      const auto exchange = [&](V& p, V& q) {
        const V kept = p;
        p = better ? q : p;
        q = better ? kept : q;
      };
      for (int k = j; k <= N; ++k) exchange(a[j][k], a[i][k]);
      exchange(whole[j], whole[i]);
    }
    if (N > 1) good &= S::abs(a[j][j]) > kSmallPivot * whole[j];
    const V inverse = 1 / a[j][j];
    for (int i = j + 1; i < N; ++i) {
      const V factor = a[i][j] * inverse;
      for (int k = j + 1; k <= N; ++k) a[i][k] -= factor * a[j][k];
    }
  }
  V check{};
  for (int i = N - 1; i >= 0; --i) {
    V sum = a[i][N];
    for (int j = i + 1; j < N; ++j) sum -= a[i][j] * step[j];
    step[i] = sum / a[i][i];
    check += step[i] * 0;
  }
  return good & (check == 0);
}

template <int N>
V length(const V (&x)[N]) {
  if (N == 1) return S::abs(x[0]);
  V sum{};
  for (int i = 0; i < N; ++i) sum += x[i] * x[i];
  const Mask odd = (sum < kLeastSquares) | (sum > kMostSquares);
  if (!S::any(odd)) return S::sqrt(sum);
  V most{}, rest{};
  for (int i = 0; i < N; ++i) most = largest(most, S::abs(x[i]));
  const Mask scaled = (most > 0) & (most * 0 == 0);
  for (int i = 0; i < N; ++i) {
    const V part = x[i] / (scaled ? most : S::splat(1));
    rest += part * part;
  }
  return odd ? (scaled ? most * S::sqrt(rest) : most) : S::sqrt(sum);
}

using Rows = std::vector<index_t>;

// Steps of every problem of `rows`, with or without safeguard. Those without an end go to `stuck` where no part of a step
// helped, and leave a start for the iteration without: where they are, if rounding errors of f may be all that held them,
// and else where they began. Others go to `hard`.
template <int N>
class Search {
 public:
  Search(const calculus::Program& both, index_t count, const double* start, const NewtonOptions& options, Roots& found,
         Rows& hard)
      : start_(start),
        o_(options),
        found_(found),
        hard_(hard),
        points_(
            std::min({(count + W - 1) / W * W, kMostPoints, std::max(W, calculus::BlockEvaluator::fitting(both) / W * W)})),
        evaluator_(both, points_),
        lanes_(points_ / W) {}

  void run(const Rows& rows, bool safeguard, Rows& stuck, const double* start = nullptr) {
    if (start) start_ = start;
    rows_ = &rows;
    next_ = 0;
    end_ = static_cast<index_t>(rows.size());
    safeguard_ = safeguard ? S::splat(0) == 0 : S::splat(0) != 0;
    stuck_ = &stuck;
    for (Lanes<N>& v : lanes_) {
      for (index_t lane = 0; lane < W; ++lane) fill(v, lane);
    }
    while (busy_ > 0) {
      if (stop_requested()) return;
      for (int j = 0; j < N; ++j) {
        double* const to = evaluator_.input(0);
        for (index_t b = 0; to && b < points_ / W; ++b) S::store(to + j * points_ + b * W, lanes_[b].trial[j]);
      }
      evaluator_.run();
      const double* const results = evaluator_.output(0);
      for (index_t b = 0; b < points_ / W; ++b) advance(lanes_[b], results + b * W);
    }
  }

 private:
  void fill(Lanes<N>& v, index_t lane) {
    v.alive[lane] = 0;
    if (next_ == end_) {
      for (int j = 0; j < N; ++j) v.trial[j][lane] = start_[rows_->back() * N + j];
      return;
    }
    const index_t i = v.problem[lane] = (*rows_)[next_++];
    v.alive[lane] = -1;
    ++busy_;
    for (int j = 0; j < N; ++j) {
      v.trial[j][lane] = v.x[j][lane] = start_[i * N + j];
      v.size[j][lane] = std::abs(start_[i * N + j]);
    }
    v.last[lane] = v.taken[lane] = v.halvings[lane] = v.shortened[lane] = 0;
    v.begun[lane] = v.slow[lane] = v.enclosed[lane] = 0;
    v.below[lane] = v.above[lane] = kNone;
  }

  void leave(Lanes<N>& v, index_t lane, bool converged) {
    const index_t i = v.problem[lane];
    for (int j = 0; j < N; ++j) found_.x[i * N + j] = v.x[j][lane];
    found_.norm[i] = v.norm[lane];
    found_.steps[i] += static_cast<std::int64_t>(v.taken[lane]);
    found_.status[i] = static_cast<std::int64_t>(converged ? NewtonStatus::Converged : NewtonStatus::MaxIterations);
  }

  void advance(Lanes<N>& v, const double* results) {
    V at[N], a[N][N + 1];
    for (int i = 0; i < N; ++i) {
      at[i] = S::load(results + i * points_);
      for (int j = 0; j < N; ++j) a[i][j] = S::load(results + (N + i * N + j) * points_);
      a[i][N] = -at[i];
    }
    const V norm = length<N>(at);
    // Is the trial taken?
    Mask tiny = v.begun, below = v.begun;
    for (int j = 0; j < N; ++j) {
      const V size = S::abs(v.x[j]), far = S::abs(v.step[j]);
      tiny &= far <= o_.tol * largest(size, 0.01 * v.size[j]);
      below &= far <= o_.tol * size;
    }
    const Mask fine = norm <= (1 - kLeastDecrease * v.part) * v.norm;
    const Mask taken = ~v.begun | fine | tiny | v.enclosed | ~safeguard_;
    const V far = length<N>(v.step);
    const Mask small = v.begun & taken & tiny & ((far > 0.4 * v.last) | below);
    v.last = v.begun ? far : v.last;
    v.slow = v.begun & taken & (norm > 0.5 * v.norm);
    v.first = v.begun ? v.first : norm;
    v.norm = taken ? norm : v.norm;
    for (int j = 0; j < N; ++j) {
      v.x[j] = taken ? v.trial[j] : v.x[j];
      v.f[j] = taken ? at[j] : v.f[j];
    }
    v.taken += (v.begun & taken) ? S::splat(1) : V{};
    v.halvings = taken ? V{} : v.halvings + 1;
    v.shortened += taken ? V{} : S::splat(1);
    v.begun |= taken;
    Mask odd = ~(norm * 0 == 0), no_part = v.halvings >= kHalvings;
    const Mask converged = taken & (small | (norm == 0));
    Mask near = no_part & ~no_part;
    const Mask spent = taken & (v.taken >= static_cast<double>(o_.max_iter));
    if (N == 1) {
      odd |= no_part | (small & (norm > v.first));
      no_part = odd & ~odd;
    } else {
      no_part |= ~taken & (v.shortened >= kMostHalvings);
      if (S::any(no_part)) {
        v.taken += no_part ? S::splat(1) : V{};
        // Rounding errors of f, which hide every decrease, may be all that is left of it.
        near = no_part & (far <= kBlur * largest(length<N>(v.x), length<N>(v.size)));
      }
    }
    // The next step, or half of this one.
    V step[N];
    Mask solved = solve<N>(a, step);
    if (N == 1) solved = inside(v, step[0], solved) & safeguard_;
    odd |= taken & ~solved & ~converged & ~spent;
    v.part = taken ? S::splat(1) : v.part / 2;
    for (int j = 0; j < N; ++j) {
      v.step[j] = taken ? step[j] : v.step[j];
      v.size[j] = v.size[j] == 0 ? S::abs(v.step[j]) : v.size[j];
      v.trial[j] = v.x[j] + v.part * v.step[j];
    }
    if (!S::any(safeguard_)) odd |= spent & ~converged;
    const Mask ended = v.alive & (converged | spent | odd | no_part);
    if (!S::any(ended)) return;
    for (index_t lane = 0; lane < W; ++lane) {
      if (!ended[lane]) continue;
      const index_t i = v.problem[lane];
      if (odd[lane]) {
        hard_.push_back(i);
      } else if (no_part[lane]) {
        found_.steps[i] = static_cast<std::int64_t>(v.taken[lane]);
        for (int j = 0; j < N; ++j) found_.x[i * N + j] = near[lane] ? v.x[j][lane] : start_[i * N + j];
        stuck_->push_back(i);
      } else {
        leave(v, lane, converged[lane]);
      }
      --busy_;
      fill(v, lane);
    }
  }

  // Of one equation: to the middle of an interval with a change of sign, where the step would leave it or gains little.
  Mask inside(Lanes<N>& v, V& step, Mask solved) const {
    const V x = v.x[0], f = v.f[0];
    v.below = f < 0 ? x : v.below;
    v.above = f > 0 ? x : v.above;
    v.enclosed = (v.below == v.below) & (v.above == v.above);
    const V low = least(v.below, v.above), high = largest(v.below, v.above), to = x + step;
    const Mask last = S::abs(step) <= o_.tol * largest(S::abs(x), 0.01 * v.size[0]);
    const Mask middle = v.enclosed & ~last & (v.slow | ~((to > low) & (to < high)));
    step = middle ? low + (high - low) / 2 - x : step;
    return solved | middle;
  }

  const double* start_;
  index_t next_ = 0, end_ = 0, busy_ = 0;
  const NewtonOptions o_;
  Roots& found_;
  Rows& hard_;
  const Rows* rows_ = nullptr;
  Rows* stuck_ = nullptr;
  Mask safeguard_{};
  const index_t points_;
  calculus::BlockEvaluator evaluator_;
  std::vector<Lanes<N>> lanes_;
};

}  // namespace

void newton_in_lanes(const calculus::Program& both, index_t n, const double* start, index_t begin, index_t end,
                     const NewtonOptions& options, Roots& found, std::vector<index_t>& hard) {
  const auto run = [&](auto unknowns) {
    Rows rows(end - begin), stuck, none;
    std::iota(rows.begin(), rows.end(), begin);
    std::fill(found.steps.begin() + begin, found.steps.begin() + end, 0);
    Search<unknowns> search(both, end - begin, start, options, found, hard);
    search.run(rows, true, stuck);
    if (!stuck.empty()) search.run(stuck, false, none, found.x.data());
  };
  switch (n) {
    case 1:
      return run(std::integral_constant<int, 1>{});
    case 2:
      return run(std::integral_constant<int, 2>{});
    case 3:
      return run(std::integral_constant<int, 3>{});
    default:
      return run(std::integral_constant<int, 4>{});
  }
}

}  // namespace mmlcore::optimize
