// Runs the stages of a graph that was cut along its rows: see passes.hpp.
#pragma once

#include <algorithm>

#include "mmlcore/core/parallel.hpp"
#include "passes.hpp"
#include "runner.hpp"

namespace mmlcore::calculus {

template <class T>
class PassRunner {
 public:
  PassRunner(const Passes& passes, const T* const* arguments, T* const* results)
      : p_(passes), arguments_(arguments), results_(results), memory_(passes.memory) {}

  void run() {
    all();
    if (!p_.absorbs || !any_nan()) return;
    absorbing_ = true;
    all();
  }

 private:
  void all() {
    for (const Stage& stage : p_.stages) stage.whole ? whole(stage) : pass(stage);
    for (std::size_t i = 0; i < p_.copies.size(); ++i) {
      if (const Binding& b = p_.copies[i]; b.size > 0) std::copy_n(from(b.home), b.size, results_[i]);
    }
  }

  bool any_nan() const {
    for (const Stage& stage : p_.stages) {
      for (const Binding& b : stage.outputs) {
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

  void pass(const Stage& stage) const {
    Buffer<double> sums(stage.shares * stage.sums);
    std::fill(sums.begin(), sums.end(), 0.0);
    parallel_tasks(stage.shares, [&](index_t share) {
      double* const own = sums.data() + share * stage.sums;
      const index_t begin = share * stage.blocks / stage.shares, end = (share + 1) * stage.blocks / stage.shares;
      Runner<T> runner(*stage.block, 1);
      for (index_t b = begin; b < end; ++b) rows(stage, runner, b * stage.block_rows, stage.block_rows, own);
      if (!stage.tail || share + 1 < stage.shares) return;
      Runner<T> last(*stage.tail, 1);
      const index_t first = stage.blocks * stage.block_rows;
      rows(stage, last, first, p_.rows - first, own);
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

  void rows(const Stage& stage, Runner<T>& runner, index_t first, index_t count, double* sums) const {
    for (std::size_t i = 0; i < stage.inputs.size(); ++i) {
      const Binding& b = stage.inputs[i];
      runner.bind(i, from(b.home) + first * b.form.inner, std::max<index_t>(b.form.outer, 1), p_.rows * b.form.inner);
    }
    go(runner);
    for (std::size_t i = 0; i < stage.outputs.size(); ++i) {
      const Binding& b = stage.outputs[i];
      const T* x = runner.constant_output(i);
      if (b.form) {
        T* const out = to(b.home) + first * b.form.inner;
        const index_t piece = count * b.form.inner;
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
  bool absorbing_ = false;
};

template <class T>
void run_passes(const Passes& passes, const T* const* arguments, T* const* results) {
  PassRunner<T>(passes, arguments, results).run();
}

}  // namespace mmlcore::calculus
