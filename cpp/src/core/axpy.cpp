#include "mmlcore/core/lane_algebra.hpp"
#include "mmlcore/core/maps.hpp"

namespace mmlcore {

template <Real T>
void long_axpy(T a, const T* x, T* y, index_t n) {
  map(y, n) += a * map(x, n);
}

template void long_axpy<float>(float, const float*, float*, index_t);
template void long_axpy<double>(double, const double*, double*, index_t);

}  // namespace mmlcore
