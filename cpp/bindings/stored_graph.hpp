// Nodes of graphs as they are pickled: checked before they are taken, because a file may be damaged.
#pragma once

#include <pybind11/stl.h>

#include <array>
#include <cstdint>
#include <vector>

#include "arrays.hpp"
#include "mmlcore/calculus/graph.hpp"
#include "module.hpp"

namespace mmlcore::bindings {

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;
using Ints = py::array_t<std::int32_t, py::array::c_style | py::array::forcecast>;

calculus::Id checked(const calculus::Graph& g, calculus::Id id);
calculus::Op operation(int number, int operands);  // an elementwise one
std::vector<std::int32_t> list_of(const Ints& x);

// A node with the new numbers of its operands; DomainError where it cannot have been one.
calculus::Id restore(calculus::Graph& g, int op, std::int32_t aux, const std::vector<calculus::Id>& x,
                     const std::array<index_t, 3>& dims, index_t size, const py::object& extra);

}  // namespace mmlcore::bindings
