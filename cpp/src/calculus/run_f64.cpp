#include "run_program.hpp"

namespace mmlcore::calculus {

template class Runner<double>;

template <>
void Program::run(index_t points, const Points<const double>* arguments, const Points<double>* results) const {
  run_program<double>(*this, points, arguments, results);
}

}  // namespace mmlcore::calculus
