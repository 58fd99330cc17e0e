// Sums of products, lengths, y += a x.
#include "mmlcore/core/careful_length.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/lane_algebra.hpp"
#include "rows.hpp"

namespace mmlcore::bench {
namespace {

template <class T>
struct Pair {
  explicit Pair(index_t n) : x(random_rows<T>(1, n, 1).transpose()), y(random_rows<T>(1, n, 2).transpose()) {}
  Eigen::Vector<T, Eigen::Dynamic> x, y, z;
  T ours = 0, theirs = 0;
  double distance() const { return std::abs(double(ours) - double(theirs)) / std::abs(double(theirs)); }
};

template <class T>
void inner(const std::string& name, index_t n) {
  const auto p = std::make_shared<Pair<T>>(n);
  row(
      "inner product " + std::to_string(n) + name, "dot", [p] { p->ours = dot(p->x.data(), p->y.data(), p->x.size()); },
      [p] { p->theirs = p->x.dot(p->y); }, [p] { return p->distance(); });
}

template <class T>
void length_beyond(const std::string& name, index_t n) {
  const auto p = std::make_shared<Pair<T>>(n);
  p->x *= static_cast<T>(sizeof(T) == 8 ? 1e-200 : 1e-25);
  row(
      "length beyond the range " + std::to_string(n) + name, "stableNorm",
      [p] { p->ours = careful_length<T>(p->x.size(), Contiguous<T>{p->x.data()}); }, [p] { p->theirs = p->x.stableNorm(); },
      [p] { return p->distance(); });
}

void usual_length(index_t n) {
  const auto p = std::make_shared<Pair<double>>(n);
  row(
      "length " + std::to_string(n), "stableNorm", [p] { p->ours = safe_length(p->x.data(), p->x.size()); },
      [p] { p->theirs = p->x.stableNorm(); }, [p] { return p->distance(); });
}

void add_scaled(index_t n) {
  const auto p = std::make_shared<Pair<double>>(n);
  p->z = p->y;
  row(
      "axpy " + std::to_string(n), "y += a * x", [p] { axpy(1e-9, p->x.data(), p->y.data(), p->x.size()); },
      [p] { p->z += 1e-9 * p->x; }, [p] { return apart(p->y, p->z); });
}

}  // namespace

void vectors() {
  for (const index_t n : {8, 30, 100, 10000}) {
    inner<double>("", n);
    inner<float>(", float", n);
  }
  for (const index_t n : {4, 30, 100, 1000}) {
    length_beyond<double>("", n);
    length_beyond<float>(", float", n);
    usual_length(n);
  }
  for (const index_t n : {6, 30, 100, 1000}) add_scaled(n);
}

}  // namespace mmlcore::bench
