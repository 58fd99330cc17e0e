// The descents that use the gradient alone, as the courses have them, step by step: see descender.hpp for how it is driven.
//
// Steepest descent goes against the gradient, by a fixed rate or by the one that the last step shows, |s|^2 / s'y (J.
// Barzilai, J. M. Borwein, IMA J. Numer. Anal. 8, 1988), halved until f decreases in proportion. Momentum adds a share of
// the last step to the next: a fixed one, or Nesterov's, which starts anew where it leads up (B. O'Donoghue, E. Candes,
// "Adaptive restart for accelerated gradient schemes", Found. Comput. Math. 15, 2015).
#pragma once

#include <vector>

#include "standing.hpp"

namespace mmlcore::optimize {

class Walker : public Standing {
 public:
  Walker(index_t n, const DescentOptions& options);

  void begin(const double* start);
  void told(double value, const double* gradient);

 private:
  enum class Stage : char { Plain, Downhill, Ahead, Onward };
  void walk();
  void set_trial(const std::vector<double>& from, double rate, const std::vector<double>& slope);
  void go_ahead();
  void go_onward();
  void downhill(double value, const double* gradient);
  void onward(double value, const double* gradient);
  bool move(double value, const double* gradient);

  std::vector<double> velocity_, ahead_, slope_, step_, change_;
  double rate_ = 0, tried_rate_ = 0, weight_ = 1, at_ahead_ = 0;
  int tries_ = 0;
  Stage stage_ = Stage::Plain;
};

}  // namespace mmlcore::optimize
