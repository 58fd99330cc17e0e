// Nearest neighbours: the door's row, the searches that Python's composes, and trees that are kept.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/neighbors/filtered_neighbors.hpp"
#include "mmlcore/neighbors/kd_tree.hpp"
#include "mmlcore/neighbors/nearest_neighbors.hpp"
#include "mmlcore/neighbors/points_within.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::neighbors_py {
namespace {

// Whether all is finite and so small that squares of differences and their sums stay in the range.
template <class T>
bool has_squares(const MatrixView<const T>& points) {
  const T most = std::sqrt(std::numeric_limits<T>::max()) / (4 * static_cast<T>(std::max<index_t>(points.cols, 1)));
  return largest_size(points) < static_cast<double>(most);  // NaN is not
}

constexpr index_t kFewCoordinates = 128, kMostNumbers = index_t{1} << 20;  // that no filter (filtered_neighbors.hpp) is for

// Distances from their squares; false where points are not equal and their squared distance vanishes.
template <class T>
bool take_roots(const MatrixView<T>& squares, const MatrixView<std::int64_t>& indices, const MatrixView<const T>& queries,
                const MatrixView<const T>& points) {
  constexpr T least = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
  bool all = true;
  for (index_t i = 0; i < squares.rows; ++i) {
    for (index_t e = 0; e < squares.cols; ++e) {
      T& square = squares(i, e);
      for (index_t j = 0; j < points.cols && !(square >= least); ++j) all &= queries(i, j) == points(indices(i, e), j);
      square = std::sqrt(square);
      // Squares that differ may have one root: of equal distances the lower index comes first.
      for (index_t to = e; to > 0 && squares(i, to - 1) == squares(i, to) && indices(i, to - 1) > indices(i, to); --to)
        std::swap(indices(i, to - 1), indices(i, to));
    }
  }
  return all;
}

bool needs_no_filter(index_t n, index_t d) { return d < kFewCoordinates && n * d <= kMostNumbers; }

// Distances and indices by whatever route the kernel takes; nothing where it cannot tell. Points that are `known` have
// squares: looking at 1500 x 64 numbers again took as long as one query among them.
template <class T>
py::object plain_neighbors(const MatrixView<const T>& points, const MatrixView<const T>& queries, index_t k, bool known) {
  const index_t q = queries.rows;
  const NewArray<T> distances({q, k});
  const NewArray<std::int64_t> indices({q, k});
  const auto to = c_order(distances.data, q, k);
  const auto at = c_order(indices.data, q, k);
  const bool fine = apart(static_cast<double>(points.rows * q) * static_cast<double>(points.cols), [&] {
    return (known || has_squares<T>(points)) && has_squares<T>(queries) && nearest_neighbors<T>(points, queries, to, at) &&
           take_roots<T>(to, at, queries, points);
  });
  return fine ? py::make_tuple(distances.array, indices.array) : py::object();
}

// What the kernel cannot tell is left to the Python function.
template <class T>
py::object neighbors(const Call& call) {
  const index_t n = call['n'], q = call['q'], d = call['d'], k = call.whole(0);
  if (call.axes() != 0 || k < 1 || k > n || q < 1 || d < 1 || !needs_no_filter(n, d)) return {};
  return plain_neighbors<T>(call.matrix<T>(0), call.matrix<T>(1), k, false);
}

// Plain queries of the type of points that are kept in rows and have squares; None for all that is to be looked at.
py::object among_kept(const py::object& given, const py::array& kept, index_t k) {
  const py::object found = by_dtype(kept, [&](auto zero) -> py::object {
    using T = decltype(zero);
    if (!py::isinstance<py::array_t<T>>(given)) return py::none();
    const auto array = py::reinterpret_borrow<py::array>(given);
    const auto points = matrix_view<const T>(kept, "points");
    if (array.ndim() != 2 || array.shape(1) != points.cols || array.shape(0) < 1 || k < 1 || k > points.rows ||
        !in_elements(array) || !needs_no_filter(points.rows, points.cols))
      return py::none();
    return plain_neighbors<T>(points, matrix_view<const T>(array, "queries"), k, true);
  });
  return found ? found : py::none();
}

template <class T>
py::object copied(const std::vector<T>& values) {
  const NewArray<T> made({static_cast<npy_intp>(values.size())});
  std::copy(values.begin(), values.end(), made.data);
  return made.array;
}

template <class T>
py::tuple copied(const PointsWithin<T>& found) {
  return py::make_tuple(copied(found.distances), copied(found.indices), copied(found.offsets));
}

// A tree of either type.
struct PointTree {
  explicit PointTree(const py::array& points)
      : tree(by_dtype(points, [&](auto zero) -> std::variant<KdTree<float>, KdTree<double>> {
          using T = decltype(zero);
          const auto x = matrix_view<const T>(points, "points");
          return without_gil([&] { return KdTree<T>(x); });
        })) {}

  template <class F>
  auto with(F&& f) const {
    return std::visit([&](const auto& one) { return f(one); }, tree);
  }

