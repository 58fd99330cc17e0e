#include "run_program.hpp"

namespace mmlcore::calculus {

template <>
bool Program::in_blocks<float>(index_t points) const {
  return block_size<float>(slots(), points) > 1;
}

template <>
void Program::run(index_t points, const Points<const float>* arguments, const Points<float>* results) const {
  run_program<float>(*this, points, arguments, results);
}

}  // namespace mmlcore::calculus
