#include "mmlcore/optimize/descent.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>

#include "descender.hpp"
#include "mmlcore/calculus/block_evaluator.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/region_failed.hpp"
#include "walker.hpp"

namespace mmlcore::optimize {
namespace {

using calculus::BlockEvaluator;
using calculus::Program;

constexpr index_t kLaneUnknowns = 64;  // up to which problems share the lanes of an evaluator
constexpr index_t kFew = 3;            // problems that are looked at one by one
constexpr index_t kTask = 64;          // problems that a thread takes at a time, at least
constexpr index_t kMostPoints = 64;    // of a block
constexpr index_t kShort = 256;  // numbers that are alive at once, up to which a point alone is run as a vector of them

// Runs a program at one point again and again. A program of few numbers runs as if its point were as many as a vector holds:
// its slots are then made once.
class OnePoint {
 public:
  explicit OnePoint(const Program& program) : program_(program) {
    if (program.slots() <= kShort && program.pass_count() == 0) evaluator_.emplace(program, BlockEvaluator::width());
  }
  void operator()(const std::vector<const double*>& arguments, double* result) {
    const index_t size = program_.result_size(0), count = static_cast<index_t>(arguments.size());
    if (evaluator_) {
      write(arguments);
      evaluator_->run();
      const index_t points = evaluator_->points();
      const double* const out = evaluator_->output(0);
      bool fine = true;
      for (index_t e = 0; e < size; ++e) {
        result[e] = out[e * points];
        fine = fine && result[e] == result[e];
      }
      if (fine || !program_.absorbs()) return;
    }
    std::vector<calculus::Points<const double>> in;
    for (index_t a = 0; a < count; ++a) in.push_back({arguments[a], program_.argument_size(a)});
    const calculus::Points<double> out{result, size};
    program_.run<double>(1, in.data(), &out);
  }

 private:
  void write(const std::vector<const double*>& arguments) {
    const index_t points = evaluator_->points();
    for (index_t a = 0; a < static_cast<index_t>(arguments.size()); ++a) {
      double* const to = evaluator_->input(a);
      for (index_t e = 0; to && e < program_.argument_size(a); ++e) std::fill_n(to + e * points, points, arguments[a][e]);
    }
  }

  const Program& program_;
  std::optional<BlockEvaluator> evaluator_;
};

template <class Machine>
class Batch {
 public:
  Batch(const Program& both, const Program* hessian, index_t k, index_t n, const double* start,
        const std::vector<Given>& given, const DescentOptions& options, const Watch& watch)
      : both_(both), hessian_(hessian), n_(n), start_(start), given_(given), o_(options), watch_(watch) {
    found_.x.resize(k * n);
    found_.value.resize(k);
    found_.gradient.resize(k * n);
    found_.iterations.resize(k);
    found_.status.resize(k);
  }

  Descents run() {
    const index_t k = static_cast<index_t>(found_.value.size());
    if (n_ > kLaneUnknowns || k <= kFew) {
      parallel_tasks(k, [&](index_t i) { alone(i); });
    } else {
      const index_t tasks = std::clamp<index_t>(k / kTask, 1, 16 * num_threads());
      parallel_tasks(tasks, [&](index_t t) { in_lanes(k * t / tasks, k * (t + 1) / tasks); });
    }
    return std::move(found_);
  }

 private:
  // Where the arguments of a problem are, after x.
  void locate(index_t problem, const double* x, std::vector<const double*>& arguments) const {
    arguments.assign(1, x);
    for (const Given& more : given_) arguments.push_back(more.data + problem * more.stride);
  }
  Descender::Hessian hessian_of(const index_t& problem) const {
    if (!hessian_) return {};
    return [this, &problem, run = std::make_shared<OnePoint>(*hessian_)](const double* x, double* h) {
      std::vector<const double*> arguments;
      locate(problem, x, arguments);
      (*run)(arguments, h);
    };
  }
  Machine machine(const index_t& problem) const {
    if constexpr (std::is_same_v<Machine, Walker>) {
      return Machine(n_, o_);
    } else {
      return Machine(n_, o_, hessian_of(problem));
    }
  }
  void tell(index_t problem, const Machine& at) {
    std::copy(at.x().begin(), at.x().end(), found_.x.data() + problem * n_);
    std::copy(at.gradient().begin(), at.gradient().end(), found_.gradient.data() + problem * n_);
    found_.value[problem] = at.value();
    found_.iterations[problem] = at.iterations();
    found_.status[problem] = static_cast<std::int64_t>(at.end());
  }
  void keep(const Machine& at) {
    if (o_.trajectory) found_.path.insert(found_.path.end(), at.x().begin(), at.x().end());
  }