  void points(py::array& out) const {
    with([&]<class T>(const KdTree<T>& one) {
      const auto to = matrix_view<T>(out, "out");
      without_gil([&] { one.points(to); });
    });
  }
  void nearest(const py::array& queries, py::array& squares, py::array_t<std::int64_t>& indices) const {
    with([&]<class T>(const KdTree<T>& one) {
      const auto q = matrix_view<const T>(queries, "queries");
      const auto to = matrix_view<T>(squares, "squares");
      const auto at = matrix_view<std::int64_t>(indices, "indices");
      without_gil([&] { one.nearest(q, to, at); });
    });
  }
  // Distances and indices for plain queries of the tree's own type; None for all that is to be looked at.
  py::object query(const py::object& given, const py::array& kept, index_t k) const {
    return with([&]<class T>(const KdTree<T>& one) -> py::object {
      if (!py::isinstance<py::array_t<T>>(given)) return py::none();
      const auto array = py::reinterpret_borrow<py::array>(given);
      if (array.ndim() != 2 || array.shape(1) != one.coordinates() || array.shape(0) < 1 || k < 1 || k > one.count() ||
          !in_elements(array))
        return py::none();
      const auto q = matrix_view<const T>(array, "queries"), points = matrix_view<const T>(kept, "points");
      const NewArray<T> distances({q.rows, k});
      const NewArray<std::int64_t> indices({q.rows, k});
      const auto to = c_order(distances.data, q.rows, k);
      const auto at = c_order(indices.data, q.rows, k);
      const bool fine = apart(static_cast<double>(q.rows) * 1000, [&] {
        if (!has_squares<T>(q)) return false;
        one.nearest(q, to, at);
        return take_roots<T>(to, at, q, points);
      });
      return fine ? py::object(py::make_tuple(distances.array, indices.array)) : py::none();
    });
  }
  void nearest_of_own(py::array& squares, py::array_t<std::int64_t>& indices) const {
    with([&]<class T>(const KdTree<T>& one) {
      const auto to = matrix_view<T>(squares, "squares");
      const auto at = matrix_view<std::int64_t>(indices, "indices");
      without_gil([&] { one.nearest_of_own(to, at); });
    });
  }
  py::tuple within(const py::array& queries, double radius) const {
    return with([&]<class T>(const KdTree<T>& one) {
      const auto q = matrix_view<const T>(queries, "queries");
      const PointsWithin<T> found = without_gil([&] { return one.within(q, static_cast<T>(radius)); });
      return copied(found);
    });
  }

  std::variant<KdTree<float>, KdTree<double>> tree;
};

// Whether all is told for certain: points that are not equal lie as far apart as squares of full precision are.
template <class T>
bool tells_apart(const PointsWithin<T>& found, T least, const MatrixView<const T>& queries,
                 const MatrixView<const T>& points) {
  for (index_t i = 0; i < queries.rows; ++i) {
    for (std::int64_t e = found.offsets[i]; e < found.offsets[i + 1] && found.distances[e] <= least; ++e)
      for (index_t j = 0; j < points.cols; ++j)
        if (queries(i, j) != points(found.indices[e], j)) return false;
  }
  return true;
}

constexpr index_t kNoTree = 2048;  // numbers of points up to which all squares take less time than a tree

// Distances, indices and offsets for plain queries of the type of points that are kept in rows and have squares; None for
// all others.
py::object within_kept(const py::object& given, const py::array& kept, double wanted, const PointTree* tree) {
  const py::object found = by_dtype(kept, [&](auto zero) -> py::object {
    using T = decltype(zero);
    using Limits = std::numeric_limits<T>;
    static const T least = std::sqrt(Limits::min() / Limits::epsilon());
    if (!py::isinstance<py::array_t<T>>(given)) return {};
    const auto array = py::reinterpret_borrow<py::array>(given);
    const auto points = matrix_view<const T>(kept, "points");
    const index_t n = points.rows, d = points.cols;
    const T radius = static_cast<T>(std::min(wanted, static_cast<double>(Limits::max())));
    if (array.ndim() != 2 || array.shape(1) != d || array.shape(0) < 1 || !in_elements(array) || d >= kProductFrom ||
        !(radius == 0 || radius > least))
      return {};
    const auto queries = matrix_view<const T>(array, "queries");
    PointsWithin<T> result;
    const auto* const one = tree && n * d > kNoTree ? std::get_if<KdTree<T>>(&tree->tree) : nullptr;
    const double work = static_cast<double>(queries.rows) * (one ? 1000 : static_cast<double>(n * d));
    const bool fine = apart(work, [&] {
      if (!has_squares<T>(queries)) return false;
      result = one ? one->within(queries, radius) : points_within<T>(points, queries, radius);
      return tells_apart<T>(result, least, queries, points);
    });
    return fine ? py::object(copied(result)) : py::object();
  });
  return found ? found : py::none();
}

const DoorRow rows[] = {
    {"nearest_neighbors",
     Signature("(n,d),(q,d)->"),
     "X queries",
     "k=i metric",
     {},
     {.makes = {neighbors<double>, neighbors<float>}}},
};

}  // namespace

