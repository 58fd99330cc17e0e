#include "door_call.hpp"

#include <cstring>
#include <string>
#include <utility>

#include "results.hpp"

namespace mmlcore::bindings {

namespace py = pybind11;

namespace {

// From so many operations on, some 20 us, other Python threads may run meanwhile.
constexpr double kReleasing = 20'000;

std::string shape_text(int axes, const npy_intp* shape) {
  std::string text = "(";
  for (int i = 0; i < axes; ++i)
    text += std::to_string(shape[i]) + (axes == 1 || i + 1 < axes ? "," : "") + (i + 1 < axes ? " " : "");
  return text + ")";
}

}  // namespace

int plain_type(PyObject* object) {
  if (!PyArray_CheckExact(object)) return -1;
  auto* array = reinterpret_cast<PyArrayObject*>(object);
  const int type = PyArray_TYPE(array);
  if (type != NPY_DOUBLE && type != NPY_FLOAT) return -1;
  return PyArray_ISALIGNED(array) && PyArray_ISNOTSWAPPED(array) ? type : -1;
}

class DoorCall {
 public:
  DoorCall(const Door& door, PyObject* const* given, const double* options, PyObject* out)
      : door_(door), row_(*door.row), given_(given), out_(out) {
    call_.signature_ = &row_.signature;
    std::copy_n(options, kMostOptions, call_.option_);
  }

  // The answer; a new reference to NotImplemented where the Python function has to see to it.
  PyObject* run() {
    if (!read() || !broadcast()) return Py_NewRef(Py_NotImplemented);
    double numbers[kMostParts];  // results without axes
    py::object made[kMostParts];
    for (int k = 0; k < row_.signature.results; ++k) make(k, made[k], numbers[k]);
    if (!compute()) return Py_NewRef(Py_NotImplemented);
    if (row_.signature.results == 1) return deliver(0, made[0], numbers[0]).release().ptr();
    auto all = py::reinterpret_steal<py::object>(PyTuple_New(row_.signature.results));
    if (!all) throw py::error_already_set();
    for (int k = 0; k < row_.signature.results; ++k) {
      PyTuple_SET_ITEM(all.ptr(), k, deliver(k, made[k], numbers[k]).release().ptr());
    }
    if (!door_.results) return all.release().ptr();
    auto arguments = py::reinterpret_steal<py::object>(PyTuple_Pack(1, all.ptr()));
    if (!arguments) throw py::error_already_set();
    return PyTuple_Type.tp_new(door_.results, arguments.ptr(), nullptr);
  }

 private:
  // Types and sizes of the arguments; false where they are not plain or do not fit.
  bool read() {
    const Signature& s = row_.signature;
    type_ = plain_type(given_[0]);
    if (type_ < 0) return false;
    const index_t bytes = type_ == NPY_DOUBLE ? 8 : 4;
    std::fill_n(call_.size_, kMostLetters, index_t{-1});
    std::fill_n(call_.lacks_, kMostLetters, false);
    for (int i = 0; i < s.inputs; ++i) {
      if (i > 0 && plain_type(given_[i]) != type_) return false;
      auto& in = call_.input_[i];
      in.array = reinterpret_cast<PyArrayObject*>(given_[i]);
      const auto& core = s.input[i];
      const int axes = PyArray_NDIM(in.array);
      in.lead = axes - core.axes;
      if (in.lead == -1 && core.axes > 0) {  // the optional size is absent
        in.lead = 0;
        int own = 0;
        bool absent = false;
        for (int a = 0; a < core.axes; ++a) {
          if (s.optional[core.letter[a]] && !absent) {
            absent = true;
            call_.lacks_[core.letter[a]] = true;
            if (!fits(core.letter[a], 1)) return false;
            continue;
          }
          if (own >= axes || !fits(core.letter[a], PyArray_DIM(in.array, own))) return false;
          in.stride[a] = PyArray_STRIDE(in.array, own++) / bytes;
        }
        if (!absent) return false;
        continue;
      }
      if (in.lead < 0) return false;
      for (int a = 0; a < core.axes; ++a) {
        if (!fits(core.letter[a], PyArray_DIM(in.array, in.lead + a))) return false;
        in.stride[a] = PyArray_STRIDE(in.array, in.lead + a) / bytes;
      }
    }
    return true;
  }

  bool fits(int letter, index_t size) {
    if (call_.size_[letter] < 0) call_.size_[letter] = size;
    return call_.size_[letter] == size;
  }

  bool broadcast() {
    for (int i = 0; i < row_.signature.inputs; ++i) call_.axes_ = std::max(call_.axes_, call_.input_[i].lead);
    if (call_.axes_ > kMaxBatchAxes - 2) return false;
    for (int axis = 0; axis < call_.axes_; ++axis) {
      index_t size = 1;
      for (int i = 0; i < row_.signature.inputs; ++i) {
        const auto& in = call_.input_[i];
        const int own = axis - (call_.axes_ - in.lead);
        if (own < 0) continue;
        const index_t here = PyArray_DIM(in.array, own);
        if (size == 1) size = here;
        if (here != 1 && here != size) return false;
      }
      call_.batch_[axis] = size;
      call_.count_ *= size;
    }
    return true;
  }

