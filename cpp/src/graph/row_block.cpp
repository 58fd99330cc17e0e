#include "mmlcore/graph/row_block.hpp"

#include <algorithm>

namespace mmlcore {

void sort_rows(const std::int64_t* source, const std::int64_t* target, const double* weight, index_t edges, index_t rows,
               std::int64_t* start, std::int64_t* sorted_source, double* sorted_weight) {
  // start[t + 1] is where the next edge of row t goes; in the end it is where row t + 1 starts.
  std::fill(start, start + rows + 1, std::int64_t{0});
  for (index_t e = 0; e < edges; ++e) ++start[target[e] + 1];
  std::int64_t at = 0;
  for (index_t t = 1; t <= rows; ++t) {
    const std::int64_t count = start[t];
    start[t] = at;
    at += count;
  }
  for (index_t e = 0; e < edges; ++e) {
    const std::int64_t place = start[target[e] + 1]++;
    sorted_source[place] = source[e];
    if (weight) sorted_weight[place] = weight[e];
  }
}

}  // namespace mmlcore
