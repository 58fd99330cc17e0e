#include "mmlcore/graph/pagerank.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/parallel.hpp"

namespace mmlcore {
namespace {

constexpr index_t kStepEdges = index_t{1} << 21;  // edges of a range between two looks for Ctrl-C

struct Sums {
  double change = 0, dangling = 0, total = 0, rounding = 0;
  void operator+=(const Sums& other) {
    change += other.change;
    dangling += other.dangling;
    total += other.total;
    rounding += other.rounding;
  }
};

class Solver {
 public:
  Solver(const InEdges& graph, const PageRankOptions& options, double* ranks)
      : g_(graph),
        o_(options),
        n_(graph.nodes),
        x_(ranks),
        shares_(2 * n_),
        inverse_(n_),
        share_(shares_.data()),
        old_(share_ + n_) {
    ranges_ = static_cast<int>(std::clamp<index_t>((g_.edges + n_) / 100000, 1, num_threads()));
    cut();
    const double uniform = 1.0 / static_cast<double>(n_);
    sums_ = each_range([&](index_t, index_t i, Sums& s) {
      inverse_[i] = g_.out_weight[i] > 0 ? 1 / g_.out_weight[i] : 0;
      x_[i] = o_.start ? o_.start[i] : o_.jump ? o_.jump[i] : uniform;
      share(i, s);
    });
  }

  PageRankResult solve() { return o_.damping < 1 ? contract() : walk_lazily(); }

 private:
  // Ranges of nodes with about equal work.
  void cut() {
    bounds_.assign(ranges_ + 1, n_);
    bounds_[0] = 0;
    for (int r = 1; r < ranges_; ++r) {
      const index_t work = (g_.edges + n_) / ranges_ * r;
      index_t low = bounds_[r - 1], high = n_;
      while (low < high) {
        const index_t middle = (low + high) / 2;
        (g_.start[middle] + middle < work ? low = middle + 1 : high = middle);
      }
      bounds_[r] = low;
    }
  }

  double jump(index_t i) const { return o_.jump ? o_.jump[i] : 1.0 / static_cast<double>(n_); }
  double landing(index_t i) const { return o_.dangling ? o_.dangling[i] : jump(i); }

  // What node i hands to each unit of out-weight; a dangling node hands all to `landing`.
  void share(index_t i, Sums& s) {
    share_[i] = x_[i] * inverse_[i];
    if (inverse_[i] == 0) s.dangling += x_[i];
    s.total += x_[i];
  }

  // f(range, i, sums) for all nodes, the ranges in parallel, each in steps; sums of the ranges are added in order.
  template <class F>
  Sums each_range(F&& f) {
    std::vector<Sums> sums(ranges_);
    std::vector<index_t> at(bounds_.begin(), bounds_.end() - 1);
    for (bool more = true; more;) {
      parallel_tasks(ranges_, ranges_, [&](index_t r) {
        Sums s;
        index_t i = at[r];
        const index_t last = bounds_[r + 1], stop = i < last ? g_.start[i] + kStepEdges : 0;
        for (index_t count = 0; i < last && g_.start[i] <= stop && count < kStepEdges; ++i, ++count) f(r, i, s);
        at[r] = i;
        sums[r] += s;
      });
      more = false;
      for (int r = 0; r < ranges_; ++r) more |= at[r] < bounds_[r + 1];
    }
    Sums all;
    for (const Sums& s : sums) all += s;
    return all;
  }

  // Sum over the in-edges of i; `value(j)` is what source j hands over.
  template <class Value>
  double pull(index_t i, Value&& value) const {
    const index_t begin = g_.start[i], end = g_.start[i + 1];
    const std::int32_t* source = g_.source.data();
    double sum = 0;
    if (g_.weight.size() > 0) {
      for (index_t e = begin; e < end; ++e) sum += g_.weight[e] * value(source[e]);
    } else {
      // Four sums at once: a long row waits for its reads, not for its additions.
      double s1 = 0, s2 = 0, s3 = 0;
      index_t e = begin;
      for (; e + 4 <= end; e += 4) {
        sum += value(source[e]);
        s1 += value(source[e + 1]);
        s2 += value(source[e + 2]);
        s3 += value(source[e + 3]);
      }
      for (; e < end; ++e) sum += value(source[e]);
      sum = (sum + s1) + (s2 + s3);
    }
    return sum;
  }

