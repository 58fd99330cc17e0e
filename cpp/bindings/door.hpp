// The front door: how the arguments of a public function become what a kernel reads, and its results arrays.
//
// A function is one row of a table: its name, what it takes and gives in the language of numpy's gufuncs, and a kernel for
// each element type:
//
//   {"inner", "(d),(d)->()", "x y", "metric", {inner<double>, inner<float>}}
//
// A letter is a size; the same letter means the same size; axes before these are a batch and broadcast. A letter with "?"
// may be absent: `b` of "(n,n),(n,k?)->(n,k?)" is a vector if it has one axis, and so is the result then; in a result
// without
// "?" it is an axis of length 1. A digit is a size that is known. A letter that only results have is the least size of the
// first argument: "(m,n)->(m,k),(k,n)". A letter behind a result says what it holds where that is not the type of the
// arguments: "i" int64, "b" bool, "d" float64; without axes it is a number of Python's then. "r" are real numbers of the
// precision of the arguments.
//
// The row becomes an object that Python calls without a tuple or a dictionary in between (vectorcall). It looks at its
// arguments without Python where they are plain: exact ndarrays of float64, or all of float32, aligned, in native order, of
// shapes that fit, options left at None. It then makes the results (or writes to `out`), releases the lock if there is much
// to do, and runs the kernel. Complex arrays are for rows of their own (DoorTraits::complex). Everything else (lists, other
// types, shapes that do not fit, a kernel that answers false since its numbers need care) goes to the Python function that
// the object stands for, which converts, checks, and says what is wrong. That function gives the object its docstring, names
// and types (mmlcore/core/door.py).
//
// Results whose size or type depends on the numbers (a null space, eigenvalues that may be complex) are made by the row
// itself, which then has a maker in place of kernels. The results of a signature are left out: "(m,n)->".
//
// A small call costs some 0.1 us, a tenth of what a Python function with the same checks does.
#pragma once

#include <algorithm>
#include <atomic>
#include <initializer_list>
#include <vector>

#include "border.hpp"
#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/views.hpp"
#include "numpy_api.hpp"

namespace mmlcore::bindings {

inline constexpr int kMostParts = 6;    // arguments of a function, or results
inline constexpr int kMostLetters = 5;  // of a signature
inline constexpr int kMostOptions = 6;

struct Signature {
  struct Core {  // the last axes of an argument or a result
    int axes = 0;
    int letter[2] = {0, 0};
    bool optional[2] = {false, false};
  };
  int inputs = 0, results = 0, letters = 0;
  int given = 0;  // letters that arguments have: the others are sizes that follow from them
  char letter[kMostLetters] = {};
  Core input[kMostParts], result[kMostParts];
  char holds[kMostParts] = {};  // the letter behind a result, or nothing

  explicit Signature(const char* text);
};

// One call: sizes, the arrays that came, and where the results go.
class Call {
 public:
  // The size of a letter of the signature; 1 if it is absent.
  index_t operator[](char letter) const { return size_[index_of(letter)]; }
  double option(int i) const { return option_[i]; }
  index_t whole(int i) const { return static_cast<index_t>(option_[i]); }
  int axes() const { return axes_; }        // of the batch
  index_t count() const { return count_; }  // its items
  PyArrayObject* array(int i) const { return input_[i].array; }
  bool is_one(int i) const { return input_[i].lead == 0; }  // whether argument i is no stack
  // The shape of the batch, and these axes behind it.
  std::vector<npy_intp> shape(std::initializer_list<index_t> core) const {
    std::vector<npy_intp> all(batch_, batch_ + axes_);
    all.insert(all.end(), core.begin(), core.end());
    return all;
  }

  // Argument i of the first item: a matrix, a vector as one row, or a vector that lacks its second letter as one column.
  template <class T>
  MatrixView<const T> matrix(int i) const {
    const Input& in = input_[i];
    const auto& core = signature_->input[i];
    const T* data = static_cast<const T*>(PyArray_DATA(in.array));
    if (core.axes < 2) return {data, 1, core.axes == 1 ? size_[core.letter[0]] : 1, 0, in.stride[0]};
    return {data, size_[core.letter[0]], size_[core.letter[1]], in.stride[0], in.stride[1]};
  }
  template <class T>
  VectorView<const T> vector(int i) const {
    const MatrixView<const T> row = matrix<T>(i);
    return {row.data, row.cols, row.col_stride};
  }
  // Argument i of all items.
  template <class T>
  MatrixBatch<const T> stack(int i) const {
    MatrixBatch<const T> items{matrix<T>(i), {}};
    for (int axis = 0; axis < axes_; ++axis) items.batch.push(batch_[axis], batch_stride(i, axis, sizeof(T)));
    return items;
  }
  // Result k of all items, contiguous.
  template <class T>
  T* result(int k = 0) const {
    return static_cast<T*>(result_[k]);
  }
  template <class T>
  MatrixBatch<T> results(int k = 0) const {
    const auto& core = signature_->result[k];
    const index_t last = core.axes > 0 ? size_[core.letter[core.axes - 1]] : 1;
    const index_t before = core.axes > 1 ? size_[core.letter[0]] : 1;
    MatrixBatch<T> items{c_order(result<T>(k), before, last), {}};
    items.batch.push(count_, before * last);
    return items;
  }

