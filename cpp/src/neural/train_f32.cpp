#include "mmlcore/neural/train.hpp"
#include "train_network.hpp"

namespace mmlcore::neural {

MMLCORE_NEURAL(, float)

}  // namespace mmlcore::neural
