// Lengths, distances and angles in an inner product of one's own: <x, y> = x' M y. With M = L L', Cholesky's factor, the
// images L'x have the dot products that the vectors have in the metric (vectors/pairs.hpp then measures them).
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/buffer.hpp"
#include "mmlcore/core/dot.hpp"
#include "mmlcore/core/in_rows.hpp"
#include "mmlcore/elimination/cholesky.hpp"
#include "mmlcore/matrices/product_small.hpp"
#include "mmlcore/vectors/metric_distances.hpp"
#include "mmlcore/vectors/pairs.hpp"
#include "mmlcore/vectors/straight_rows.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

constexpr index_t kFactored = 256;  // rows of a metric that is factored, and kept, here; LAPACK takes larger ones
constexpr index_t kPlain = 64;      // up to here without blocks

template <class T>
using Vector = VectorView<const T>;

// Argument i as rows: one row where it is the same for all items, a copy in `kept` where vectors are not evenly apart.
template <class T>
bool find_rows(const Call& call, int i, Buffer<T>& kept, MatrixView<const T>& to) {
  const auto all = call.stack<T>(i);
  const index_t d = call['d'], count = call.count();
  if (count == 0) return false;
  if (!all.batch.uniform()) {
    kept = Buffer<T>(count * d);
    copy_vectors<T>(all, 0, count, kept.data());
    to = c_order<const T>(kept.data(), count, d);
    return true;
  }
  const bool one = count == 1 || all.batch.stride() == 0;
  to = {all.item.data, one ? 1 : count, d, one ? d : all.batch.stride(), all.item.col_stride};
  return true;
}

// The metric of one call: its last argument.
template <class T>
class InMetric {
 public:
  explicit InMetric(const Call& call, int metric)
      : call_(call), metric_(call.matrix<T>(metric)), d_(call['d']), own_(std::exchange(known_, {})) {}
  ~InMetric() { known_ = std::move(own_); }
  InMetric(const InMetric&) = delete;
  InMetric& operator=(const InMetric&) = delete;

  // False where the metric is none, or nearly none: the Python function sees to these.
  bool factor() {
    if (d_ == 0 || d_ > kFactored) return false;
    if (own_.size == d_ && same(own_.metric.data())) return true;
    own_.size = 0;
    own_.metric.resize(static_cast<std::size_t>(d_ * d_));
    own_.lower.assign(static_cast<std::size_t>(d_ * d_), T{0});
    T check = 0;
    for (index_t i = 0; i < d_; ++i) {
      for (index_t j = 0; j < d_; ++j) {
        check += (own_.metric[static_cast<std::size_t>(i * d_ + j)] = metric_(i, j)) * 0;
        if (metric_(i, j) != metric_(j, i)) return false;
      }
    }
    if (check != 0 || !(d_ <= kPlain ? factor_plainly() : factor_by_blocks())) return false;
    own_.size = d_;
    return true;
  }

  // The images of the rows of x.
  Buffer<T> images(const MatrixView<const T>& x) const { return times(x, c_order<const T>(own_.lower.data(), d_, d_)); }
  const T* lower() const { return own_.lower.data(); }
  Buffer<T> duals(const MatrixView<const T>& x) const { return times(x, metric_); }

 private:
  Buffer<T> times(const MatrixView<const T>& x, const MatrixView<const T>& m) const {
    Buffer<T> out(x.rows * d_);
    if (m.col_stride == 1) {
      product_single<T>(x, m, c_order(out.data(), x.rows, d_));
    } else {
      product_single<T>(x, m.transposed(), c_order(out.data(), x.rows, d_));  // M is symmetric
    }
    return out;
  }

  // The kept one is symmetric, so that columns may stand for rows.
  bool same(const T* kept) const {
    const MatrixView<const T> rows = metric_.col_stride == 1 ? metric_ : metric_.transposed();
    for (index_t i = 0; i < d_; ++i) {
      if (rows.col_stride == 1) {
        if (std::memcmp(&rows(i, 0), kept + i * d_, static_cast<std::size_t>(d_) * sizeof(T)) != 0) return false;
        continue;
      }
      for (index_t j = 0; j < d_; ++j) {
        if (rows(i, j) != kept[i * d_ + j]) return false;
      }
    }
    return true;
  }

