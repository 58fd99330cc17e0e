// One minimization, step by step: see descent.hpp. `trial` is the point that is to be looked at; `told` takes its value and
// gradient and goes on to the next, until `running` is false.
#pragma once

#include <vector>

#include "directions.hpp"
#include "mmlcore/optimize/descent.hpp"

namespace mmlcore::optimize {

class Descender {
 public:
  // hessian(x, h): fills (n, n).
  using Hessian = std::function<void(const double* x, double* h)>;

  Descender(index_t n, const DescentOptions& options, Hessian hessian);

  void begin(const double* start);
  void told(double value, const double* gradient);

  bool running() const { return running_; }
  const std::vector<double>& trial() const { return trial_; }
  const std::vector<double>& x() const { return x_; }
  const std::vector<double>& gradient() const { return g_; }
  double value() const { return f_; }
  index_t iterations() const { return iterations_; }
  DescentEnd end() const { return end_; }
  bool moved() const { return moved_; }  // whether the last `told` took a step
  void stop() { running_ = false; }

 private:
  void iterate();
  void aim(bool again);
  void set_trial();
  void search(double value, const double* gradient);
  void move(double value, const double* gradient);
  void finish(DescentEnd end) { end_ = end, running_ = false; }
  void no_way_down();
  bool goes_on();
  bool arrived() const;
  bool flat(double tol) const;
  bool unseen(double decrease) const;
  bool blocked(index_t i) const;  // on a bound that it wants to pass
  double size(index_t i) const;
  double low(index_t i) const;
  double high(index_t i) const;
  void remember_left(const double* step, const double* change);

  const index_t n_;
  const DescentOptions o_;
  const Hessian hessian_;
  Directions directions_;
  std::vector<double> x_, g_, d_, trial_, tried_, start_, left_, step_, change_, h_;
  std::vector<char> held_, now_;
  double f_ = 0, first_ = 0, slope_ = 0, bend_ = 0, rate_ = 1, low_ = 0, high_ = 0, at_low_ = 0, slope_low_ = 0, most_ = 0;
  index_t iterations_ = 0;
  int tries_ = 0;
  bool running_ = false, begun_ = false, fresh_ = true, exact_ = false, moved_ = false, has_tried_ = false;
  DescentEnd end_ = DescentEnd::MaxIterations;
};

}  // namespace mmlcore::optimize