  void alone(const index_t problem) {
    Machine search = machine(problem);
    OnePoint both(both_);
    std::vector<double> result(n_ + 1);
    std::vector<const double*> arguments;
    locate(problem, nullptr, arguments);
    search.begin(start_ + problem * n_);
    keep(search);
    for (index_t calls = 0; search.running(); ++calls) {
      if (calls % 4 == 0 && stop_requested()) return;
      arguments[0] = search.trial().data();
      both(arguments, result.data());
      search.told(result[0], result.data() + 1);
      if (!search.moved()) continue;
      keep(search);
      if (watch_ && watch_(search.x().data(), search.value())) search.stop();
    }
    tell(problem, search);
  }

  void in_lanes(index_t begin, index_t end) {
    const index_t points = std::min(BlockEvaluator::fitting(both_), std::max(BlockEvaluator::width(), kMostPoints));
    BlockEvaluator evaluator(both_, points);
    std::vector<index_t> problem(points, -1);
    std::vector<Machine> lanes;
    for (index_t lane = 0; lane < points; ++lane) lanes.push_back(machine(problem[lane]));
    std::vector<double> gradient(n_);
    index_t next = begin, busy = 0;
    for (index_t lane = 0; lane < points && next < end; ++lane, ++busy) {
      problem[lane] = next++;
      lanes[lane].begin(start_ + problem[lane] * n_);
    }
    while (busy > 0) {
      if (stop_requested()) return;
      write(evaluator, problem, lanes);
      evaluator.run();
      const double* const out = evaluator.output(0);
      bool undefined = false;
      for (index_t lane = 0; lane < points && !undefined; ++lane) {
        for (index_t e = 0; problem[lane] >= 0 && e <= n_; ++e)
          undefined = undefined || out[e * points + lane] != out[e * points + lane];
      }
      if (undefined && both_.absorbs()) {
        write(evaluator, problem, lanes);
        evaluator.run_absorbing();
      }
      const double* const results = evaluator.output(0);
      for (index_t lane = 0; lane < points; ++lane) {
        if (problem[lane] < 0) continue;
        const double* const result = results + lane;
        for (index_t i = 0; i < n_; ++i) gradient[i] = result[(i + 1) * points];
        lanes[lane].told(result[0], gradient.data());
        if (lanes[lane].running()) continue;
        tell(problem[lane], lanes[lane]);
        problem[lane] = -1;
        --busy;
        if (next == end) continue;
        problem[lane] = next++;
        lanes[lane].begin(start_ + problem[lane] * n_);
        ++busy;
      }
    }
  }
  void write(const BlockEvaluator& evaluator, const std::vector<index_t>& problem, const std::vector<Machine>& lanes) const {
    const index_t points = evaluator.points();
    double* const x = evaluator.input(0);
    index_t some = 0;
    while (problem[some] < 0) ++some;
    for (index_t lane = 0; lane < points; ++lane) {
      const std::vector<double>& trial = lanes[problem[lane] < 0 ? some : lane].trial();
      for (index_t i = 0; x && i < n_; ++i) x[i * points + lane] = trial[i];
    }
    for (std::size_t a = 0; a < given_.size(); ++a) {
      double* const to = evaluator.input(static_cast<index_t>(a) + 1);
      for (index_t lane = 0; to && lane < points; ++lane) {
        const double* const from = given_[a].data + problem[problem[lane] < 0 ? some : lane] * given_[a].stride;
        for (index_t e = 0; e < given_[a].size; ++e) to[e * points + lane] = from[e];
      }
    }
  }

  const Program& both_;
  const Program* const hessian_;
  const index_t n_;
  const double* const start_;
  const std::vector<Given>& given_;
  const DescentOptions o_;
  const Watch& watch_;
  Descents found_;
};

}  // namespace

Descents descend(const Program& both, const Program* hessian, index_t k, index_t n, const double* start,
                 const std::vector<Given>& given, const DescentOptions& options, const Watch& watch) {
  if (options.method >= Method::GradientDescent) {
    return Batch<Walker>(both, nullptr, k, n, start, given, options, watch).run();
  }
  return Batch<Descender>(both, hessian, k, n, start, given, options, watch).run();
}

}  // namespace mmlcore::optimize