  // Memory for result k: a number, a new array, or `out` if the kernel may write there.
  void make(int k, py::object& made, double& number) {
    const Signature& s = row_.signature;
    npy_intp shape[kMaxBatchAxes];
    std::copy_n(call_.batch_, call_.axes_, shape);
    int axes = call_.axes_;
    for (int a = 0; a < s.result[k].axes; ++a) {
      if (!call_.lacks_[s.result[k].letter[a]]) shape[axes++] = call_.size_[s.result[k].letter[a]];
    }
    if (out_) {
      PyArrayObject* given = checked_out(k, axes, shape);
      if (PyArray_ISCARRAY(given) && !overlaps(given)) {
        call_.result_[k] = PyArray_DATA(given);
        return;
      }
    } else if (axes == 0) {
      call_.result_[k] = &number;
      return;
    }
    PyObject* array = type_ == NPY_DOUBLE ? new_result<double>(axes, shape) : new_result<float>(axes, shape);
    if (!array) throw py::error_already_set();
    made = py::reinterpret_steal<py::object>(array);
    call_.result_[k] = PyArray_DATA(reinterpret_cast<PyArrayObject*>(array));
  }

  PyObject* out_part(int k) const {
    if (row_.signature.results == 1) return out_;
    if (!PyTuple_Check(out_) || PyTuple_GET_SIZE(out_) != row_.signature.results) {
      throw py::type_error("out: needed a tuple of " + std::to_string(row_.signature.results) + " arrays.");
    }
    return PyTuple_GET_ITEM(out_, k);
  }

  PyArrayObject* checked_out(int k, int axes, const npy_intp* shape) const {
    PyObject* part = out_part(k);
    if (!PyArray_Check(part)) {
      throw py::type_error(std::string("out: got ") + Py_TYPE(part)->tp_name + ", needed an ndarray.");
    }
    auto* array = reinterpret_cast<PyArrayObject*>(part);
    if (PyArray_TYPE(array) != type_ || !PyArray_ISNOTSWAPPED(array)) {
      const auto got = py::str(py::handle(reinterpret_cast<PyObject*>(PyArray_DESCR(array)))).cast<std::string>();
      throw py::type_error("out: got dtype " + got + ", needed " + (type_ == NPY_DOUBLE ? "float64." : "float32."));
    }
    if (PyArray_NDIM(array) != axes || !std::equal(shape, shape + axes, PyArray_DIMS(array))) {
      throw py::value_error("out: got shape " + shape_text(PyArray_NDIM(array), PyArray_DIMS(array)) + ", needed " +
                            shape_text(axes, shape) + ".");
    }
    if (!PyArray_ISWRITEABLE(array)) throw py::value_error("out: is read-only.");
    return array;
  }

  // Whether an array may share memory with an argument; its result then takes its place only when all is read.
  bool overlaps(PyArrayObject* array) const {
    const auto range = [](PyArrayObject* a) {
      const char *first = PyArray_BYTES(a), *last = first + PyArray_ITEMSIZE(a);
      for (int axis = 0; axis < PyArray_NDIM(a); ++axis) {
        const npy_intp reach = PyArray_STRIDE(a, axis) * std::max<npy_intp>(PyArray_DIM(a, axis) - 1, 0);
        (reach < 0 ? first : last) += reach;
      }
      return std::pair(first, last);
    };
    const auto [first, last] = range(array);
    for (int i = 0; i < row_.signature.inputs; ++i) {
      const auto [begin, end] = range(call_.input_[i].array);
      if (begin < last && first < end) return true;
    }
    return false;
  }

  bool compute() {
    const Kernel kernel = row_.kernel[type_ == NPY_DOUBLE ? 0 : 1];
    double work = 1;
    for (int i = 0; i < row_.signature.letters; ++i) work *= static_cast<double>(call_.size_[i]);
    double all = static_cast<double>(call_.count_);
    for (int i = 0; i < row_.power; ++i) all *= work;
    if (all < kReleasing) return kernel(call_);
    const ReleasedGil released;
    return kernel(call_);
  }

  py::object deliver(int k, py::object& made, double& number) const {
    if (out_) {
      PyObject* part = out_part(k);
      if (made && PyArray_CopyInto(reinterpret_cast<PyArrayObject*>(part), reinterpret_cast<PyArrayObject*>(made.ptr()))) {
        throw py::error_already_set();
      }
      return py::reinterpret_borrow<py::object>(part);
    }
    if (made) return std::move(made);
    PyObject* scalar;
    if (type_ == NPY_DOUBLE) {
      scalar = PyArrayScalar_New(Double);
      if (scalar) PyArrayScalar_ASSIGN(scalar, Double, number);
    } else {
      scalar = PyArrayScalar_New(Float);
      if (scalar) std::memcpy(&PyArrayScalar_VAL(scalar, Float), &number, sizeof(float));
    }
    if (!scalar) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(scalar);
  }

  const Door& door_;
  const DoorRow& row_;
  PyObject* const* given_;
  PyObject* out_;
  int type_ = -1;
  Call call_;
};

PyObject* answer(const Door& door, PyObject* const* given, const double* options, PyObject* out) {
  return DoorCall(door, given, options, out).run();
}

}  // namespace mmlcore::bindings
