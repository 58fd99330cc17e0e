#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/pages.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/graph/edge_text.hpp"

namespace mmlcore {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

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

struct Line {
  const char *begin, *stop;  // from what is no blank to before the end of the line, which may be \r\n
  bool holds_edge() const { return begin != stop && *begin != '#' && *begin != '%'; }
  // Another line behind \r alone, which a comment or an edge would swallow.
  bool holds_return() const { return std::memchr(begin, '\r', static_cast<std::size_t>(stop - begin)) != nullptr; }
};

Line line_of(const char* p, const char* stop) {
  while (stop > p && stop[-1] == '\r') --stop;
  return {skip_blanks(p, stop), stop};
}

struct Edge {
  std::int64_t source, target;
  double weight;
  bool weighted;
};

// A plus sign before a digit, which std::from_chars does not take.
const char* skip_plus(const char* p, const char* end) {
  return p + 1 < end && *p == '+' && p[1] != '-' && p[1] != '+' ? p + 1 : p;
}

// A node's number as std::from_chars reads it; nearly all are short and cannot overflow.
std::from_chars_result read_number(const char* begin, const char* stop, std::int64_t& number) {
  begin = skip_plus(begin, stop);
  constexpr std::ptrdiff_t kSafeDigits = 18;
  const char *p = begin, *safe = stop - begin > kSafeDigits ? begin + kSafeDigits : stop;
  std::int64_t n = 0;
  for (; p < safe; ++p) {
    const unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
    if (digit > 9) break;
    n = 10 * n + static_cast<std::int64_t>(digit);
  }
  if (p == begin || (p == safe && safe != stop)) return std::from_chars(begin, stop, number);
  number = n;
  return {p, std::errc()};
}

// Reads one line; returns what is wrong with it, or null.
const char* parse_line(const char* begin, const char* stop, Edge& edge) {
  const auto [after_s, bad_s] = read_number(begin, stop, edge.source);
  const char* second = skip_separator(after_s, stop);
  const auto [after_t, bad_t] = read_number(second, stop, edge.target);
  if (bad_s == std::errc::result_out_of_range || bad_t == std::errc::result_out_of_range) {
    return "a node number beyond 64 bits";
  }
  if (bad_s != std::errc() || bad_t != std::errc() || second == after_s) {
    if (*begin == '"' || *begin == '\'') return "node numbers in quotes; take the quotes away";
    if (std::isalpha(static_cast<unsigned char>(*begin)) || static_cast<unsigned char>(*begin) >= 128) {
      return "needed two node numbers; put # before a line of column names, and read names of nodes by Graph.from_labels";
    }
    return "needed two node numbers, separated by blanks, a tab or a comma";
  }
  if (edge.source < 0 || edge.target < 0) return "a negative node number";
  const char* third = skip_separator(after_t, stop);
  if (third == after_t && third != stop) return "the second node number is not an integer";
  edge.weighted = third != stop;
  if (!edge.weighted) return nullptr;
  const auto [after_w, bad_w] = std::from_chars(skip_plus(third, stop), stop, edge.weight);
  if (bad_w != std::errc() || skip_blanks(after_w, stop) != stop) {
    return "the third column is not one number, the weight";
  }
  return nullptr;
}

struct Chunk {
  const char *begin, *end;
  index_t lines = 0, first_line = 0, edges = 0;  // first_line counts from the first of the block: also where its edges go
  bool too_wide = false;                         // a node's number does not fit: the chunk has to be read again
  std::string error;
};

template <class Id>
void parse_chunk(Chunk& chunk, const EndColumns<Id>& ends, EdgeText& out) {
  constexpr auto kMost = static_cast<std::int64_t>(std::numeric_limits<Id>::max());
  index_t line = out.lines + chunk.first_line, at = out.edges + chunk.first_line;
  const index_t first = at;
  const bool weighted = out.weighted.value_or(false);
  Edge edge{};
  chunk.too_wide = false;
  chunk.error.clear();
  for (const char* p = chunk.begin; p < chunk.end;) {
    ++line;
    const char* end = line_end(p, chunk.end);
    const Line here = line_of(p, end);
    p = end < chunk.end ? end + 1 : chunk.end;
    if (!here.holds_edge() && !here.holds_return()) continue;
    const char* wrong = parse_line(here.begin, here.stop, edge);
    if (wrong && here.holds_return())
      wrong = "a carriage return within a line: lines end in \\n or \\r\\n, or all of them in \\r";
    if (!wrong && edge.weighted != weighted) {
      wrong = weighted ? "no weight, which the lines before have" : "a third column, which the lines before do not have";
    }
    if (wrong) {
      chunk.error = describe(line, here.begin, here.stop, wrong);
      return;
    }
    if (edge.source > kMost || edge.target > kMost) {
      chunk.too_wide = true;
      return;
    }
    ends.source[at] = static_cast<Id>(edge.source);
    ends.target[at] = static_cast<Id>(edge.target);
    if (weighted) out.weight[at] = edge.weight;
    ++at;
  }
  chunk.edges = at - first;
}

// Whether the first edge of the text has a weight: all others have to be like it.
std::optional<bool> first_is_weighted(const char* p, const char* end) {
  while (p < end) {
    const char* stop = line_end(p, end);
    Edge edge{};
    const Line here = line_of(p, stop);
    if (here.holds_edge()) return !parse_line(here.begin, here.stop, edge) && edge.weighted;
    p = stop < end ? stop + 1 : end;
  }
  return std::nullopt;
}

std::vector<Chunk> cut(const char* text, const char* end) {
  constexpr index_t kChunk = index_t{1} << 19;
  std::vector<Chunk> chunks;
  for (const char* p = text; p < end;) {
    const char* stop = end - p > kChunk ? line_end(p + kChunk, end) : end;
    if (stop < end) ++stop;
    chunks.push_back({p, stop});
    p = stop;
  }
  return chunks;
}

}  // namespace

