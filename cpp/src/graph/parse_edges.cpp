#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/pages.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/graph/edge_text.hpp"

namespace mmlcore {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

const char* skip_blanks(const char* p, const char* end) {
  while (p < end && is_blank(*p)) ++p;
  return p;
}

// Blanks, or one comma with blanks around it.
const char* skip_separator(const char* p, const char* end) {
  p = skip_blanks(p, end);
  return p < end && *p == ',' ? skip_blanks(p + 1, end) : p;
}

std::string describe(index_t line, const char* begin, const char* end, const char* why) {
  std::string shown(begin, std::min(end, begin + 60));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126) c = '?';
  }
  return "line " + std::to_string(line) + ": " + why + " (\"" + shown + "\").";
}

const char* line_end(const char* p, const char* end) {
  const void* found = std::memchr(p, '\n', static_cast<std::size_t>(end - p));
  return found ? static_cast<const char*>(found) : end;
}

// Where the numbers of a line start; null for an empty line or a comment.
const char* data_of_line(const char* p, const char* stop) {
  const char* begin = skip_blanks(p, stop);
  return begin == stop || *begin == '#' || *begin == '%' ? nullptr : begin;
}

struct Edge {
  std::int64_t source, target;
  double weight;
  bool weighted;
};

// Reads one line; returns what is wrong with it, or null.
const char* parse_line(const char* begin, const char* stop, Edge& edge) {
  const auto [after_s, bad_s] = std::from_chars(begin, stop, edge.source);
  const char* second = skip_separator(after_s, stop);
  const auto [after_t, bad_t] = std::from_chars(second, stop, edge.target);
  if (bad_s == std::errc::result_out_of_range || bad_t == std::errc::result_out_of_range) {
    return "a node number beyond 64 bits";
  }
  if (bad_s != std::errc() || bad_t != std::errc() || second == after_s) {
    return "needed two node numbers, separated by blanks, a tab or a comma";
  }
  if (edge.source < 0 || edge.target < 0) return "a negative node number";
  const char* third = skip_separator(after_t, stop);
  if (third == after_t && third != stop) return "the second node number is not an integer";
  edge.weighted = third != stop;
  if (!edge.weighted) return nullptr;
  const auto [after_w, bad_w] = std::from_chars(third, stop, edge.weight);
  if (bad_w != std::errc() || skip_blanks(after_w, stop) != stop) {
    return "the third column is not one number, the weight";
  }
  return nullptr;
}

struct Chunk {
  const char *begin, *end;
  index_t lines = 0, first_line = 0, edges = 0;  // first_line counts from 0: also where its edges go
  std::string error;
};

void parse_chunk(Chunk& chunk, EdgeText& out) {
  index_t line = chunk.first_line, at = chunk.first_line;
  Edge edge{};
  for (const char* p = chunk.begin; p < chunk.end;) {
    ++line;
    const char* stop = line_end(p, chunk.end);
    const char* begin = data_of_line(p, stop);
    p = stop < chunk.end ? stop + 1 : chunk.end;
    if (!begin) continue;
    const char* wrong = parse_line(begin, stop, edge);
    if (!wrong && edge.weighted != out.weighted) {
      wrong = out.weighted ? "no weight, which the lines before have" : "a third column, which the lines before do not have";
    }
    if (wrong) {
      chunk.error = describe(line, begin, stop, wrong);
      return;
    }
    out.source[at] = edge.source;
    out.target[at] = edge.target;
    if (edge.weighted) out.weight[at] = edge.weight;
    ++at;
  }
  chunk.edges = at - chunk.first_line;
}

// Whether the first edge of the text has a weight: all others have to be like it.
bool first_is_weighted(const char* p, const char* end) {
  while (p < end) {
    const char* stop = line_end(p, end);
    Edge edge{};
    if (const char* begin = data_of_line(p, stop)) return !parse_line(begin, stop, edge) && edge.weighted;
    p = stop < end ? stop + 1 : end;
  }
  return false;
}

std::vector<Chunk> cut(const char* text, const char* end) {
  constexpr index_t kChunk = index_t{1} << 19;
  std::vector<Chunk> chunks;
  for (const char* p = text; p < end;) {
    const char* stop = end - p > kChunk ? line_end(p + kChunk, end) : end;
    if (stop < end) ++stop;
    chunks.push_back({p, stop, 0, 0, 0, {}});
    p = stop;
  }
  return chunks;
}

}  // namespace

EdgeText parse_edges(const char* text, index_t size, bool mapped, const std::function<void(index_t)>& progress) {
  std::vector<Chunk> chunks = cut(text, text + size);
  const auto count = static_cast<index_t>(chunks.size());
  const auto done = [&](const Chunk& chunk) {
    if (mapped) release_mapped(chunk.begin, 0, chunk.end - chunk.begin);
  };
  parallel_tasks(count, [&](index_t c) {
    Chunk& chunk = chunks[c];
    chunk.lines = std::count(chunk.begin, chunk.end, '\n') + (chunk.end[-1] != '\n');
    done(chunk);
  });
  index_t lines = 0;
  for (Chunk& chunk : chunks) {
    chunk.first_line = lines;
    lines += chunk.lines;
  }
  EdgeText out{Buffer<std::int64_t>(lines), Buffer<std::int64_t>(lines), {}, 0, first_is_weighted(text, text + size)};
  if (out.weighted) out.weight = Buffer<double>(lines);
  constexpr index_t kRound = 64;  // chunks between two reports
  for (index_t first = 0; first < count; first += kRound) {
    const index_t some = std::min(kRound, count - first);
    parallel_tasks(some, [&](index_t c) {
      parse_chunk(chunks[first + c], out);
      done(chunks[first + c]);
    });
    for (index_t c = first; c < first + some; ++c) {
      if (!chunks[c].error.empty()) throw DomainError(chunks[c].error);
    }
    if (progress) progress(chunks[first + some - 1].end - text);
  }
  for (const Chunk& chunk : chunks) {  // comments and empty lines leave gaps
    if (out.edges != chunk.first_line) {
      const auto close = [&](auto& column) {
        std::move(column.data() + chunk.first_line, column.data() + chunk.first_line + chunk.edges,
                  column.data() + out.edges);
      };
      close(out.source);
      close(out.target);
      if (out.weighted) close(out.weight);
    }
    out.edges += chunk.edges;
  }
  return out;
}

}  // namespace mmlcore
