#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/region_failed.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("core");

struct WithThreads {
  int before = num_threads();
  explicit WithThreads(int count) { set_num_threads(count); }
  ~WithThreads() { set_num_threads(before); }
};

// Adds up 0 ... n - 1 in parallel; each task leaves its mark once.
bool region_is_right(index_t n) {
  std::vector<std::atomic<int>> runs(static_cast<std::size_t>(n));
  std::atomic<index_t> sum{0};
  parallel_tasks(n, [&](index_t task) {
    ++runs[static_cast<std::size_t>(task)];
    sum += task;
  });
  bool once = true;
  for (const auto& count : runs) once &= count == 1;
  return once && sum == n * (n - 1) / 2;
}

TEST_CASE("every task runs exactly once, for any number of threads") {
  for (const int threads : {1, 2, 3, 8}) {
    const WithThreads with(threads);
    for (const index_t n : {0, 1, 2, 7, 1000}) CHECK(region_is_right(n));
  }
}

TEST_CASE("ranges cover everything, without overlap") {
  const WithThreads with(3);
  for (const index_t n : {0, 1, 5, 1000, 12345}) {
    std::vector<std::atomic<int>> seen(static_cast<std::size_t>(n));
    parallel_ranges(n, 7, [&](index_t begin, index_t end) {
      for (index_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
    });
    bool once = true;
    for (const auto& count : seen) once &= count == 1;
    CHECK(once);
  }
}

TEST_CASE("an exception of a task comes out of the region, and the pool lives on") {
  const WithThreads with(4);
  for (int round = 0; round < 50; ++round) {
    CHECK_THROWS_AS(parallel_tasks(100,
                                   [&](index_t task) {
                                     if (task == round) throw std::out_of_range("task");
                                   }),
                    std::out_of_range);
    CHECK(region_is_right(64));
  }
}

TEST_CASE("a region within a region runs on the calling thread") {
  const WithThreads with(4);
  std::atomic<index_t> inner{0};
  std::atomic<bool> moved{false};
  parallel_tasks(20, [&](index_t) {
    const auto self = std::this_thread::get_id();
    parallel_tasks(30, [&](index_t) {
      ++inner;
      if (std::this_thread::get_id() != self) moved = true;
    });
  });
  CHECK(inner == 600);
  CHECK(!moved);
}

TEST_CASE("a long task learns that another one has thrown") {
  const WithThreads with(2);
  CHECK_FALSE(region_failed());
  CHECK_THROWS_AS(parallel_tasks(2,
                                 [&](index_t task) {
                                   if (task == 0) throw std::out_of_range("task");
                                   while (!region_failed() && num_threads() > 1) std::this_thread::yield();
                                 }),
                  std::out_of_range);
  CHECK_FALSE(region_failed());
}

TEST_CASE("many threads may ask for the pool at once") {
  const WithThreads with(2);
  std::atomic<bool> right{true};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 300; ++round) {
        if (!region_is_right(50)) right = false;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(right);
}

TEST_CASE("one thread may have a number of its own") {
  const WithThreads with(2);
  const int before = set_thread_override(5);
  CHECK(num_threads() == 5);
  std::thread([] { CHECK(num_threads() == 2); }).join();
  set_thread_override(before);
  CHECK(num_threads() == 2);
}

#if (defined(__unix__) || defined(__APPLE__)) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a child after fork has a pool of its own") {
  const WithThreads with(3);
  CHECK(region_is_right(100));  // the parent's workers run
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      alarm(20);  // a child that hangs is a failure
      _exit(region_is_right(200) ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(region_is_right(100));
  }
}
#endif

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