  // One Gauss-Seidel sweep. Within its range a node sees new values, beyond it those before the sweep.
  void sweep() {
    const double d = o_.damping, lost = sums_.dangling;
    const double* now = share_;
    if (ranges_ > 1) {
      parallel_ranges(n_, 1 << 15, [&](index_t begin, index_t end) { std::copy(now + begin, now + end, &old_[begin]); });
    }
    sums_ = each_range([&](index_t r, index_t i, Sums& s) {
      double sum;
      if (ranges_ == 1) {
        sum = pull(i, [&](index_t j) { return now[j]; });
      } else {
        const index_t low = bounds_[r];
        const auto width = static_cast<std::uint64_t>(bounds_[r + 1] - low);
        // Arithmetic instead of a branch: whether j lies in the range is as good as random.
        sum = pull(i, [&](index_t j) {
          return now[j + (-static_cast<index_t>(static_cast<std::uint64_t>(j - low) >= width) & n_)];
        });
      }
      const double y = d * (sum + landing(i) * lost) + (1 - d) * jump(i);
      s.change += std::abs(y - x_[i]);
      x_[i] = y;
      share(i, s);
    });
  }

  // Sweeps let the sum of x drift from 1, and would mend that as slowly as nothing else: it is set right each time.
  void scale_to_one() {
    const double factor = 1 / sums_.total;
    parallel_ranges(n_, 1 << 15, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) {
        x_[i] *= factor;
        share_[i] *= factor;
      }
    });
    sums_.dangling *= factor;
    sums_.total = 1;
  }

  // y = T x into old_; returns ||y - x||_1 and the bound on the rounding of y.
  Sums apply() {
    const double d = o_.damping, lost = sums_.dangling;
    return each_range([&](index_t, index_t i, Sums& s) {
      const double sum = pull(i, [&](index_t j) { return share_[j]; });
      const double y = d * (sum + landing(i) * lost) + (1 - d) * jump(i);
      old_[i] = y;
      s.change += std::abs(y - x_[i]);
      s.rounding += y * static_cast<double>(g_.start[i + 1] - g_.start[i] + 4);
    });
  }

  void take(double old_part) {
    sums_ = each_range([&](index_t, index_t i, Sums& s) {
      x_[i] = old_part * x_[i] + (1 - old_part) * old_[i];
      share(i, s);
    });
  }

  PageRankResult contract() {
    PageRankResult result;
    const double d = o_.damping, u = std::numeric_limits<double>::epsilon() / 2;
    double goal = o_.tol * (1 - d);
    while (result.iterations < o_.max_iter) {
      sweep();
      scale_to_one();
      ++result.iterations;
      if (!(sums_.change <= goal) && result.iterations + 1 < o_.max_iter) continue;
      const Sums residual = apply();
      ++result.iterations;
      take(0);
      result.error = d / (1 - d) * residual.change + u * residual.rounding / (1 - d);
      result.converged = result.error <= o_.tol;
      if (result.converged || goal < u) return result;  // below u no sweep can do better
      goal /= 8;
    }
    return result;
  }

  PageRankResult walk_lazily() {
    PageRankResult result;
    while (result.iterations < o_.max_iter) {
      const Sums residual = apply();
      ++result.iterations;
      result.error = residual.change;
      result.converged = result.error <= o_.tol;
      if (result.converged) {
        take(0);
        scale_to_one();
        return result;
      }
      take(0.5);
      scale_to_one();
    }
    return result;
  }

  const InEdges& g_;
  const PageRankOptions& o_;
  index_t n_;
  double* x_;
  Buffer<double> shares_, inverse_;
  double *share_, *old_;  // what nodes hand over; the same before the sweep, n_ behind it, or T x
  int ranges_ = 1;
  std::vector<index_t> bounds_;
  Sums sums_;
};

}  // namespace

PageRankResult pagerank(const InEdges& graph, const PageRankOptions& options, double* ranks) {
  if (graph.nodes == 0) return {0, 0, true};
  return Solver(graph, options, ranks).solve();
}

}  // namespace mmlcore
