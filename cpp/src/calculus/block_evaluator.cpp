#include "mmlcore/calculus/block_evaluator.hpp"

#include <algorithm>

#include "run_program.hpp"

namespace mmlcore::calculus {

extern template class Runner<double>;

BlockEvaluator::BlockEvaluator(const Program& program, index_t points)
    : runner_(std::make_unique<Runner<double>>(program, points)), points_(points) {
  for (index_t i = 0; i < program.result_count(); ++i) {
    const bool varies = runner_->output(i);
    constants_.emplace_back(varies ? 0 : program.result_size(i) * points);
    for (index_t e = 0; !varies && e < program.result_size(i); ++e)
      std::fill_n(constants_.back().data() + e * points, points, runner_->constant_output(i)[e]);
  }
}

BlockEvaluator::~BlockEvaluator() = default;

double* BlockEvaluator::input(index_t i) const { return runner_->input(i); }
void BlockEvaluator::run() { runner_->run(); }
void BlockEvaluator::run_absorbing() { runner_->run_absorbing(); }
const double* BlockEvaluator::output(index_t i) const {
  return constants_[i].size() ? constants_[i].data() : runner_->output(i);
}

index_t BlockEvaluator::fitting(const Program& program) {
  return std::max(width(), block_size<double>(program.slots(), 1 << 20));
}
index_t BlockEvaluator::width() { return Simd<double>::width; }

}  // namespace mmlcore::calculus