void EdgeText::feed(const char* text, index_t size, bool mapped) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";  // that some programs write before UTF-8
  if (lines == 0 && std::string_view(text, static_cast<std::size_t>(size)).substr(0, kMark.size()) == kMark) {
    text += kMark.size();
    size -= static_cast<index_t>(kMark.size());
  }
  std::vector<Chunk> chunks = cut(text, text + size);
  const auto count = static_cast<index_t>(chunks.size());
  parallel_tasks(count, [&](index_t c) {
    chunks[c].lines = std::count(chunks[c].begin, chunks[c].end, '\n') + (chunks[c].end[-1] != '\n');
  });
  index_t more = 0;
  for (Chunk& chunk : chunks) {
    chunk.first_line = more;
    more += chunk.lines;
  }
  if (!weighted) weighted = first_is_weighted(text, text + size);
  if (weighted.value_or(false)) weight.reserve(edges + more);
  const auto parse = [&](auto& columns) {
    columns.source.reserve(edges + more);
    columns.target.reserve(edges + more);
    parallel_tasks(count, [&](index_t c) {
      parse_chunk(chunks[c], columns, *this);
      if (mapped && !chunks[c].too_wide) release_mapped(chunks[c].begin, 0, chunks[c].end - chunks[c].begin);
    });
  };
  if (!wide) parse(ends);
  if (!wide && std::any_of(chunks.begin(), chunks.end(), [](const Chunk& chunk) { return chunk.too_wide; })) widen();
  if (wide) parse(wide_ends);
  for (const Chunk& chunk : chunks) {
    if (!chunk.error.empty()) throw DomainError(chunk.error);
  }
  const index_t before = edges;
  for (const Chunk& chunk : chunks) {  // comments and empty lines leave gaps
    const auto close = [&](auto& column) {
      const auto* from = column.data() + before + chunk.first_line;
      std::move(from, from + chunk.edges, column.data() + edges);
    };
    if (edges != before + chunk.first_line) {
      wide ? close(wide_ends.source) : close(ends.source);
      wide ? close(wide_ends.target) : close(ends.target);
      if (weighted.value_or(false)) close(weight);
    }
    edges += chunk.edges;
  }
  lines += more;
}

void EdgeText::widen() {
  wide_ends.source.reserve(edges);
  wide_ends.target.reserve(edges);
  std::copy(ends.source.data(), ends.source.data() + edges, wide_ends.source.data());
  std::copy(ends.target.data(), ends.target.data() + edges, wide_ends.target.data());
  ends = {};
  wide = true;
}

}  // namespace mmlcore
