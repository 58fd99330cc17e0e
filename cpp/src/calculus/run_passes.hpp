// Runs the stages of a graph that was cut along its rows: see passes.hpp.
//
// Arrays that a function captures are compared with what they were when it was traced, which reads them once; the pass reads
// them again. So those that a pass reads in rows are read where the caller has them, and their checksum is taken on the way,
// segment by segment while these are in the caches. Where it is another one, what was computed is thrown away.
#pragma once

#include <algorithm>
#include <atomic>

#include "mmlcore/core/checksum.hpp"
#include "mmlcore/core/parallel.hpp"
#include "passes.hpp"
#include "runner.hpp"

namespace mmlcore::calculus {

template <class T>
class PassRunner {
 public:
  // live[i] is where the array watched[i] is now, null: not given.
  PassRunner(const Passes& passes, const T* const* arguments, T* const* results, const void* const* live)
      : p_(passes), arguments_(arguments), results_(results), memory_(passes.memory), now_(passes.constants.count()) {
    for (std::size_t i = 0; live && i < p_.watched.size(); ++i) {
      if (!live[i]) continue;
      const Watched& w = p_.watched[i];
      now_[w.constant] = live[i];
      checks_.push_back({&w, static_cast<const char*>(live[i]), {}});
      checks_.back().sums.resize((w.bytes + kChecksumSegment - 1) / kChecksumSegment);
    }
  }

  // False where an array that is live has changed.
  bool run() {
    all();
    for (const Check& check : checks_) {
      if (joined_checksum(check.sums) != check.watched->sum) return false;
    }
    if (!p_.absorbs || !(nan_ || any_nan())) return true;
    absorbing_ = true;
    all();
    return true;
  }

 private:
  struct Check {
    const Watched* watched;
    const char* data;
    std::vector<std::uint64_t> sums;  // of the segments
  };
  // The segments that start at `from` or later and end before `to`, or start before it at the end of a share. Returns the
  // next.
  index_t check_rows(Check& check, index_t segment, index_t to, bool last) const {
    constexpr index_t size = kChecksumSegment;
    for (; segment < static_cast<index_t>(check.sums.size()); ++segment) {
      const index_t begin = segment * size, end = std::min(begin + size, check.watched->bytes);
      if (last ? begin >= to : end > to) break;
      check.sums[segment] = segment_checksum(check.data + begin, static_cast<std::size_t>(end - begin));
    }
    return segment;
  }

  void all() {
    for (const Stage& stage : p_.stages) stage.whole ? whole(stage) : pass(stage);
    for (std::size_t i = 0; i < p_.copies.size(); ++i) {
      if (const Binding& b = p_.copies[i]; b.size > 0) std::copy_n(from(b.home), b.size, results_[i]);
    }
  }

  // Of what no pass made in rows, which are looked at while they are in the cache.
  bool any_nan() const {
    for (const Stage& stage : p_.stages) {
      for (const Binding& b : stage.outputs) {
        if (b.form) continue;
        const T* x = b.home.where == Home::kResult ? results_[b.home.at] : nullptr;
        if (x && Runner<T>::holds_nan(x, b.size)) return true;
      }
    }
    return false;
  }

  const T* from(const Home& home) const {
    switch (home.where) {
      case Home::kArgument:
        return arguments_[home.at];
      case Home::kConstant:
        if (now_[home.at]) return static_cast<const T*>(now_[home.at]);
        return p_.constants.template at<T>(home.at);
      default:
        return to(home);
    }
  }
  T* to(const Home& home) const { return home.where == Home::kResult ? results_[home.at] : memory_.data() + home.at; }

  void go(Runner<T>& runner) const { absorbing_ ? runner.run_absorbing() : runner.run(); }

  void whole(const Stage& stage) const {
    Runner<T> runner(*stage.whole, 1);
    for (std::size_t i = 0; i < stage.inputs.size(); ++i) runner.bind(i, from(stage.inputs[i].home), 1, 0);
    go(runner);
    for (std::size_t i = 0; i < stage.outputs.size(); ++i)
      std::copy_n(runner.constant_output(i), stage.outputs[i].size, to(stage.outputs[i].home));
  }