  // Pivots that rounding may have made positive prove nothing.
  T least_share() const { return 8 * static_cast<T>(d_) * std::numeric_limits<T>::epsilon(); }

  bool factor_plainly() {
    return cholesky_small<T>(
        d_, [this](index_t i, index_t j) { return metric_(i, j); },
        [this](index_t i, index_t j) -> T& { return own_.lower[static_cast<std::size_t>(i * d_ + j)]; },
        [least = least_share()](index_t, T whole, T& pivot) { return pivot > least * whole && std::isfinite(whole); });
  }

  bool factor_by_blocks() {
    Buffer<double> columns(d_ * d_);
    const MatrixView<double> l = f_order(columns.data(), d_, d_, d_);
    for (index_t j = 0; j < d_; ++j) {
      for (index_t i = 0; i < d_; ++i) l(i, j) = metric_(i, j);
    }
    if (!cholesky(l)) return false;
    for (index_t i = 0; i < d_; ++i) {
      if (!(l(i, i) * l(i, i) > least_share() * metric_(i, i))) return false;
      for (index_t j = 0; j <= i; ++j) own_.lower[static_cast<std::size_t>(i * d_ + j)] = static_cast<T>(l(i, j));
    }
    return true;
  }

  // The metric of the thread's last call: most programs have one, and use it again and again. While a call is under way it
  // is that call's own: a handler of signals may make another.
  struct Known {
    index_t size = 0;
    std::vector<T> metric, lower;
  };
  static inline thread_local Known known_;

  const Call& call_;
  MatrixView<const T> metric_;
  index_t d_;
  Known own_;
};

template <class T>
bool lengths(const Call& call) {
  InMetric<T> in(call, 1);
  MatrixView<const T> x;
  Buffer<T> kept;
  if (!in.factor() || !find_rows<T>(call, 0, kept, x)) return false;
  const Buffer<T> images = in.images(x);
  const index_t d = x.cols;
  for (index_t i = 0; i < call.count(); ++i) {
    const T* at = images.data() + (x.rows == 1 ? 0 : i * d);
    const T squares = dot(at, at, d);
    if (!comfortable(squares)) return false;  // or zero: the Python function has all the time
    call.result<T>()[i] = std::sqrt(squares);
  }
  return true;
}

template <class T>
bool distances(const Call& call) {
  InMetric<T> in(call, 2);
  MatrixView<const T> x, y;
  Buffer<T> kept[2];
  if (!in.factor() || !find_rows<T>(call, 0, kept[0], x) || !find_rows<T>(call, 1, kept[1], y)) return false;
  const index_t d = x.cols, count = call.count();
  Buffer<T> gaps(count * d), straight[2];
  x = in_rows<T>(x, straight[0]);
  y = in_rows<T>(y, straight[1]);
  for (index_t i = 0; i < count; ++i) {
    const T *const a = &x(x.rows == 1 ? 0 : i, 0), *const b = &y(y.rows == 1 ? 0 : i, 0);
    T* const to = gaps.data() + i * d;
    for (index_t j = 0; j < d; ++j) to[j] = a[j] - b[j];
  }
  const Buffer<T> images = in.images(c_order<const T>(gaps.data(), count, d));
  for (index_t i = 0; i < count; ++i) {
    const T squares = dot(images.data() + i * d, images.data() + i * d, d);
    if (!comfortable(squares)) return false;
    call.result<T>()[i] = std::sqrt(squares);
  }
  return true;
}

// f(number, image of x, image of y) -> bool for the pairs.
template <class T, class F>
bool each_image(const Call& call, F&& f) {
  InMetric<T> in(call, 2);
  MatrixView<const T> x, y;
  Buffer<T> kept[2];
  if (!in.factor() || !find_rows<T>(call, 0, kept[0], x) || !find_rows<T>(call, 1, kept[1], y)) return false;
  const Buffer<T> u = in.images(x), v = in.images(y);
  const index_t d = x.cols;
  bool fine = true;
  for (index_t i = 0; i < call.count(); ++i) {
    fine &= f(i, Vector<T>{u.data() + (x.rows == 1 ? 0 : i * d), d}, Vector<T>{v.data() + (y.rows == 1 ? 0 : i * d), d});
  }
  return fine;
}

