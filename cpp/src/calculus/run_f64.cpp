#include "run_program.hpp"

namespace mmlcore::calculus {

template class Runner<double>;

template <>
bool Program::in_blocks<double>(index_t points) const {
  return block_size<double>(slots(), points) > 1;
}

template <>
void Program::run(index_t points, const Points<const double>* arguments, const Points<double>* results) const {
  run_program<double>(*this, points, arguments, results);
}

bool Program::run_live(const double* const* arguments, double* const* results,
                       const std::vector<const void*>& watched) const {
  return run_passes<double>(*passes_, arguments, results, watched.data());
}

}  // namespace mmlcore::calculus
