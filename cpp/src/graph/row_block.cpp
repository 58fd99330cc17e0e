#include "mmlcore/graph/row_block.hpp"

#include <algorithm>

namespace mmlcore {

template <class Index>
void sort_rows(const std::vector<EdgeColumns<Index>>& chunks, const Index* number, index_t first, index_t rows,
               std::int64_t* start, Index* sorted_source, double* sorted_weight) {
  // next[t] is where the next edge of row t goes; in the end it is where row t + 1 starts.
  std::fill(start, start + rows + 1, std::int64_t{0});
  std::int64_t* next = start + 1;
  for (const auto& chunk : chunks) {
    for (index_t e = 0; e < chunk.size; ++e) ++next[chunk.target[e] - first];
  }
  std::int64_t at = 0;
  for (index_t t = 0; t < rows; ++t) {
    const std::int64_t count = next[t];
    next[t] = at;
    at += count;
  }
  for (const auto& chunk : chunks) {
    for (index_t e = 0; e < chunk.size; ++e) {
      const std::int64_t place = next[chunk.target[e] - first]++;
      sorted_source[place] = number[chunk.source[e]];
      if (chunk.weight) sorted_weight[place] = chunk.weight[e];
    }
  }
}

template void sort_rows(const std::vector<EdgeColumns<std::int32_t>>&, const std::int32_t*, index_t, index_t, std::int64_t*,
                        std::int32_t*, double*);
template void sort_rows(const std::vector<EdgeColumns<std::int64_t>>&, const std::int64_t*, index_t, index_t, std::int64_t*,
                        std::int64_t*, double*);

}  // namespace mmlcore
