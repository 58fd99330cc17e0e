// One minimization, step by step: see descent.hpp. `trial` is the point that is to be looked at; `told` takes its value and
// gradient and goes on to the next, until `running` is false.
#pragma once

#include <vector>

#include "directions.hpp"
#include "standing.hpp"

namespace mmlcore::optimize {

class Descender : public Standing {
 public:
  // hessian(x, h): fills (n, n).
  using Hessian = std::function<void(const double* x, double* h)>;

  Descender(index_t n, const DescentOptions& options, Hessian hessian);

  void begin(const double* start);
  void told(double value, const double* gradient);

 private:
  void iterate();
  void aim(bool again);
  void set_trial();
  void search(double value, const double* gradient);
  void move(double value, const double* gradient);

  const Hessian hessian_;
  Directions directions_;
  std::vector<double> d_, step_, change_, h_;
  std::vector<char> held_, now_;
  double slope_ = 0, bend_ = 0, rate_ = 1, low_ = 0, high_ = 0, at_low_ = 0, slope_low_ = 0, most_ = 0;
  int tries_ = 0;
  bool fresh_ = true;
};

}  // namespace mmlcore::optimize