template <class T, bool (*measure)(Vector<T>, Vector<T>, T&)>
bool measured(const Call& call) {
  return each_image<T>(call, [&](index_t i, Vector<T> u, Vector<T> v) { return measure(u, v, call.result<T>()[i]); });
}

template <class T>
bool inner(const Call& call) {
  InMetric<T> in(call, 2);
  MatrixView<const T> x, y;
  Buffer<T> kept[2];
  if (!in.factor() || !find_rows<T>(call, 0, kept[0], x) || !find_rows<T>(call, 1, kept[1], y)) return false;
  const Buffer<T> duals = in.duals(y);
  const index_t d = x.cols;
  const auto row_of = [](const MatrixView<const T>& rows, index_t i) { return rows.row(rows.rows == 1 ? 0 : i); };
  for (index_t i = 0; i < call.count(); ++i) {
    const Vector<T> u = row_of(x, i), v = row_of(c_order<const T>(duals.data(), y.rows, d), i);
    T sum = 0;
    if (u.stride == 1) {
      sum = dot(u.data, v.data, d);
    } else {
      for (index_t j = 0; j < d; ++j) sum += u[j] * v[j];
    }
    call.result<T>()[i] = sum;
  }
  return true;
}

template <class T>
bool projections(const Call& call) {
  MatrixView<const T> onto;
  Buffer<T> kept, straight;
  if (!find_rows<T>(call, 1, kept, onto)) return false;
  onto = in_rows<T>(onto, straight);
  return each_image<T>(call, [&](index_t i, Vector<T> u, Vector<T> v) {
    const T xy = dot(u.data, v.data, u.size), yy = dot(v.data, v.data, u.size), xx = dot(u.data, u.data, u.size);
    const T share = xy / yy;
    const T* const b = &onto(onto.rows == 1 ? 0 : i, 0);
    T* const to = call.result<T>() + i * u.size;
    for (index_t j = 0; j < u.size; ++j) to[j] = share * b[j];
    return comfortable(yy) && comfortable(xx);
  });
}

// Of X and Y, or, with two arguments, of X with itself.
template <class T, int Metric>
bool all_distances(const Call& call) {
  const MatrixView<const T> x = call.matrix<T>(0), y = call.matrix<T>(Metric - 1);
  if (call.axes() != 0 || x.rows == 0 || y.rows == 0) return false;
  InMetric<T> in(call, Metric);
  return in.factor() && metric_distances<T>(x, y, in.lower(), call.option(0) != 0, call.results<T>().item);
}

const DoorRow rows[] = {
    {"pairwise_distances",
     Signature("(n,d),(m,d),(d,d)->(n,m)"),
     "X Y metric",
     "squared=0",
     {all_distances<double, 2>, all_distances<float, 2>}},
    {"pairwise_distances",
     Signature("(n,d),(d,d)->(n,n)"),
     "X metric",
     "squared=0 Y",
     {all_distances<double, 1>, all_distances<float, 1>}},
    {"inner", Signature("(d),(d),(d,d)->()"), "x y metric", "", {inner<double>, inner<float>}},
    {"length", Signature("(d),(d,d)->()"), "x metric", "", {lengths<double>, lengths<float>}},
    {"distance", Signature("(d),(d),(d,d)->()"), "x y metric", "", {distances<double>, distances<float>}},
    {"angle",
     Signature("(d),(d),(d,d)->()"),
     "x y metric",
     "",
     {measured<double, angle<double>>, measured<float, angle<float>>}},
    {"cosine",
     Signature("(d),(d),(d,d)->()"),
     "x y metric",
     "",
     {measured<double, cosine<double>>, measured<float, cosine<float>>}},
    {"scalar_projection",
     Signature("(d),(d),(d,d)->()"),
     "x onto metric",
     "",
     {measured<double, scalar_projection<double>>, measured<float, scalar_projection<float>>}},
    {"vector_projection", Signature("(d),(d),(d,d)->(d)"), "x onto metric", "", {projections<double>, projections<float>}},
};

}  // namespace

void bind_metric(py::module_& m) { add_doors(m, rows); }

}  // namespace mmlcore::bindings
