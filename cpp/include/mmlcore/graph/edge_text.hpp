// Edge list in text: two integers a line, a third column is the weight; separated by blanks, tabs or a comma; lines that
// start with # or % are comments.
//
// The text is cut into chunks at ends of lines. One reading counts the lines of each chunk, so that every chunk knows the
// number of its first line and where its edges go; a second one parses all chunks, each by itself.
#pragma once

#include <cstdint>
#include <functional>

#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore {

struct EdgeText {
  Buffer<std::int64_t> source, target;
  Buffer<double> weight;
  index_t edges = 0;
  bool weighted = false;
};

// Throws DomainError naming the first bad line. `progress`, if any, is told the bytes that are done, on the calling thread.
// `mapped`: the text is a mapped file, whose pages are given back when they are parsed.
EdgeText parse_edges(const char* text, index_t size, bool mapped, const std::function<void(index_t)>& progress);

}  // namespace mmlcore
