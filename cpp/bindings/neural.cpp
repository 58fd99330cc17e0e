// Training, gradients and predictions of networks.
#include <pybind11/stl.h>

#include <limits>

#include "arrays.hpp"
#include "door.hpp"
#include "mmlcore/core/finite.hpp"
#include "mmlcore/neural/train.hpp"
#include "module.hpp"
#include "results.hpp"

namespace mmlcore::bindings::neural_py {
namespace {

using namespace neural;
using Options = py::typing::Dict<py::str, py::object>;
using Data = std::tuple<py::array, py::array, py::object>;  // x, y, weights or None

Network network_of(const std::vector<index_t>& sizes, const std::array<int, 3>& kinds) {
  return {sizes, static_cast<Activation>(kinds[0]), static_cast<Activation>(kinds[1]), static_cast<Loss>(kinds[2])};
}

template <class T>
T* numbers(const py::array& array, index_t size, const char* name) {
  if (size == 0) return nullptr;
  const auto view = vector_view<T>(array, name);
  if (view.stride != 1 || view.size < size)
    throw DomainError(std::string(name) + ": an internal call came with another size");
  return view.data;
}

// Views of the arrays, which the caller keeps.
template <class T>
Examples<T> examples_of(const Data& data) {
  Examples<T> found{matrix_view<const T>(std::get<0>(data), "X"), matrix_view<const T>(std::get<1>(data), "y"), nullptr};
  if (!std::get<2>(data).is_none())
    found.weights = numbers<const double>(py::array(std::get<2>(data)), found.count(), "weights");
  return found;
}

Training training_of(const Options& o) {
  Training t;
  t.optimizer = static_cast<Optimizer>(o["optimizer"].cast<int>());
  t.momentum = o["momentum"].cast<double>();
  t.nesterov = o["nesterov"].cast<bool>();
  t.beta1 = o["beta1"].cast<double>();
  t.beta2 = o["beta2"].cast<double>();
  t.epsilon = o["epsilon"].cast<double>();
  t.l2 = o["l2"].cast<double>();
  t.batch = o["batch"].cast<index_t>();
  t.shuffle = o["shuffle"].cast<bool>();
  t.seed = o["seed"].cast<std::uint64_t>();
  t.tol = o["tol"].cast<double>();
  t.patience = o["patience"].cast<index_t>();
  return t;
}

// The last layer's activations of plain points of the parameters' own type; None for all that is to be looked at.
py::object plain_outputs(const std::vector<index_t>& sizes, const std::array<int, 3>& kinds, const py::object& given,
                         const py::array& parameters) {
  const Network net = network_of(sizes, kinds);
  return by_dtype(parameters, [&](auto zero) -> py::object {
    using T = decltype(zero);
    if (!py::isinstance<py::array_t<T>>(given)) return py::none();
    const auto array = py::reinterpret_borrow<py::array>(given);
    if (array.ndim() != 2 || array.shape(0) < 1 || array.shape(1) != sizes.front() || !in_elements(array)) return py::none();
    const auto x = matrix_view<const T>(array, "X");
    const T* const p = numbers<const T>(parameters, net.parameters(), "parameters");
    const NewArray<T> out({x.rows, sizes.back()});
    const bool fine = apart(static_cast<double>(x.rows) * static_cast<double>(net.parameters()), [&] {
      if (!(largest_size(x) <= static_cast<double>(std::numeric_limits<T>::max()))) return false;  // NaN is not
      predict<T>(net, x, p, c_order(out.data, x.rows, sizes.back()));
      return true;
    });
    return fine ? out.array : py::none();
  });
}

}  // namespace

void bind(py::module_& m) {
  m.def(
      "neural_train",
      [](const std::vector<index_t>& sizes, const std::array<int, 3>& kinds, const Data& data,
         const std::optional<Data>& apart, const Options& options, const std::array<py::array, 3>& state,
         py::array_t<std::int64_t>& counters, const py::array_t<double>& rates, py::array_t<double>& losses,
         py::array_t<double>& validation, const py::object& watch) {
        const Network net = network_of(sizes, kinds);
        const Training training = training_of(options);
        std::int64_t* const count = counters.mutable_data();
        const auto epochs = static_cast<index_t>(rates.size());
        const double* pr = rates.data();
        double *pl = losses.mutable_data(), *pv = validation.mutable_data();
        return by_dtype(state[0], [&](auto zero) {
          using T = decltype(zero);
          const index_t size = net.parameters();
          const bool moving = training.optimizer != Optimizer::sgd, adam = training.optimizer == Optimizer::adam;
          OptimizerState<T> held{numbers<T>(state[0], size, "parameters"), numbers<T>(state[1], moving ? size : 0, "first"),
                                 numbers<T>(state[2], adam ? size : 0, "second"), count[0], static_cast<index_t>(count[1])};
          const Examples<T> examples = examples_of<T>(data);
          const Examples<T> other = apart ? examples_of<T>(*apart) : Examples<T>{};
          Watch told;
          if (!watch.is_none()) {
            told = [&watch](index_t epochs) {
              const HeldGil hold;
              return watch(epochs).cast<bool>();
            };
          }
          const neural::Outcome end = without_gil([&] {
            // What was done before an interrupt counts.
            struct Counted {
              OptimizerState<T>& held;
              std::int64_t* count;
              ~Counted() { count[0] = held.steps, count[1] = held.epoch; }
            } counted{held, count};
            return train<T>(net, examples, apart ? &other : nullptr, training, held, epochs, pr, pl, pv, told);
          });
          return std::pair<index_t, int>(end.epochs, static_cast<int>(end.end));
        });
      },
      py::arg("sizes"), py::arg("kinds"), py::arg("data"), py::arg("apart"), py::arg("options"), py::arg("state"),
      py::arg("counters"), py::arg("rates"), py::arg("losses"), py::arg("validation"), py::arg("watch"),
      "Train for as many epochs as there are rates; returns how many were made, and why no more.");
  m.def(
      "neural_gradients",
      [](const std::vector<index_t>& sizes, const std::array<int, 3>& kinds, const Data& data, const py::array& parameters,
         py::array& gradient) {
        const Network net = network_of(sizes, kinds);
        return by_dtype(parameters, [&](auto zero) {
          using T = decltype(zero);
          const Examples<T> examples = examples_of<T>(data);
          const T* p = numbers<const T>(parameters, net.parameters(), "parameters");
          T* g = numbers<T>(gradient, net.parameters(), "gradient");
          return without_gil([&] { return gradients<T>(net, examples, p, g); });
        });
      },
      py::arg("sizes"), py::arg("kinds"), py::arg("data"), py::arg("parameters"), py::arg("gradient"),
      "Fill `gradient`; returns the cost.");
  m.def(
      "neural_predict",
      [](const std::vector<index_t>& sizes, const std::array<int, 3>& kinds, const py::array& x, const py::array& parameters,
         py::array& out) {
        const Network net = network_of(sizes, kinds);
        by_dtype(parameters, [&](auto zero) {
          using T = decltype(zero);
          const auto vx = matrix_view<const T>(x, "X");
          const auto vo = matrix_view<T>(out, "out");
          const T* p = numbers<const T>(parameters, net.parameters(), "parameters");
          without_gil([&] { predict<T>(net, vx, p, vo); });
        });
      },
      py::arg("sizes"), py::arg("kinds"), py::arg("x"), py::arg("parameters"), py::arg("out"),
      "out = the last layer's activations.");
  m.def("neural_outputs", &plain_outputs, py::arg("sizes"), py::arg("kinds"), py::arg("x"), py::arg("parameters"),
        "The last layer's activations of plain points (n, d) of the parameters' type; None for all others.");
}

}  // namespace mmlcore::bindings::neural_py
