#include <algorithm>
#include <charconv>
#include <string>

#include "mmlcore/core/errors.hpp"
#include "mmlcore/core/interrupt.hpp"
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

[[noreturn]] void refuse(index_t line, const char* begin, const char* end, const char* why) {
  std::string shown(begin, std::min(end, begin + 60));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126) c = '?';
  }
  throw DomainError("line " + std::to_string(line) + ": " + why + " (\"" + shown + "\").");
}

}  // namespace

EdgeText parse_edges(const char* text, index_t size) {
  const char* end = text + size;
  const index_t lines = std::count(text, end, '\n') + 1;
  EdgeText out{Buffer<std::int64_t>(lines), Buffer<std::int64_t>(lines), {}, 0, false};
  index_t line = 0;
  for (const char* p = text; p < end;) {
    if (++line % 65536 == 0) poll_interrupt();
    const char* stop = std::find(p, end, '\n');
    const char* begin = skip_blanks(p, stop);
    p = stop < end ? stop + 1 : end;
    if (begin == stop || *begin == '#' || *begin == '%') continue;
    std::int64_t s, t;
    const auto [after_s, bad_s] = std::from_chars(begin, stop, s);
    const char* second = skip_separator(after_s, stop);
    const auto [after_t, bad_t] = std::from_chars(second, stop, t);
    if (bad_s == std::errc::result_out_of_range || bad_t == std::errc::result_out_of_range) {
      refuse(line, begin, stop, "a node number beyond 64 bits");
    }
    if (bad_s != std::errc() || bad_t != std::errc() || second == after_s) {
      refuse(line, begin, stop, "needed two node numbers, separated by blanks, a tab or a comma");
    }
    if (s < 0 || t < 0) refuse(line, begin, stop, "a negative node number");
    const char* third = skip_separator(after_t, stop);
    if (third == after_t && third != stop) refuse(line, begin, stop, "the second node number is not an integer");
    if (third != stop) {
      if (!out.weighted) {
        if (out.edges > 0) refuse(line, begin, stop, "a third column, which the lines before do not have");
        out.weighted = true;
        out.weight = Buffer<double>(lines);
      }
      const auto [after_w, bad_w] = std::from_chars(third, stop, out.weight[out.edges]);
      if (bad_w != std::errc() || skip_blanks(after_w, stop) != stop) {
        refuse(line, begin, stop, "the third column is not one number, the weight");
      }
    } else if (out.weighted) {
      refuse(line, begin, stop, "no weight, which the lines before have");
    }
    out.source[out.edges] = s;
    out.target[out.edges++] = t;
  }
  return out;
}

}  // namespace mmlcore