void bind(py::module_& m) {
  add_doors(m, rows);
  m.attr("PRODUCTS_FROM") = kProductFrom;
  py::class_<PointTree>(m, "PointTree")
      .def(py::init<const py::array&>(), py::arg("points"))
      .def_static(
          "pays",
          [](const py::array& points, index_t queries, index_t k) {
            return by_dtype(points, [&](auto zero) {
              using T = decltype(zero);
              const auto x = matrix_view<const T>(points, "points");
              return without_gil([&] { return KdTree<T>::pays(x, queries, k); });
            });
          },
          py::arg("points"), py::arg("queries"), py::arg("k"),
          "Whether a tree of these takes less time than all differences; queries < 0: one that is kept.")
      .def(
          "pays_for",
          [](const PointTree& t, index_t k) {
            return without_gil([&] { return t.with([&](const auto& one) { return one.pays(k); }); });
          },
          py::arg("k"), "Whether this one does for so many neighbours, told by some of its points.")
      .def_property_readonly("count", [](const PointTree& t) { return t.with([](const auto& one) { return one.count(); }); })
      .def_property_readonly("nbytes",
                             [](const PointTree& t) { return t.with([](const auto& one) { return one.bytes(); }); })
      .def("points", &PointTree::points, py::arg("out"), "The points, as they were given.")
      .def("nearest", &PointTree::nearest, py::arg("queries"), py::arg("squares"), py::arg("indices"),
           "Fills squared distances and indices (q, k) of the nearest points, nearest first.")
      .def("query", &PointTree::query, py::arg("queries"), py::arg("points"), py::arg("k"),
           "Distances and indices (q, k) for plain queries among the points of the tree; None for all others.")
      .def("nearest_of_own", &PointTree::nearest_of_own, py::arg("squares"), py::arg("indices"),
           "The same (n, k) of the points themselves, none of which is its own neighbour.")
      .def("within", &PointTree::within, py::arg("queries"), py::arg("radius"),
           "Distances, indices and the offsets of each query: points as near as the radius, nearest first.");
  m.def(
      "nearest_neighbors",
      [](const py::array& points, const py::array& queries, py::array& distances, py::array_t<std::int64_t>& indices) {
        return by_dtype(distances, [&](auto zero) {
          using T = decltype(zero);
          const auto vp = matrix_view<const T>(points, "points"), vq = matrix_view<const T>(queries, "queries");
          const auto vd = matrix_view<T>(distances, "distances");
          const auto vi = matrix_view<std::int64_t>(indices, "indices");
          return without_gil([&] { return nearest_neighbors<T>(vp, vq, vd, vi); });
        });
      },
      py::arg("points"), py::arg("queries"), py::arg("distances"), py::arg("indices"),
      "Fills squared distances and indices (q, k), nearest first; infinity and -1, and False, where squares overflow.");
  m.def("neighbors_among", &among_kept, py::arg("queries"), py::arg("points"), py::arg("k"),
        "Distances and indices (q, k) for plain queries among points that have squares and need no filter; None for all "
        "others.");
  m.def("points_within", &within_kept, py::arg("queries"), py::arg("points"), py::arg("radius"), py::arg("tree"),
        "Distances, indices and offsets for plain queries among points of few coordinates that have squares; None for all "
        "others.");
  m.def(
      "reduce_points",
      [](const py::array& x, const py::array& centre, const py::array& basis, py::array& out) {
        return by_dtype(out, [&](auto zero) {
          using T = decltype(zero);
          const auto vx = matrix_view<const T>(x, "x"), vb = matrix_view<const T>(basis, "basis");
          const auto c = vector_view<const T>(centre, "centre");
          const auto to = matrix_view<T>(out, "out");
          return without_gil([&] { return static_cast<double>(reduce_points<T>(vx, c.data, vb, to)); });
        });
      },
      py::arg("x"), py::arg("centre"), py::arg("basis"), py::arg("out"),
      "out (n, m + 1): coordinates of x - centre in the basis, and the length of the rest; returns the largest length.");
  m.def(
      "filtered_neighbors",
      [](const py::array& points, const py::array& queries, const py::array& reduced_points,
         const py::array& reduced_queries, double margin, double most, py::array& distances,
         py::array_t<std::int64_t>& indices) {
        return by_dtype(distances, [&](auto zero) {
          using T = decltype(zero);
          const auto vp = matrix_view<const T>(points, "points"), vq = matrix_view<const T>(queries, "queries");
          const auto rp = matrix_view<const T>(reduced_points, "points"),
                     rq = matrix_view<const T>(reduced_queries, "queries");
          const auto vd = matrix_view<T>(distances, "distances");
          const auto vi = matrix_view<std::int64_t>(indices, "indices");
          return without_gil([&] { return filtered_neighbors<T>(vp, vq, rp, rq, static_cast<T>(margin), most, vd, vi); });
        });
      },
      py::arg("points"), py::arg("queries"), py::arg("reduced_points"), py::arg("reduced_queries"), py::arg("margin"),
      py::arg("most"), py::arg("distances"), py::arg("indices"),
      "As nearest_neighbors, for points in rows; False if more than the share `most` of the points is left.");
}

}  // namespace mmlcore::bindings::neighbors_py
