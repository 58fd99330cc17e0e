// Graph: a compiled graph of 32-bit or 64-bit indices behind one Python type.
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "arrays.hpp"
#include "mmlcore/graph/build.hpp"
#include "mmlcore/graph/closed_classes.hpp"
#include "mmlcore/graph/pagerank.hpp"
#include "module.hpp"

namespace mmlcore::bindings::graph_py {
namespace {

using Narrow = RankLayout<std::uint32_t>;
using Wide = RankLayout<std::uint64_t>;

struct GraphHandle {
  std::variant<Narrow, Wide> layout;
  py::object kept;  // arrays that the graph lies over

  template <class F>
  auto visit(F&& f) const {
    return std::visit(f, layout);
  }
};

// Python hands over aligned one-dimensional integer arrays in native byte order.
IdColumn id_column(const py::array& array, const char* name) {
  const char kind = array.dtype().kind();
  if ((kind != 'i' && kind != 'u') || array.ndim() != 1)
    throw py::type_error(std::string(name) + ": needed a column of integers");
  require_alignment(array);
  const auto bytes = static_cast<py::ssize_t>(array.itemsize());
  return {array.data(), array.shape(0), array.strides(0) / bytes, static_cast<int>(bytes), kind == 'i'};
}

// Column `name`: integers, or, as a tuple (starts,), the runs of compressed rows.
IdColumn column_or_runs(const py::object& column, const char* name) {
  if (!py::isinstance<py::tuple>(column)) return id_column(column.cast<py::array>(), name);
  const auto starts = column.cast<py::tuple>()[0].cast<py::array_t<std::int64_t, py::array::c_style>>();
  IdColumn runs;
  runs.starts = starts.data();
  runs.runs = starts.size() - 1;
  runs.size = static_cast<index_t>(starts.at(runs.runs));
  return runs;
}

Combine combine_of(const std::string& name) {
  return name == "sum" ? Combine::kSum : name == "first" ? Combine::kFirst : Combine::kKeep;
}

// Array `name` of files that edges are written to.
template <class T>
T* file_of(const py::dict& files, const char* name, index_t size) {
  const auto array = files[name].cast<py::array>();
  require<T>(array, 1, name);
  if (array.size() < size) throw DomainError("an internal call came with a file that is too short");
  return data_of<T>(array);
}

std::unique_ptr<GraphHandle> build_graph(const py::object& source, const py::object& target, const py::object& weight,
                                         index_t nodes, const std::string& combine, bool wide, const py::object& files,
                                         const std::string& pages) {
  Edges edges{column_or_runs(source, "source"), column_or_runs(target, "target"), {}};
  edges.pages = pages == "mapped" ? Pages::kMapped : pages == "own" ? Pages::kOwn : Pages::kKeep;
  py::array weights;
  if (!weight.is_none()) {
    weights = weight.cast<py::array>();
    edges.weight = vector_view<const double>(weights, "weight");
    static const double none = 0;
    if (!edges.weight.data) edges.weight.data = &none;
  }
  if (edges.target.size != edges.size() || (edges.weight.data && edges.weight.size != edges.size())) {
    throw DomainError("source, target and weight have different lengths");
  }
  auto graph = std::make_unique<GraphHandle>();
  const index_t most = index_t{1} << 32;
  const index_t count = edges.size();
  EdgeFiles into;
  if (!files.is_none()) {
    const auto arrays = files.cast<py::dict>();
    const bool narrow = !wide && nodes < most && count < most;
    into.source = narrow ? static_cast<void*>(file_of<std::uint32_t>(arrays, "source", count))
                         : file_of<std::uint64_t>(arrays, "source", count);
    if (narrow && needs_words(nodes, count)) into.words = file_of<std::uint64_t>(arrays, "words", count);
    if (edges.weight.data || combine == "sum") {
      into.weight = file_of<double>(arrays, "weight", count);
      into.word_weight = file_of<double>(arrays, "word_weight", count);
    }
    graph->kept = arrays;
  }
  const BuildOptions options{combine_of(combine), files.is_none() ? nullptr : &into};
  without_gil([&] {
    if (wide || nodes >= most || edges.size() >= most) {
      graph->layout = build_layout<std::uint64_t>(edges, nodes, options);
    } else {
      graph->layout = build_layout<std::uint32_t>(edges, nodes, options);
    }
  });
  return graph;
}

const double* optional_vector(const py::object& x, index_t size, py::array_t<double>& kept) {
  if (x.is_none()) return nullptr;
  kept = x.cast<py::array_t<double>>();
  if (kept.size() != size) throw DomainError("an internal call came with a vector of the wrong length");
  return kept.data();
}

py::tuple rank(const GraphHandle& graph, double damping, const py::object& restart, const py::object& dangling,
               const py::object& start, double tol, index_t max_iter, bool power, bool stream, const py::object& progress,
               py::array_t<double>& ranks) {
  return graph.visit([&](const auto& layout) {
    RankOptions options;
    py::array_t<double> v, u, s;
    options.damping = damping;
    options.problems = layout.nodes == 0 ? 1 : ranks.size() / layout.nodes;
    options.restart = optional_vector(restart, options.problems * layout.nodes, v);
    options.dangling = optional_vector(dangling, layout.nodes, u);
    options.start = optional_vector(start, layout.nodes, s);
    options.tol = tol;
    options.max_iter = max_iter;
    options.power = power;
    options.stream = stream;
    if (!progress.is_none()) {
      options.progress = [&](index_t sweep, double error) {
        const HeldGil hold;
        progress(sweep, error);
      };
    }
    if (ranks.size() != options.problems * layout.nodes)
      throw DomainError("an internal call came with ranks of the wrong length");
    double* out = ranks.mutable_data();
    const RankResult result = without_gil([&] { return pagerank(layout, options, out); });
    return py::make_tuple(result.iterations, result.error, result.converged);
  });
}

template <class T>
py::array_t<T> as_numpy(const Buffer<T>& buffer) {
  return py::array_t<T>(buffer.size(), buffer.data());
}

py::tuple rows(const GraphHandle& graph) {
  const CsrArrays plain = without_gil([&] { return graph.visit([](const auto& layout) { return to_csr(layout); }); });
  return py::make_tuple(as_numpy(plain.start), as_numpy(plain.source), as_numpy(plain.weight), as_numpy(plain.out_weight));
}

// Column by column what leads on from a node, divided by what leaves it.
py::array_t<double> link_matrix(const GraphHandle& graph) {
  const CsrArrays plain = without_gil([&] { return graph.visit([](const auto& layout) { return to_csr(layout); }); });
  const index_t n = plain.start.size() - 1;
  py::array_t<double> made({n, n});
  double* const to = made.mutable_data();
  std::fill(to, to + n * n, 0.0);
  const bool weighted = plain.weight.size() > 0;
  for (index_t i = 0; i < n; ++i) {
    double* const row = to + i * n;
    for (index_t e = plain.start[i]; e < plain.start[i + 1]; ++e) row[plain.source[e]] += weighted ? plain.weight[e] : 1.0;
    for (index_t j = 0; j < n; ++j) row[j] = plain.out_weight[j] > 0 ? row[j] / plain.out_weight[j] : 0.0;
  }
  return made;
}

template <class T>
void put_part(py::dict& all, const char* name, const Buffer<T>& buffer, index_t size, const py::object& owner) {
  all[name] = py::array_t<T>(size, buffer.data(), owner);
}

py::dict parts(const py::object& self) {
  const auto& handle = self.cast<const GraphHandle&>();
  return handle.visit([&](const auto& g) {
    py::dict all;
    put_part(all, "source", g.source, g.edges, self);
    if (g.weighted) put_part(all, "weight", g.weight, g.edges, self);
    put_part(all, "in_degree", g.in_degree, g.in_degree.size(), self);
    put_part(all, "row", g.row, g.row.size(), self);
    put_part(all, "place", g.permutation, g.permutation.size(), self);
    put_part(all, "out_degree", g.out_degree, g.out_degree.size(), self);
    put_part(all, "strength", g.strength, g.strength.size(), self);
    put_part(all, "kept", g.live_fraction, g.live_fraction.size(), self);
    put_part(all, "loop", g.self_weight, g.self_weight.size(), self);
    const auto count = static_cast<py::ssize_t>(g.pieces.size());
    py::array_t<std::int64_t> pieces({count, py::ssize_t{3}});
    for (py::ssize_t p = 0; p < count; ++p) {
      pieces.mutable_at(p, 0) = g.pieces[p].slot;
      pieces.mutable_at(p, 1) = g.pieces[p].slots;
      pieces.mutable_at(p, 2) = g.pieces[p].edge;
    }
    all["pieces"] = pieces;
    py::array_t<std::int64_t> sizes(5);
    const index_t values[] = {g.nodes, g.edges, g.non_dangling, g.non_dangling_pieces, g.weighted ? 1 : 0};
    for (int i = 0; i < 5; ++i) sizes.mutable_at(i) = values[i];
    all["sizes"] = sizes;
    return all;
  });
}

template <class T>
Buffer<T> take_part(const py::dict& all, const char* name) {
  if (!all.contains(name)) throw DomainError(std::string("the graph is damaged: it has no ") + name + ".");
  const auto array = all[name].cast<py::array>();
  const py::dtype wanted = py::dtype::of<T>();
  if (!array.dtype().equal(wanted) || array.ndim() != 1 || (array.size() > 1 && array.strides(0) != sizeof(T)))
    throw DomainError(std::string("the graph is damaged: ") + name + " is of a wrong type.");
  require_alignment(array);
  // Kernels write to no part of a finished graph.
  return Buffer<T>::over(static_cast<T*>(const_cast<void*>(array.data())), array.size());
}

template <class Index>
RankLayout<Index> assemble(const py::dict& all) {
  RankLayout<Index> g;
  const auto sizes = take_part<std::int64_t>(all, "sizes");
  if (sizes.size() != 5) throw DomainError("the graph is damaged: its sizes are missing.");
  g.nodes = sizes[0];
  g.edges = sizes[1];
  g.non_dangling = sizes[2];
  g.non_dangling_pieces = sizes[3];
  g.weighted = sizes[4] != 0;
  g.source = take_part<Index>(all, "source");
  if (g.weighted) g.weight = take_part<double>(all, "weight");
  g.in_degree = take_part<Index>(all, "in_degree");
  g.row = take_part<Index>(all, "row");
  g.permutation = take_part<Index>(all, "place");
  g.out_degree = take_part<Index>(all, "out_degree");
  g.strength = take_part<double>(all, "strength");
  g.live_fraction = take_part<double>(all, "kept");
  g.self_weight = take_part<double>(all, "loop");
  const auto pieces = all["pieces"].cast<py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>>();
  if (pieces.ndim() != 2 || pieces.shape(1) != 3) throw DomainError("the graph is damaged: its pieces are of a wrong type.");
  for (py::ssize_t p = 0; p < pieces.shape(0); ++p) g.pieces.push_back({pieces.at(p, 0), pieces.at(p, 1), pieces.at(p, 2)});
  return g;
}

std::unique_ptr<GraphHandle> from_parts(const py::object& parts, bool mapped) {
  const auto all = parts.cast<py::dict>();
  auto graph = std::make_unique<GraphHandle>();
  graph->kept = all;
  if (!all.contains("source") || !all.contains("pieces")) throw DomainError("the graph is damaged: parts are missing.");
  if (all["source"].cast<py::array>().itemsize() == 8) {
    graph->layout = assemble<std::uint64_t>(all);
  } else {
    graph->layout = assemble<std::uint32_t>(all);
  }
  without_gil([&] { graph->visit([&](const auto& layout) { check_layout(layout, mapped); }); });
  return graph;
}

}  // namespace

void bind(py::module_& m) {
  const auto nodes = [](const GraphHandle& g) { return g.visit([](const auto& layout) { return layout.nodes; }); };
  const auto edges = [](const GraphHandle& g) { return g.visit([](const auto& layout) { return layout.edges; }); };
  const auto weighted = [](const GraphHandle& g) { return g.visit([](const auto& layout) { return layout.weighted; }); };
  py::class_<GraphHandle>(m, "InEdges", "A graph as compressed rows of in-edges, arranged for PageRank.")
      .def(py::init(&build_graph), py::arg("source"), py::arg("target"), py::arg("weight"), py::arg("nodes"),
           py::arg("combine") = "keep", py::arg("wide") = false, py::arg("files") = py::none(), py::arg("pages") = "keep")
      .def_static("from_parts", &from_parts, py::arg("parts"), py::arg("mapped"),
                  "The graph over arrays that `parts` gave; they are checked.")
      .def("parts", &parts, "Everything the graph consists of, as a dict of arrays over its memory.")
      .def_property_readonly("nodes", nodes)
      .def_property_readonly("edges", edges)
      .def_property_readonly("weighted", weighted)
      .def("rows", &rows, "(start, source, weight, out_weight): rows by node, their edges in the order of the input.");
  m.def("link_matrix", &link_matrix, py::arg("graph"),
        "Dense: entry (i, j) is the probability to go from node j to node i.");
  m.def(
      "id_range",
      [](const py::array& ids, bool mapped) {
        const IdColumn column = id_column(ids, "ids");
        const IdRange range = without_gil([&] { return id_range(column, mapped ? Pages::kMapped : Pages::kKeep); });
        return py::make_tuple(range.least, range.largest);
      },
      py::arg("ids"), py::arg("mapped") = false, "The least and the largest of a column of integers.");
  m.def("pagerank", &rank, py::arg("graph"), py::arg("damping"), py::arg("restart"), py::arg("dangling"), py::arg("start"),
        py::arg("tol"), py::arg("max_iter"), py::arg("power"), py::arg("stream"), py::arg("progress"), py::arg("ranks"),
        "Fills ranks; returns (iterations, error, converged). Vectors are checked and sum to 1, or None.");
  m.def(
      "closed_classes",
      [](const GraphHandle& graph, const py::object& landing) {
        return graph.visit([&](const auto& layout) {
          py::array_t<double> kept;
          const double* u = optional_vector(landing, layout.nodes, kept);
          const ClosedClasses found = without_gil([&] { return closed_classes(layout, u); });
          return py::make_tuple(found.closed, found.period);
        });
      },
      py::arg("graph"), py::arg("landing"), "(closed parts of the graph, period of the one there is).");
}

}  // namespace mmlcore::bindings::graph_py
