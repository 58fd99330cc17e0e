#include "mmlcore/core/dot.hpp"

#include "mmlcore/core/maps.hpp"

namespace mmlcore {

template <Real T>
T long_dot(const T* x, const T* y, index_t n) {
  return map(x, n).dot(map(y, n));
}

template float long_dot<float>(const float*, const float*, index_t);
template double long_dot<double>(const double*, const double*, index_t);

}  // namespace mmlcore