  void pass(const Stage& stage) {
    Buffer<double> sums(stage.shares * stage.sums);
    std::fill(sums.begin(), sums.end(), 0.0);
    parallel_tasks(stage.shares, [&](index_t share) {
      double* const own = sums.data() + share * stage.sums;
      const index_t begin = share * stage.blocks / stage.shares, end = (share + 1) * stage.blocks / stage.shares;
      // Where each check is.
      std::vector<index_t> at;
      const index_t number = &stage - p_.stages.data();
      for (const Check& check : checks_)
        at.push_back((begin * stage.block_rows * check.watched->row + index_t{kChecksumSegment} - 1) / kChecksumSegment);
      const auto checked = [&](index_t row, bool last) {
        for (std::size_t i = 0; i < checks_.size(); ++i) {
          if (checks_[i].watched->stage == number)
            at[i] = check_rows(checks_[i], at[i], row * checks_[i].watched->row, last);
        }
      };
      Runner<T> runner(*stage.block, 1);
      for (index_t b = begin; b < end; ++b) {
        rows(stage, runner, b * stage.block_rows, stage.block_rows, own);
        checked((b + 1) * stage.block_rows, false);
      }
      if (share + 1 < stage.shares) return checked(end * stage.block_rows, true);
      if (stage.tail) {
        Runner<T> last(*stage.tail, 1);
        const index_t first = stage.blocks * stage.block_rows;
        rows(stage, last, first, p_.rows - first, own);
      }
      checked(p_.rows, true);
    });
    const double* at = sums.data();
    for (const Binding& b : stage.outputs) {
      if (b.form) continue;
      T* out = to(b.home);
      for (index_t i = 0; i < b.size; ++i) {
        double total = at[i];
        for (index_t share = 1; share < stage.shares; ++share) total += at[share * stage.sums + i];
        out[i] = static_cast<T>(total);
      }
      at += b.size;
    }
  }

  void rows(const Stage& stage, Runner<T>& runner, index_t first, index_t count, double* sums) {
    for (std::size_t i = 0; i < stage.inputs.size(); ++i) {
      const Binding& b = stage.inputs[i];
      runner.bind(i, from(b.home) + first * b.form.inner, std::max<index_t>(b.form.outer, 1), p_.rows * b.form.inner);
    }
    // What the last operation makes in whole vectors is written where it goes: copies, and a look for NaN afterwards, were a
    // fifth of the gradient of a sum of exp(-x^2) over a million numbers. Asking for the next block before brought nothing.
    const int direct = absorbing_ ? -1 : runner.ends_at();
    const bool there = direct >= 0 && stage.outputs[direct].form.outer == 1;
    if (there) {
      const Binding& b = stage.outputs[direct];
      runner.run_to(to(b.home) + first * b.form.inner);
    } else {
      go(runner);
    }
    for (std::size_t i = 0; i < stage.outputs.size(); ++i) {
      const Binding& b = stage.outputs[i];
      const T* x = runner.constant_output(i);
      if (b.form) {
        T* const out = to(b.home) + first * b.form.inner;
        const index_t piece = count * b.form.inner;
        const bool written = there && static_cast<int>(i) == direct;
        if (p_.absorbs && b.home.where == Home::kResult && !nan_ &&
            Runner<T>::holds_nan(written ? out : x, piece * b.form.outer))
          nan_ = true;  // and never false again: other threads may have found one
        if (written) continue;
        for (index_t o = 0; o < b.form.outer; ++o) std::copy_n(x + o * piece, piece, out + o * p_.rows * b.form.inner);
      } else {
        for (index_t j = 0; j < b.size; ++j) sums[j] += static_cast<double>(x[j]);
        sums += b.size;
      }
    }
  }

  const Passes& p_;
  const T* const* arguments_;
  T* const* results_;
  Buffer<T> memory_;
  std::vector<const void*> now_;  // constants that are read where they are now
  std::vector<Check> checks_;
  std::atomic<bool> nan_ = false;  // whether rows of a result have a NaN
  bool absorbing_ = false;
};

template <class T>
bool run_passes(const Passes& passes, const T* const* arguments, T* const* results, const void* const* live = nullptr) {
  return PassRunner<T>(passes, arguments, results, live).run();
}

}  // namespace mmlcore::calculus
