#include "mmlcore/singular/dqds.hpp"

#include "dqds_sweeps.hpp"

namespace mmlcore {

bool dqds(index_t n, const double* d, const double* e, double* values, double* memory) {
  return detail::Sweeps(n, memory).run(d, e, values);
}

}  // namespace mmlcore
