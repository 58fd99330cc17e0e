#include "mmlcore/core/dot.hpp"

#include "mmlcore/core/maps.hpp"

namespace mmlcore {

template <Real T>
T dot_block(const T* x, const T* y, index_t n) {
  return map(x, n).dot(map(y, n));
}

template float dot_block<float>(const float*, const float*, index_t);
template double dot_block<double>(const double*, const double*, index_t);

}  // namespace mmlcore
