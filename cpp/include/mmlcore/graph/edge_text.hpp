// Edge list in text: two integers a line, a third column is the weight; separated by blanks, tabs or a comma; lines that
// start with # or % are comments.
#pragma once

#include <cstdint>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

struct EdgeText {
  Buffer<std::int64_t> source, target;
  Buffer<double> weight;
  index_t edges = 0;
  bool weighted = false;
};

// Throws DomainError naming the first bad line.
EdgeText parse_edges(const char* text, index_t size);

}  // namespace mmlcore