 private:
  friend class DoorCall;
  struct Input {
    PyArrayObject* array = nullptr;
    int lead = 0;  // axes before the core
    index_t stride[2] = {0, 0};
  };
  int index_of(char letter) const {
    int i = 0;
    while (signature_->letter[i] != letter) ++i;
    return i;
  }
  index_t batch_stride(int i, int axis, std::size_t bytes) const {
    const Input& in = input_[i];
    const int own = order_[axis] - (axes_ - in.lead);
    if (own < 0 || PyArray_DIM(in.array, own) == 1) return 0;
    return PyArray_STRIDE(in.array, own) / static_cast<index_t>(bytes);
  }

  const Signature* signature_ = nullptr;
  Input input_[kMostParts];
  index_t size_[kMostLetters];
  bool lacks_[kMostLetters];
  int axes_ = 0;
  index_t count_ = 1;
  index_t batch_[kMaxBatchAxes];
  int order_[kMaxBatchAxes];  // the axis of the arrays that each axis of the batch is
  void* result_[kMostParts];
  double option_[kMostOptions] = {};
};

// Runs f(first, last) -> bool over the items of a call, in parallel where there is much to do; false when one was.
template <class F>
bool each_range(const Call& call, index_t d, F&& f) {
  std::atomic<bool> fine{true};
  parallel_ranges(call.count(), (index_t{1} << 15) / (d + 8) + 1, [&](index_t first, index_t last) {
    if (!f(first, last)) fine.store(false, std::memory_order_relaxed);
  });
  return fine;
}

// Runs f(number) -> bool over the items of a call, each of `work` operations; false when one was.
template <class F>
bool each_item(const Call& call, index_t work, F&& f) {
  if (call.count() == 1) return f(0);
  return each_range(call, work, [&](index_t first, index_t last) {
    bool fine = true;
    for (index_t i = first; i < last; ++i) fine &= f(i);
    return fine;
  });
}

// Item i of a stack of vectors.
template <class T>
VectorView<const T> vector_of(const MatrixBatch<const T>& stack, index_t i) {
  return {stack.item.data + stack.batch.offset(i), stack.item.cols, stack.item.col_stride};
}

// Runs f(number, x, y) -> bool for the pairs of vectors of a call.
template <class T, class F>
bool each_pair(const Call& call, F&& f) {
  if (call.count() == 1) return f(0, call.vector<T>(0), call.vector<T>(1));
  const auto x = call.stack<T>(0), y = call.stack<T>(1);
  return each_item(call, x.item.cols, [&](index_t i) { return f(i, vector_of(x, i), vector_of(y, i)); });
}

// Runs f(), without the lock where its operations are many enough for other Python threads to run meanwhile.
inline constexpr double kReleasing = 20'000;  // some 20 us
template <class F>
auto apart(double work, F&& f) {
  if (work < kReleasing) return f();
  return without_gil(f);
}

using Kernel = bool (*)(const Call&);
// A result, or a tuple of several; nothing where the Python function has to see to the call. Called with the lock held.
using Maker = pybind11::object (*)(const Call&);

// What a row may say beyond names and kernels.
struct DoorTraits {
  int power = 1;       // the work is the product of the sizes to this power
  bool bytes = false;  // arrays of bytes are no float64 here: the Python function has kernels of their own for them
  int few_bytes = 0;   // but of so few, which are converted before Python begins
  bool turns = false;  // an option is an axis of the first argument, a matrix: that axis comes first for the kernel
  int axis = 0;        // the place of that option
  // Calls that the row takes, asked before memory is taken for results that may be much larger than the arguments.
  bool (*takes)(const Call&) = nullptr;
  // Calls that a function of numpy answers as well or better, and its name there; it is asked with the GIL held.
  bool (*prefers_numpy)(const Call&, bool single) = nullptr;
  const char* numpy = nullptr;
  bool complex = false;    // the arrays are of complex numbers, and the kernels of std::complex<double> and <float>
  bool widens = false;     // beside a complex first argument real ones are made complex
  bool own_types = false;  // arguments keep their types; that of the first, which results have, is the maker's
  Maker makes[2] = {nullptr, nullptr};  // float64, float32
  vectorcallfunc entrance = nullptr;    // in place of all that: what the row says is its names alone
};

// A row of a chapter's table. `arguments` and `options` are names with blanks between them, as the Python function has them,
// which says what may be given by place. An option with a default, "ddof=0", is a number that the kernel asks for by its
// place in the list; "axis=0i" has to be an integer, "n=i" or "factor=nan" have to be given, and "axis=None" to be given as
// None. Any other must be None, or the call goes to the Python function.
struct DoorRow {
  const char* name;
  Signature signature;
  const char* arguments;
  const char* options;
  Kernel kernel[2];  // float64, float32; or complex ones of these
  DoorTraits traits = {};
};

// Adds a table to those that the module's function `door` looks up. The rows must live as long as the module. A function may
// have several, for different arguments: the first that fits a call and does not decline answers it.
void add_doors(pybind11::module_& m, const DoorRow* rows, std::size_t count);

template <std::size_t N>
void add_doors(pybind11::module_& m, const DoorRow (&rows)[N]) {
  add_doors(m, rows, N);
}

}  // namespace mmlcore::bindings
