// A row of the table: a kernel of ours and what Eigen has for the same task, on the same numbers.
//
// `apart()` tells how far the two results lie apart, relative to their size, and is asked before anything is measured: a
// kernel that is fast and wrong has no row.
#pragma once

#include <benchmark/benchmark.h>

#include <Eigen/Core>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore::bench {

template <class T>
using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // as kernels have it
template <class T>
using Columns = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;  // as Eigen has it

template <class T>
Rows<T> random_rows(index_t m, index_t n, unsigned seed = 0) {
  std::mt19937_64 bits(seed);
  std::normal_distribution<double> normal;
  return Rows<T>::NullaryExpr(m, n, [&] { return static_cast<T>(normal(bits)); });
}

template <class T>
MatrixView<T> view(Rows<T>& a) {
  return c_order(a.data(), a.rows(), a.cols());
}
template <class T>
MatrixView<const T> view(const Rows<T>& a) {
  return c_order(a.data(), a.rows(), a.cols());
}
template <class T>
MatrixView<T> view(Columns<T>& a) {
  return f_order(a.data(), a.rows(), a.cols(), a.rows());
}
template <class T>
MatrixBatch<T> stack(T* data, index_t count, index_t m, index_t n) {
  MatrixBatch<T> result{c_order(data, m, n), {}};
  result.batch.push(count, m * n);
  return result;
}

// Registers both sides; they are timed in turns (main.cpp).
template <class Ours, class Theirs, class Apart>
void row(const std::string& task, const std::string& peer, Ours ours, Theirs theirs, Apart apart) {
  ours();
  theirs();
  if (const double distance = apart(); !(distance < 1e-4)) {
    std::fprintf(stderr, "%s: the results lie %g apart\n", task.c_str(), distance);
    std::exit(1);
  }
  const auto timed = [](auto f) {
    return [f = std::move(f)](benchmark::State& state) mutable {
      for (auto unused : state) {
        static_cast<void>(unused);
        f();
        benchmark::ClobberMemory();
      }
    };
  };
  benchmark::RegisterBenchmark((task + "|ours").c_str(), timed(std::move(ours)));
  benchmark::RegisterBenchmark((task + "|" + peer).c_str(), timed(std::move(theirs)));
}

// The same with the threads that are shipped, one for each processor; Eigen's has one.
template <class Ours, class Theirs, class Apart>
void shipped_row(const std::string& task, const std::string& peer, Ours ours, Theirs theirs, Apart apart) {
  const auto with_all = [ours = std::move(ours)]() mutable {
    static const int threads = static_cast<int>(std::thread::hardware_concurrency());
    set_num_threads(threads);
    ours();
    set_num_threads(1);
  };
  row(task + ", as shipped", peer, with_all, std::move(theirs), std::move(apart));
}

// Relative distance of two Eigen expressions.
template <class A, class B>
double apart(const A& a, const B& b) {
  return static_cast<double>((a - b).norm() / (b.norm() + std::numeric_limits<typename B::Scalar>::min()));
}

void products();
void vectors();
void elimination();
void orthogonal();
void eigenvalues();

}  // namespace mmlcore::bench
