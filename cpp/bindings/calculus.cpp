// Graphs, their derivatives and programs. Node numbers and flat sizes alone: shapes are Python's.
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <vector>

#include "arrays.hpp"
#include "border.hpp"
#include "mmlcore/calculus/differentiate.hpp"
#include "mmlcore/calculus/loop_body.hpp"
#include "mmlcore/calculus/program.hpp"
#include "mmlcore/calculus/sparsity.hpp"
#include "mmlcore/calculus/taylor.hpp"
#include "mmlcore/core/checksum.hpp"
#include "module.hpp"
#include "stored_graph.hpp"

namespace mmlcore::bindings::calculus_py {
namespace {

using namespace calculus;
// (points, size) or (size,) for the same at all points.
template <class T>
Points<T> points_of(const py::array& x, index_t points, index_t size) {
  const bool same = x.ndim() == 1;
  require<std::remove_const_t<T>>(x, 1, "argument");
  const py::ssize_t last = x.ndim() - 1;
  if (x.ndim() > 2 || x.shape(last) != size || (!same && x.shape(0) != points) ||
      (size > 1 && element_stride<T>(x, last) != 1) || (same && !std::is_const_v<T> && points > 1))
    throw DomainError("an internal call came with points of another shape");
  return {data_of<T>(x), same ? 0 : element_stride<T>(x, 0)};
}

template <class T>
void run_lists(const Program& program, index_t points, const std::vector<py::array>& arguments,
               const std::vector<py::array>& results) {
  if (static_cast<index_t>(arguments.size()) != program.argument_count() ||
      static_cast<index_t>(results.size()) != program.result_count())
    throw DomainError("an internal call came with too few arguments");
  std::vector<Points<const T>> in;
  std::vector<Points<T>> out;
  for (index_t i = 0; i < program.argument_count(); ++i)
    in.push_back(points_of<const T>(arguments[i], points, program.argument_size(i)));
  for (index_t i = 0; i < program.result_count(); ++i)
    out.push_back(points_of<T>(results[i], points, program.result_size(i)));
  if (points == 0) return;
  without_gil([&] { program.run<T>(points, in.data(), out.data()); });
}

py::tuple describe(const Graph& g, Id id) {
  const Node& v = g[checked(g, id)];
  return py::make_tuple(static_cast<int>(v.op), v.aux, std::vector<Id>(g.operands(id)),
                        py::make_tuple(v.dims[0], v.dims[1], v.dims[2]), v.size);
}

}  // namespace

void bind(py::module_& m) {
  m.def(
      "graph_operations",
      [] {
        static constexpr const char* kKinds[] = {"leaf", "step", "function", "fused", "structure", "matrix"};
        std::vector<std::tuple<const char*, const char*, int, bool, const char*, int>> rows;
        for (int i = 0; i < kOperationCount; ++i) {
          const Op op = static_cast<Op>(i);
          const Operation& row = operation_of(op);
          rows.emplace_back(row.name, kKinds[static_cast<int>(row.kind)], row.operands, has(op, kTruth),
                            row.notation.pattern, row.notation.level);
        }
        return rows;
      },
      "Rows of the table: name, kind, operands (-1: any number), whether bool in numpy, how it is written and binds.");
  py::class_<Graph>(m, "FunctionGraph")
      .def(py::init<>())
      .def("input", &Graph::input, py::arg("size"))
      .def(
          "constant", [](Graph& g, const Doubles& x) { return g.constant(x.data(), x.size()); }, py::arg("values"))
      .def(
          "number", [](Graph& g, double x) { return g.constant(x); }, py::arg("value"))
      .def(
          "unary", [](Graph& g, int op, Id x, int aux) { return g.unary(operation(op, 1), checked(g, x), aux); },
          py::arg("op"), py::arg("x"), py::arg("aux") = 0)
      .def(
          "binary", [](Graph& g, int op, Id x, Id y) { return g.binary(operation(op, 2), checked(g, x), checked(g, y)); },
          py::arg("op"), py::arg("x"), py::arg("y"))
      .def(
          "select", [](Graph& g, Id c, Id x, Id y) { return g.select(checked(g, c), checked(g, x), checked(g, y)); },
          py::arg("condition"), py::arg("x"), py::arg("y"))
      .def(
          "pow", [](Graph& g, Id x, double exponent) { return g.pow(checked(g, x), exponent); }, py::arg("x"),
          py::arg("exponent"))
      .def(
          "sum",
          [](Graph& g, Id x, index_t outer, index_t repeats, index_t inner) {
            return g.sum(checked(g, x), outer, repeats, inner);
          },
          py::arg("x"), py::arg("outer"), py::arg("repeats"), py::arg("inner"))
      .def(
          "tile",
          [](Graph& g, Id x, index_t outer, index_t repeats, index_t inner) {
            return g.tile(checked(g, x), outer, repeats, inner);
          },
          py::arg("x"), py::arg("outer"), py::arg("repeats"), py::arg("inner"))
      .def(
          "gather", [](Graph& g, Id x, const Ints& index) { return g.gather(checked(g, x), 1, list_of(index)); },
          py::arg("x"), py::arg("index"))
      .def(
          "element", [](Graph& g, Id x, std::int32_t i) { return g.gather(checked(g, x), 1, {i}); }, py::arg("x"),
          py::arg("i"))
      .def(
          "scatter",
          [](Graph& g, Id x, const Ints& index, index_t length) {
            return g.scatter(checked(g, x), 1, list_of(index), length);
          },
          py::arg("x"), py::arg("index"), py::arg("length"))
      .def("concat", &Graph::concat, py::arg("parts"))
      .def(
          "matmul",
          [](Graph& g, Id x, Id y, index_t rows, index_t inner, index_t columns) {
            return g.matmul(checked(g, x), checked(g, y), rows, inner, columns);
          },
          py::arg("x"), py::arg("y"), py::arg("rows"), py::arg("inner"), py::arg("columns"))
      .def(
          "recurrence",
          [](Graph& g, Id a, Id b, index_t outer, index_t count, index_t inner) {
            return g.recurrence(checked(g, a), checked(g, b), outer, count, inner);
          },
          py::arg("a"), py::arg("b"), py::arg("outer"), py::arg("count"), py::arg("inner"))
      .def(
          "line",
          [](Graph& g, int op, Id x, Id index, const std::array<index_t, 3>& d, index_t size) {
            const std::vector<Id> operands = index < 0 ? std::vector<Id>{x} : std::vector<Id>{x, index};
            return restore(g, op, 0, operands, d, size, py::none());
          },
          py::arg("op"), py::arg("x"), py::arg("index"), py::arg("dims"), py::arg("size"),
          "order, pick or put along the middle of three axes.")
      .def(
          "loop",
          [](Graph& g, const Graph& body, const std::array<std::vector<Id>, 4>& ids, const std::array<Id, 3>& operands,
             index_t count, bool all) {
            auto made = std::make_shared<LoopBody>();
            made->graph = body;
            made->state = ids[0], made->parameters = ids[1], made->rows = ids[2], made->outputs = ids[3];
            bool good = count >= 0 && ids[0].size() == ids[3].size();
            for (const auto& group : ids) {
              for (const Id id : group) checked(body, id);
            }
            for (int j = 0; j < 3; ++j) {
              for (const Id id : ids[j]) good = good && body[id].op == Op::Input;
              good = good && g.size(checked(g, operands[j])) == made->size(ids[j]) * (j == 2 ? count : 1);
            }
            for (std::size_t q = 0; good && q < ids[0].size(); ++q) good = body.size(ids[0][q]) == body.size(ids[3][q]);
            if (!good) throw DomainError("a stored function is damaged: an operation does not fit its operands.");
            return g.loop(made, operands[0], operands[1], operands[2], count, all);
          },
          py::arg("body"), py::arg("ids"), py::arg("operands"), py::arg("count"), py::arg("every") = false,
          "Steps of a graph with inputs (state, parameters, rows) and outputs `ids`.")
      .def(
          "body",
          [](const Graph& g, Id x) {
            const auto& body = g.body(g[checked(g, x)].aux);
            return py::make_tuple(Graph(body->graph), body->state, body->parameters, body->rows, body->outputs);
          },
          py::arg("x"), "The graph of a loop's body, and the numbers of its inputs and outputs.")
      .def(
          "search",
          [](Graph& g, Id sorted, Id x, bool or_equal) { return g.search(checked(g, sorted), checked(g, x), or_equal); },
          py::arg("places"), py::arg("x"), py::arg("or_equal"))
      .def(
          "matrices",
          [](Graph& g, int op, Id a, Id b, index_t m, index_t n, index_t k, int aux) {
            if (op < 0 || op >= kOperationCount || !is_matrix(static_cast<Op>(op)))
              throw DomainError("an internal call came with an operation that is none");
            return g.matrices(static_cast<Op>(op), checked(g, a), b < 0 ? kNone : checked(g, b), m, n, k, aux);
          },
          py::arg("op"), py::arg("a"), py::arg("b"), py::arg("m"), py::arg("n"), py::arg("k"), py::arg("aux") = 0)
      .def(
          "full", [](Graph& g, Id x, index_t size) { return g.full(checked(g, x), size); }, py::arg("x"), py::arg("size"))
      .def(
          "size", [](const Graph& g, Id x) { return g.size(checked(g, x)); }, py::arg("x"))
      .def(
          "is_constant", [](const Graph& g, Id x) { return g.is_constant(checked(g, x)); }, py::arg("x"))
      .def(
          "values",
          [](const Graph& g, Id x) {
            const std::span<const double> values = g.values(checked(g, x));
            return py::array_t<double>(static_cast<py::ssize_t>(values.size()), values.data());
          },
          py::arg("x"))
      .def("count", &Graph::count)
      .def("numbers", &Graph::numbers, "Numbers that constants and indices hold.")
      .def(
          "restore",
          [](Graph& g, int op, int aux, const std::vector<Id>& x, const std::array<index_t, 3>& d, index_t size,
             const py::object& extra) { return restore(g, op, aux, x, d, size, extra); },
          py::arg("op"), py::arg("aux"), py::arg("operands"), py::arg("dims"), py::arg("size"), py::arg("extra"),
          "A node as `describe` told it, with its operands' new numbers.")
      .def("describe", &describe, py::arg("x"), "(operation, aux, operands, dims, size) of a node.")
      .def(
          "index",
          [](const Graph& g, Id x) {
            const std::vector<std::int32_t>& index = g.index(g[checked(g, x)].aux);
            return py::array_t<std::int32_t>(static_cast<py::ssize_t>(index.size()), index.data());
          },
          py::arg("x"), "The index of a gather or scatter.")
      .def("forward", &forward, py::arg("outputs"), py::arg("of"), py::arg("directions"), py::arg("count"))
      .def("reverse", &reverse, py::arg("outputs"), py::arg("weights"), py::arg("of"), py::arg("count"))
      .def("taylor", &taylor, py::arg("outputs"), py::arg("of"), py::arg("curves"))
      .def(
          "pattern",
          [](const Graph& g, Id output, Id input) {
            const Pattern found = jacobian_pattern(g, checked(g, output), checked(g, input));
            const std::vector<std::int32_t> colours = colour_columns(found, g.size(input));
            return py::make_tuple(
                py::array_t<std::int32_t>(static_cast<py::ssize_t>(found.start.size()), found.start.data()),
                py::array_t<std::int32_t>(static_cast<py::ssize_t>(found.columns.size()), found.columns.data()),
                py::array_t<std::int32_t>(static_cast<py::ssize_t>(colours.size()), colours.data()));
          },
          py::arg("output"), py::arg("of"), "Row starts and columns of the Jacobian, and colours of its columns.");
  py::class_<Program, std::shared_ptr<Program>>(m, "Program")
      .def(py::init([](const Graph& graph, const std::vector<Id>& inputs, const std::vector<Id>& outputs, bool passes) {
             const auto kind = passes ? Program::Kind::kWhole : Program::Kind::kUncut;
             return std::make_shared<Program>(graph, inputs, outputs, kind);
           }),
           py::arg("graph"), py::arg("inputs"), py::arg("outputs"), py::arg("passes") = true)
      .def(
          "run",
          [](const Program& program, index_t points, const std::vector<py::array>& arguments,
             const std::vector<py::array>& results) {
            if (results.empty()) return;
            by_dtype(results[0], [&](auto zero) { run_lists<decltype(zero)>(program, points, arguments, results); });
          },
          py::arg("points"), py::arg("arguments"), py::arg("results"))
      .def("handle", [](Program& program) { return py::capsule(&program, "mmlcore.Program"); })
      .def_property_readonly("slots", &Program::slots)
      .def_property_readonly("flops", &Program::flops)
      .def_property_readonly("passes", &Program::pass_count, "How many passes over rows one point takes; 0: none.")
      .def("__len__", &Program::length);
  m.def(
      "checksum",
      [](const py::array& x) {
        if (!(x.flags() & py::array::c_style)) throw DomainError("an internal call came with an array out of order");
        return checksum(x.data(), static_cast<std::size_t>(x.nbytes()));
      },
      py::arg("x"), "A number that changes with every change of one number of x.");
}

}  // namespace mmlcore::bindings::calculus_py
